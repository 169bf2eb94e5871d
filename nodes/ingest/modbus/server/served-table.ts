import { LinewatchError } from '../../../shared/errors.ts';
import type { TagReading } from '../../../shared/messages.ts';
import { valueAt } from '../../mapping/property.ts';
import { topicMatches } from '../../mapping/topic-filter.ts';
import type { Area } from '../tag/tag.ts';
import { type ClientWrite, readClientWrite, type Written } from './client-write.ts';
import { encode, encodeNothing, encodeValue } from './encode.ts';
import { Image } from './image.ts';
import { touches } from './overlap.ts';
import { type Client, ModbusException, type ServedDevice } from './served-device.ts';
import type { ServedValue } from './served-value.ts';

/** Of one row: the value that came last. */
interface State {
  served: ServedValue;
  /** It came, and may be believed. */
  good: boolean;
  /** Epoch ms. */
  since: number;
}

/** The served values: messages bring them, clients read them, and write those that they may. Nothing here yields: a client never reads half a value. */
export class ServedTable implements Required<ServedDevice> {
  readonly #served: readonly ServedValue[];
  readonly #states: State[];
  readonly #byName: ReadonlyMap<string, State>;
  /** Those that make a read fail while they are bad. */
  readonly #excepting: readonly State[];
  readonly #image: Image;
  readonly #now: () => number;
  readonly #onWritten: (written: Written, client: Client) => void;
  #beats = 0;

  /** @param now epoch ms */
  constructor(values: readonly ServedValue[], now: () => number, onWritten: (written: Written, client: Client) => void) {
    this.#now = now;
    this.#onWritten = onWritten;
    this.#served = values;
    this.#states = values.map((served) => ({ served, good: false, since: 0 }));
    this.#byName = new Map(this.#states.map((state) => [state.served.tag.name, state]));
    this.#excepting = this.#states.filter(({ served }) => served.whenBad.kind === 'exception' && holdsValue(served));
    this.#image = new Image(values.map(({ tag }) => tag));
    for (const state of this.#states) {
      this.#image.store(state.served.tag.area, encodeNothing(state.served.tag, true));
      if (holdsValue(state.served)) this.#begin(state);
    }
    this.#showGood();
  }

  /** How many values come from messages, and how many of them are good now. */
  get counts(): { all: number; good: number } {
    const fromMessages = this.#states.filter(({ served }) => served.source.kind === 'message');
    return { all: fromMessages.length, good: fromMessages.filter(({ good }) => good).length };
  }

  /**
   * Takes the values of all rows whose topic and property the message has; a wrong one is bad from now on.
   * @throws LinewatchError serve-nothing where there is no such row; else of the first wrong value serve-value, serve-fit, serve-length
   */
  take(message: object): void {
    const { topic: given, tags } = message as { topic?: unknown; tags?: Record<string, TagReading> };
    const topic = typeof given === 'string' ? given : '';
    let found = false;
    let wrong: unknown;
    for (const state of this.#states) {
      const { source, tag, topic: filter } = state.served;
      if (source.kind !== 'message' || !topicMatches(filter, topic)) continue;
      const value = valueAt(message, source.path);
      if (value === undefined) continue;
      found = true;
      state.good = false;
      try {
        const request = encodeValue(state.served, value);
        if (request === undefined) this.#showBad(state);
        else {
          this.#image.store(tag.area, request);
          const { path } = source;
          const reading =
            path.length === 2 && path[0] === 'payload' ? valueAt({ tags }, ['tags', path[1] as string, 'quality']) : undefined;
          state.good = reading === undefined || reading === 'Good';
          state.since = this.#now();
        }
      } catch (thrown) {
        this.#showBad(state);
        wrong ??= thrown;
      }
    }
    this.#showGood();
    if (!found) throw new LinewatchError('serve-nothing', { topic: `"${topic}"` });
    if (wrong !== undefined) throw wrong;
  }

  /** Call it every second: the heartbeat counts, and values that are too old become bad. */
  tick(): void {
    this.#beats++;
    for (const state of this.#states) {
      const { source, maxAgeMs, tag } = state.served;
      if (source.kind === 'heartbeat') this.#image.store(tag.area, encode(tag, this.#beats % heartbeatEnd(state.served)));
      else if (maxAgeMs > 0 && state.good && this.#now() - state.since > maxAgeMs) {
        state.good = false;
        this.#showBad(state);
      }
    }
    this.#showGood();
  }

  readHolding = (address: number, count: number) => this.#read('holding', address, count);
  readInput = (address: number, count: number) => this.#read('input', address, count);
  readCoils = (address: number, count: number) => this.#read('coil', address, count);
  readDiscrete = (address: number, count: number) => this.#read('discrete', address, count);

  rawHolding = (address: number, count: number) => this.#image.read('holding', address, count);

  writeCoils = (address: number, bits: readonly boolean[], client: Client) =>
    this.#write({ area: 'coil', address, words: bits.map(Number) }, client);
  writeHolding = (address: number, words: readonly number[], client: Client, meant?: number) =>
    this.#write({ area: 'holding', address, words, ...(meant === undefined ? {} : { meant }) }, client);

  #read(area: Area, address: number, count: number) {
    const cells = this.#image.read(area, address, count);
    if (this.#excepting.some(({ served, good }) => !good && touches(served.tag, area, address, count))) throw new ModbusException(4);
    return cells;
  }

  #write(write: ClientWrite, client: Client): void {
    const { area, address, words } = write;
    const { confirmed, values } = readClientWrite(this.#served, write, this.#image.read(area, address, words.length));
    this.#image.store(area, { kind: 'registers', address, words });
    for (const { tag } of confirmed) {
      const state = this.#byName.get(tag.name) as State;
      state.good = true;
      state.since = this.#now();
    }
    this.#showGood();
    this.#onWritten(values, client);
  }

  #begin(state: State): void {
    const { tag, whenBad } = state.served;
    if (whenBad.kind !== 'start') {
      this.#showBad(state);
      return;
    }
    this.#image.store(tag.area, encode(tag, whenBad.value));
    state.good = true;
    state.since = this.#now();
  }

  #showBad({ served }: State): void {
    const { tag, whenBad } = served;
    if (whenBad.kind === 'nan') this.#image.store(tag.area, encodeNothing(tag, true));
    if (whenBad.kind === 'fixed') this.#image.store(tag.area, encode(tag, whenBad.value));
  }

  #showGood(): void {
    const { all, good } = this.counts;
    for (const { served } of this.#states) {
      const { source, tag } = served;
      if (source.kind !== 'good') continue;
      const isGood = source.of.length === 0 ? good === all : source.of.every((name) => this.#byName.get(name)?.good === true);
      this.#image.store(tag.area, encode(tag, isGood ? 1 : 0));
    }
  }
}

/** Of a message or a client, not of our own. */
const holdsValue = ({ source }: ServedValue): boolean => source.kind === 'message' || source.kind === 'client';

/** After how many beats it begins again at 0: what the type holds. */
function heartbeatEnd({ tag: { type } }: ServedValue): number {
  const ends: Partial<Record<typeof type, number>> = {
    bool: 2,
    int8: 128,
    uint8: 256,
    int16: 32_768,
    uint16: 65_536,
    float16: 2048,
    bcd16: 10_000,
  };
  return ends[type] ?? 1_000_000;
}
