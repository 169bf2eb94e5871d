import type { Quality, TagValue } from '../../../shared/messages.ts';
import type { Deadband, Tag } from '../tag/tag.ts';

/** Knows what was sent last, and which tags have moved since. */
export class ChangeFilter {
  readonly #tags: readonly Pick<Tag, 'name' | 'deadband'>[];
  #values: readonly TagValue[] = [];
  #qualities: readonly Quality[] = [];

  constructor(tags: readonly Pick<Tag, 'name' | 'deadband'>[]) {
    this.#tags = tags;
  }

  /** The names of the tags that moved beyond their deadbands, or whose quality changed, since the last sample that was sent. At first all. */
  changed(values: readonly TagValue[], qualities: readonly Quality[]): string[] {
    const names: string[] = [];
    for (let index = 0; index < this.#tags.length; index++) {
      const { name, deadband } = this.#tags[index] as Tag;
      const isSame =
        qualities[index] === this.#qualities[index] && !movedBeyond(values[index] as TagValue, this.#values[index] as TagValue, deadband);
      if (!isSame) names.push(name);
    }
    return names;
  }

  /** Compares later samples with this one. It is the one that was sent, not the one before the next: a slow drift is not lost. */
  sent(values: readonly TagValue[], qualities: readonly Quality[]): void {
    this.#values = values;
    this.#qualities = qualities;
  }
}

/** Numbers: further than the deadband from the value before (without one: any other number). All else: another value. */
export function movedBeyond(value: TagValue, before: TagValue, deadband?: Deadband): boolean {
  if (value === before) return false;
  if (deadband === undefined || typeof value !== 'number' || typeof before !== 'number') return true;
  const most = deadband.kind === 'percent' ? (deadband.amount / 100) * Math.abs(before) : deadband.amount;
  return Math.abs(value - before) > most;
}
