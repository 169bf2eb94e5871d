import type { LinewatchError } from '../../../shared/errors.ts';
import type { AddressRange } from '../link/unit-settings.ts';
import { mayFitInParts } from '../protocol/fault.ts';
import type { Area } from '../tag/tag.ts';
import { AnsweredRanges } from './answered-ranges.ts';
import { type Learnt, pastKey, type ReadRequest } from './read-plan.ts';

/** A tag is missed until it is asked for again; anything else only costs requests. */
const FIRST_WAIT_MS = { tag: 1000, other: 60_000 };
/** Longest wait for a tag that can be expected back. */
const SHORT_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 3_600_000;

/** When something that was refused is asked for again, in ms of `Clock.elapsed`. */
interface Probing {
  waitMs: number;
  probeAt: number;
}

/** A range that no request may hold whole: a tag's own addresses, or some that no tag needs. */
export interface Hole extends AddressRange, Probing {
  isTag: boolean;
  /** It was answered before. */
  wasRead: boolean;
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
 * What a unit was found to refuse: single ranges, and the length of a request. What was answered before has to be refused in two scans
 * running. Each is asked for again, one at a time, after 1 s (a minute where no tag waits for it), then after twice as long each time that
 * it is refused, up to an hour; after 10 s at most where it is a tag that was read before, or nothing of its area was ever read: a device
 * may be starting, or being given another program.
 */
export class Holes implements Learnt<Hole> {
  readonly #holes = new Map<string, Hole>();
  readonly #limits = new Map<Area, Limit>();
  readonly #answered = new AnsweredRanges();
  /** Ends of requests that were answered together with what was read along behind them. */
  readonly #pastAnswered = new Set<string>();
  /** What was refused though it was answered before: in this scan, and in the one before. */
  #suspected = new Set<string>();
  #suspectedBefore = new Set<string>();
  readonly noPast = new Set<string>();
  /** Counts up whenever a plan made before is out of date. */
  version = 0;

  get refused(): Hole[] {
    return [...this.#holes.values()];
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

  beginScan(): void {
    if (this.#suspected.size === 0 && this.#suspectedBefore.size === 0) return;
    this.#suspectedBefore = this.#suspected;
    this.#suspected = new Set();
  }

  answered({ area, address, length, mayReadPast }: Omit<ReadRequest, 'tags'>): void {
    this.#answered.add({ area, first: address, last: address + length - 1 });
    if (mayReadPast) this.#pastAnswered.add(pastKey(area, address + length));
    const limit = this.#limitOf(area);
    if (length <= limit.answered) return;
    limit.answered = length;
    if (limit.refused === Number.POSITIVE_INFINITY) return;
    if (limit.refused <= length) limit.refused = Number.POSITIVE_INFINITY;
    this.version++;
  }

  /** @param now as all times here, ms of `Clock.elapsed` */
  refuse(range: AddressRange, isTag: boolean, error: LinewatchError, now: number): void {
    const { area, first, last } = range;
    const key = `${area} ${first} ${last}`;
    const wasRead = this.#answered.covers(range);
    if (wasRead && !this.#isSuspectedAgain(key)) return;
    const waitMs = isTag ? FIRST_WAIT_MS.tag : FIRST_WAIT_MS.other;
    this.#holes.set(key, { area, first, last, isTag, wasRead, error, waitMs, probeAt: now + waitMs });
    this.version++;
  }

  /** This request was refused only for what was read along behind it. */
  refusePast({ area, address, length }: ReadRequest): void {
    const key = pastKey(area, address + length);
    if (this.#pastAnswered.has(key) && !this.#isSuspectedAgain(`behind ${key}`)) return;
    this.noPast.add(key);
    this.version++;
  }

  /** A request of this length was refused, while all its parts were answered. */
  tooLong(area: Area, length: number, now: number): void {
    const limit = this.#limitOf(area);
    if (length >= limit.refused || length <= limit.answered) return;
    if (limit.refused === Number.POSITIVE_INFINITY) limit.waitMs = FIRST_WAIT_MS.other;
    limit.refused = length;
    limit.probeAt = now + limit.waitMs;
    this.version++;
  }

  /** The probe that has been due for longest, if any is. */
  due(now: number): Probe | undefined {
    let found: Probe | undefined;
    let earliest = now;
    for (const hole of this.#holes.values()) {
      if (hole.probeAt > earliest || (found !== undefined && hole.probeAt === earliest)) continue;
      earliest = hole.probeAt;
      found = { kind: 'range', hole };
    }
    for (const { area, refused, probeAt } of this.#limits.values()) {
      if (refused === Number.POSITIVE_INFINITY || probeAt > earliest || (found !== undefined && probeAt === earliest)) continue;
      earliest = probeAt;
      found = { kind: 'length', area, length: refused };
    }
    return found;
  }

  /** How a probe went. What was answered is given up no longer, and with it what is likely to have come back together with it. */
  probed(probe: Probe, wasAnswered: boolean, now: number): void {
    if (!wasAnswered) {
      const probing = probe.kind === 'range' ? probe.hole : this.#limitOf(probe.area);
      probing.waitMs = Math.min(2 * probing.waitMs, probe.kind === 'range' ? this.#longestWait(probe.hole) : LONGEST_WAIT_MS);
      probing.probeAt = now + probing.waitMs;
      return;
    }
    if (probe.kind === 'length') this.#limitOf(probe.area).refused = Number.POSITIVE_INFINITY;
    else for (const [key, hole] of this.#holes) if (hole === probe.hole || comesBackWith(probe.hole, hole)) this.#holes.delete(key);
    this.version++;
  }

  #longestWait({ area, isTag, wasRead, error }: Hole): number {
    const isExpectedBack = wasRead || !this.#answered.hasAny(area) || !mayFitInParts(error);
    return isTag && isExpectedBack ? SHORT_WAIT_MS : LONGEST_WAIT_MS;
  }

  #isSuspectedAgain(key: string): boolean {
    this.#suspected.add(key);
    return this.#suspectedBefore.has(key);
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

/** What was read before went when the device was given another program, and tags that never were have waited for it to start. */
function comesBackWith(answered: Hole, other: Hole): boolean {
  if (other.area !== answered.area || other.isTag !== answered.isTag) return false;
  return other.wasRead || (other.isTag && !answered.wasRead);
}
