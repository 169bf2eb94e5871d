import type { LinewatchError } from '../../../shared/errors.ts';
import type { AddressRange } from '../link/unit-settings.ts';
import type { Area } from '../tag/tag.ts';
import { type Learnt, pastKey } from './read-plan.ts';

const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 3_600_000;

/** When something that was refused is asked for again. */
interface Probing {
  waitMs: number;
  /** Epoch ms. */
  probeAt: number;
  /** When it was found to hold no longer, epoch ms. It is known still, in case that was not the whole truth. */
  liftedAt?: number;
}

/** A range that no request may hold whole: a tag's own addresses, or some that no tag needs. */
export interface Hole extends AddressRange, Probing {
  isTag: boolean;
  error: LinewatchError;
}

interface Limit extends Probing {
  area: Area;
  /** The longest request that was answered, and the shortest that was refused for nothing but its length. */
  answered: number;
  refused: number;
}

/** What to ask for again: exactly these addresses, or any request of at least this length. */
export type Probe = { kind: 'range'; hole: Hole } | { kind: 'length'; area: Area; length: number };

/**
 * What a unit was found to refuse: single ranges, and the length of a request. Each is asked for again now and then, one at a
 * time, after 1 minute, 2, 4 … up to an hour: a device may only have been starting, or was given another program.
 */
export class Holes implements Learnt<Hole> {
  readonly #holes = new Map<string, Hole>();
  readonly #limits = new Map<Area, Limit>();
  readonly noPast = new Set<string>();
  /** Counts up whenever a plan made before is out of date. */
  version = 0;

  get refused(): Hole[] {
    return [...this.#holes.values()].filter(({ liftedAt }) => liftedAt === undefined);
  }

  /** Halfway between what is known to be answered and what is known to be refused, so that a few scans find the limit exactly. */
  get longest(): Partial<Record<Area, number>> {
    const longest: Partial<Record<Area, number>> = {};
    for (const { area, answered, refused } of this.#limits.values()) {
      if (refused < Number.POSITIVE_INFINITY) longest[area] = (answered + refused) >> 1;
    }
    return longest;
  }

  /** The longest request of the area that was ever answered: what is no longer was not refused for its length. */
  answeredLength(area: Area): number {
    return this.#limits.get(area)?.answered ?? 0;
  }

  answered(area: Area, length: number, now: number): void {
    const limit = this.#limitOf(area);
    if (length <= limit.answered) return;
    limit.answered = length;
    if (limit.refused === Number.POSITIVE_INFINITY) return;
    if (limit.refused <= length) lift(limit, now);
    this.version++;
  }

  /** @param now epoch ms */
  refuse({ area, first, last }: AddressRange, isTag: boolean, error: LinewatchError, now: number): void {
    const key = `${area} ${first} ${last}`;
    const waitMs = nextWait(this.#holes.get(key), now);
    this.#holes.set(key, { area, first, last, isTag, error, waitMs, probeAt: now + waitMs });
    this.version++;
  }

  /** A request that ends before `end` was refused only for what was read along behind it. */
  refusePast(area: Area, end: number): void {
    this.noPast.add(pastKey(area, end));
    this.version++;
  }

  /** A request of this length was refused, while all its parts were answered. */
  tooLong(area: Area, length: number, now: number): void {
    const limit = this.#limitOf(area);
    if (length >= limit.refused || length <= limit.answered) return;
    if (limit.refused === Number.POSITIVE_INFINITY) limit.waitMs = nextWait(limit, now);
    limit.refused = length;
    limit.liftedAt = undefined;
    limit.probeAt = now + limit.waitMs;
    this.version++;
  }

  /** The probe that has been due for longest, if any is. */
  due(now: number): Probe | undefined {
    let found: Probe | undefined;
    let earliest = now + 1;
    for (const hole of this.#holes.values()) {
      if (hole.liftedAt !== undefined || hole.probeAt >= earliest) continue;
      earliest = hole.probeAt;
      found = { kind: 'range', hole };
    }
    for (const { area, refused, probeAt } of this.#limits.values()) {
      if (refused === Number.POSITIVE_INFINITY || probeAt >= earliest) continue;
      earliest = probeAt;
      found = { kind: 'length', area, length: refused };
    }
    return found;
  }

  /**
   * How a probe went. Where a tag's addresses are answered again, all tags of the area have their chance: what was refused while a device
   * was starting comes back together.
   */
  probed(probe: Probe, wasAnswered: boolean, now: number): void {
    const probing = probe.kind === 'range' ? probe.hole : this.#limitOf(probe.area);
    if (!wasAnswered) {
      probing.waitMs = nextWait(probing, now);
      probing.probeAt = now + probing.waitMs;
      return;
    }
    if (probe.kind === 'length') {
      lift(this.#limitOf(probe.area), now);
    } else {
      for (const hole of this.#holes.values()) {
        if (hole === probe.hole || (probe.hole.isTag && hole.isTag && hole.area === probe.hole.area)) hole.liftedAt = now;
      }
    }
    this.version++;
  }

  #limitOf(area: Area): Limit {
    let limit = this.#limits.get(area);
    if (limit === undefined) {
      limit = { area, answered: 0, refused: Number.POSITIVE_INFINITY, waitMs: 0, probeAt: Number.POSITIVE_INFINITY };
      this.#limits.set(area, limit);
    }
    return limit;
  }
}

function lift(limit: Limit, now: number): void {
  limit.refused = Number.POSITIVE_INFINITY;
  limit.liftedAt = now;
}

/** Twice as long as before; from the beginning where it held no longer for that long. */
function nextWait(before: Probing | undefined, now: number): number {
  if (before === undefined || before.waitMs === 0 || now - (before.liftedAt ?? now) > before.waitMs) return FIRST_WAIT_MS;
  return Math.min(2 * before.waitMs, LONGEST_WAIT_MS);
}
