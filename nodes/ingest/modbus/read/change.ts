import type { Quality, TagValue } from '../../../shared/messages.ts';
import type { Deadband, Tag } from '../tag/tag.ts';

/**
 * Knows which tags have moved since they were last named. Each counts from where it was named itself: one that drifts slowly, while samples
 * go out for the sake of others, is named as soon as it has left its deadband.
 */
export class ChangeFilter {
  readonly #tags: readonly Pick<Tag, 'name' | 'deadband'>[];
  readonly #values: TagValue[] = [];
  readonly #qualities: Quality[] = [];

  constructor(tags: readonly Pick<Tag, 'name' | 'deadband'>[]) {
    this.#tags = tags;
  }

  /** The names of the tags that moved beyond their deadbands, or whose quality changed. At first all. */
  changed(values: readonly TagValue[], qualities: readonly Quality[]): string[] {
    const names: string[] = [];
    for (let index = 0; index < this.#tags.length; index++) {
      if (this.#hasMoved(index, values, qualities)) names.push((this.#tags[index] as Tag).name);
    }
    return names;
  }

  /** This sample was sent, and named what `changed` gave for it: from now on those tags count from here. */
  sent(values: readonly TagValue[], qualities: readonly Quality[]): void {
    for (let index = 0; index < this.#tags.length; index++) {
      if (!this.#hasMoved(index, values, qualities)) continue;
      this.#values[index] = values[index] as TagValue;
      this.#qualities[index] = qualities[index] as Quality;
    }
  }

  #hasMoved(index: number, values: readonly TagValue[], qualities: readonly Quality[]): boolean {
    if (qualities[index] !== this.#qualities[index]) return true;
    return movedBeyond(values[index] as TagValue, this.#values[index] as TagValue, this.#tags[index]?.deadband);
  }
}

/** Numbers: further than the deadband from the value before (without one: any other number). All else: another value. */
export function movedBeyond(value: TagValue, before: TagValue, deadband?: Deadband): boolean {
  if (value === before) return false;
  if (deadband === undefined || typeof value !== 'number' || typeof before !== 'number') return true;
  const most = deadband.kind === 'percent' ? (deadband.amount / 100) * Math.abs(before) : deadband.amount;
  return Math.abs(value - before) > most;
}
