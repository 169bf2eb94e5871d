import type { Reading } from '../detect/read-message.ts';
import { type Draft, draftOf, readShape, resumedDraft, type Shape } from './shape.ts';

/** A recording as plain data, which a worker thread can be given. */
export interface RecordingData {
  /** Of each message: its time (epoch ms), the index of its shape, its numbers. What is missing is NaN. */
  numbers: Float64Array;
  shapes: Shape[];
  messages: number;
}

export interface RecordingSummary {
  kind: 'sample' | 'reconstruction';
  messages: number;
  /** Epoch ms of the oldest and the newest message. */
  from: number;
  to: number;
  tags: number;
  /** Whether older messages have had to make room. */
  full: boolean;
}

/** Time and shape. */
const HEAD = 2;
const FIRST_CAPACITY = 1024;
/** 4 MB: of one tag a second two days, of seven tags half a day. */
const MOST_NUMBERS = (4 * 2 ** 20) / 8;
/** The names of tags take room too, in characters, and each combination of them some more. */
const MOST_TEXT = 250_000;
const SHAPE_TEXT = 100;

interface KnownShape {
  id: number;
  shape: Shape;
  key: string;
  /** How many messages of this shape are kept. */
  uses: number;
  /** Of a message, in numbers. */
  size: number;
  text: number;
}

/**
 * The latest messages of a node, every one with all its numbers, for as long as they fit in bounded memory: then the oldest make room.
 * Nothing is thinned, so that a replay gives the scores that the node would have given.
 */
export class Recording {
  readonly #most: number;
  #numbers: Float64Array;
  #start = 0;
  #used = 0;
  #messages = 0;
  #full = false;
  #newest = 0;
  #interrupted = false;
  #nextId = 0;
  #text = 0;
  readonly #shapes = new Map<number, KnownShape>();
  readonly #byKey = new Map<string, KnownShape[]>();
  #last: KnownShape | undefined;

  /** @param mostNumbers 8 bytes each */
  constructor(mostNumbers = MOST_NUMBERS) {
    this.#most = mostNumbers;
    this.#numbers = new Float64Array(Math.min(FIRST_CAPACITY, mostNumbers));
  }

  /**
   * @param time of the message, epoch ms
   * @param runningTag the tag of `reading.running`
   */
  push(reading: Reading, time: number, runningTag?: string): void {
    const draft = draftOf(reading, time, runningTag);
    if (draft === undefined) return;
    if (this.#interrupted) this.#write(resumedDraft, time);
    this.#interrupted = false;
    this.#write(draft, time);
  }

  /** Messages come that are not scored by command, and are not recorded either. */
  interrupt(): void {
    this.#interrupted = this.#messages > 0;
  }

  get summary(): RecordingSummary | undefined {
    const shapes = [...this.#shapes.values()].map(({ shape }) => shape);
    const tags = new Set(shapes.flatMap((shape) => ('tags' in shape ? shape.tags : [])));
    if (!shapes.some((shape) => 'tags' in shape)) return undefined;
    return {
      kind: shapes.some(({ kind }) => kind === 'reconstruction') ? 'reconstruction' : 'sample',
      messages: this.#messages,
      from: this.#at(0),
      to: this.#newest,
      tags: tags.size,
      full: this.#full,
    };
  }

  /** A copy, oldest message first. */
  toData(): RecordingData {
    const numbers = new Float64Array(this.#used);
    const tail = Math.min(this.#used, this.#numbers.length - this.#start);
    numbers.set(this.#numbers.subarray(this.#start, this.#start + tail));
    numbers.set(this.#numbers.subarray(0, this.#used - tail), tail);
    const known = [...this.#shapes.values()];
    const places = new Map(known.map(({ id }, index) => [id, index]));
    for (let at = 0; at < numbers.length; ) {
      const index = places.get(numbers[at + 1] as number) as number;
      numbers[at + 1] = index;
      at += (known[index] as KnownShape).size;
    }
    return { numbers, shapes: known.map(({ shape }) => shape), messages: this.#messages };
  }

  /** One that is larger than all the room there is is left out. */
  #write({ key, numbers, text: names, same, make }: Draft, time: number): void {
    const size = HEAD + numbers.length;
    const text = names + SHAPE_TEXT;
    if (size > this.#most || text > MOST_TEXT) return;
    const fits = (known: KnownShape) => known.size === size && same(known.shape);
    let known = this.#last !== undefined && fits(this.#last) ? this.#last : this.#byKey.get(key)?.find(fits);
    if (known === undefined) {
      while (this.#text + text > MOST_TEXT) this.#dropOldest();
      known = { id: this.#nextId++, shape: make(), key, uses: 0, size, text };
      this.#text += text;
      this.#shapes.set(known.id, known);
      this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), known]);
    }
    // Counted before room is made: its own last message may be the one that goes.
    known.uses++;
    this.#makeRoom(size);
    this.#last = known;
    if (known.shape.kind !== 'resumed') this.#messages++;
    this.#newest = time;
    this.#append(time);
    this.#append(known.id);
    for (const number of numbers) this.#append(number);
  }

  #makeRoom(size: number): void {
    if (this.#used + size > this.#numbers.length && this.#numbers.length < this.#most) {
      const larger = new Float64Array(Math.min(this.#most, Math.max(2 * this.#numbers.length, this.#used + size)));
      for (let at = 0; at < this.#used; at++) larger[at] = this.#at(at);
      this.#numbers = larger;
      this.#start = 0;
    }
    while (this.#used + size > this.#numbers.length) this.#dropOldest();
  }

  #dropOldest(): void {
    const known = this.#shapes.get(this.#at(1)) as KnownShape;
    this.#start = (this.#start + known.size) % this.#numbers.length;
    this.#used -= known.size;
    if (known.shape.kind !== 'resumed') this.#messages--;
    this.#full = true;
    if (--known.uses > 0) return;
    this.#shapes.delete(known.id);
    this.#text -= known.text;
    const rest = (this.#byKey.get(known.key) ?? []).filter((one) => one !== known);
    if (rest.length > 0) this.#byKey.set(known.key, rest);
    else this.#byKey.delete(known.key);
    if (this.#last === known) this.#last = undefined;
  }

  #append(value: number): void {
    this.#numbers[(this.#start + this.#used) % this.#numbers.length] = value;
    this.#used++;
  }

  #at(offset: number): number {
    return this.#numbers[(this.#start + offset) % this.#numbers.length] as number;
  }
}

/** What a message of a recording was, or that a pause had ended. */
export type Recorded = { time: number; reading: Reading; runningTag: string | undefined } | { time: number; resumed: true };

/** The messages of a recording, oldest first, as they were scored. */
export function* recorded({ numbers, shapes }: RecordingData): Generator<Recorded> {
  for (let at = 0; at < numbers.length; ) {
    const time = numbers[at++] as number;
    const shape = shapes[numbers[at++] as number] as Shape;
    if (shape.kind === 'resumed') {
      yield { time, resumed: true };
      continue;
    }
    const take = () => numbers[at++] as number;
    yield { time, reading: readShape(shape, time, take), runningTag: shape.running?.tag };
  }
}
