import type { AddressRange, UnitSettings } from '../link/unit-settings.ts';
import { type Area, areas, isBitArea, lastAddress, type Tag, widthOf } from '../tag/tag.ts';
import { Barriers } from './barriers.ts';

export type PlanSettings = Pick<UnitSettings, 'maxRegisters' | 'maxBits' | 'gapRegisters' | 'gapBits' | 'unreadable'>;

/** What was found out about a unit: see holes.ts. */
export interface Learnt<Refused extends AddressRange = AddressRange> {
  /** A request that holds one of these whole is refused. A single address is one that the device does not have. */
  refused: readonly Refused[];
  /** Requests that were refused only for what was read along behind them: `pastKey` of each. */
  noPast?: ReadonlySet<string>;
  /** Longest request that is worth a try, where the unit takes less than the protocol allows. */
  longest?: Partial<Record<Area, number>>;
}

export interface ReadRequest {
  area: Area;
  address: number;
  /** Registers, or bits. */
  length: number;
  /** The tags it reads, by address: places in the list that was planned. */
  tags: number[];
  /** Whether the addresses behind the last one may be read along: one register, or eight bits. */
  mayReadPast: boolean;
}

/** A tag that no request can read, with the reason. */
export type LeftOut<Refused extends AddressRange = AddressRange> = { index: number } & (
  | { reason: 'unreadable' }
  | { reason: 'too-wide'; most: number }
  | { reason: 'refused'; by: Refused }
);

export interface ReadPlan<Refused extends AddressRange = AddressRange> {
  requests: ReadRequest[];
  leftOut: LeftOut<Refused>[];
}

export const pastKey = (area: Area, end: number) => `${area} ${end}`;

/** Addresses from..end−1 of one tag. */
interface Span {
  index: number;
  from: number;
  end: number;
}

/**
 * The fewest requests that read all tags that can be read. A value never spreads over two requests; tags may overlap.
 *
 * By address, each tag joins the request before it where length, gap, unreadable ranges and what was learnt allow it; else it begins the next. No other
 * division has fewer requests. A part of an allowed request is allowed too, so the first request can as well take all it can reach, which lets
 * the second begin as late as possible; and so on. A long tag that one request had to leave to the next bridges no gap for others: the tag that
 * did not fit begins no earlier and ends later.
 */
export function planReads<Refused extends AddressRange = AddressRange>(
  tags: readonly Tag[],
  settings: PlanSettings,
  learnt: Learnt<Refused> = { refused: [] },
  indexes: readonly number[] = tags.map((_, index) => index),
): ReadPlan<Refused> {
  const plan: ReadPlan<Refused> = { requests: [], leftOut: [] };
  const spans: Record<Area, Span[]> = { coil: [], discrete: [], holding: [], input: [] };
  for (const index of indexes) {
    const tag = tags[index] as Tag;
    spans[tag.area].push({ index, from: tag.address, end: tag.address + widthOf(tag) });
  }
  for (const area of areas) if (spans[area].length > 0) planArea(area, spans[area], settings, learnt, plan);
  return plan;
}

function planArea<Refused extends AddressRange>(
  area: Area,
  spans: Span[],
  settings: PlanSettings,
  learnt: Learnt<Refused>,
  plan: ReadPlan<Refused>,
): void {
  const [most, gap, past] = isBitArea(area) ? [settings.maxBits, settings.gapBits, 8] : [settings.maxRegisters, settings.gapRegisters, 1];
  const longest = Math.min(most, learnt.longest?.[area] ?? most);
  const unreadable = settings.unreadable.filter((range) => range.area === area);
  // Nothing of an unreadable range may be touched, so its first address stands for all of it.
  const declared = new Barriers(
    unreadable.map(({ first }) => ({ area, first, last: first })),
    area,
  );
  const refused = new Barriers(learnt.refused, area);
  const refusedTags = new Map(
    learnt.refused.filter((range) => range.area === area).map((range) => [`${range.first} ${range.last}`, range]),
  );
  let request: ReadRequest | undefined;
  let end = 0;
  let wall = 0;

  const finish = () => {
    if (request === undefined) return;
    request.length = end - request.address;
    const isPastRefused = refused.beginsWithin(end, end + past) || learnt.noPast?.has(pastKey(area, end)) === true;
    request.mayReadPast = !isPastRefused && gap >= past && request.length + past <= longest && end + past <= wall;
    plan.requests.push(request);
  };
  for (const span of spans.sort((a, b) => a.from - b.from || b.end - a.end)) {
    const by = refusedTags.get(`${span.from} ${span.end - 1}`);
    if (unreadable.some(({ first, last }) => first < span.end && span.from <= last)) {
      plan.leftOut.push({ index: span.index, reason: 'unreadable' });
    } else if (span.end - span.from > most) {
      plan.leftOut.push({ index: span.index, reason: 'too-wide', most });
    } else if (by !== undefined) {
      plan.leftOut.push({ index: span.index, reason: 'refused', by });
    } else {
      const newEnd = Math.max(end, span.end);
      if (request !== undefined && span.from - end <= gap && newEnd - request.address <= longest && newEnd <= wall) {
        request.tags.push(span.index);
        end = newEnd;
      } else {
        finish();
        request = { area, address: span.from, length: 0, tags: [span.index], mayReadPast: false };
        end = span.end;
        const nearest = Math.min(
          lastAddress + 1,
          declared.after(span.from)?.last ?? lastAddress + 1,
          refused.after(span.from)?.last ?? lastAddress + 1,
        );
        // That a part of a value was refused does not mean that the value is: some devices give values only as a whole.
        wall = Math.max(nearest, span.end);
      }
    }
  }
  finish();
}
