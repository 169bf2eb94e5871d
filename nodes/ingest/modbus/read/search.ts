import type { LinewatchError } from '../../../shared/errors.ts';
import { mayFitInParts } from '../protocol/fault.ts';
import type { Tag } from '../tag/tag.ts';
import { bisect, type Halves } from './bisect.ts';
import type { Holes } from './holes.ts';
import { type PlanSettings, planReads, type ReadRequest } from './read-plan.ts';

/** Yields requests to be read, and is given for each the refusal, or nothing where it was answered. */
export type Search<Result> = Generator<ReadRequest, Result, LinewatchError | undefined>;

export interface SearchContext {
  tags: readonly Tag[];
  settings: PlanSettings;
  holes: Holes;
  /** Ms of `Clock.elapsed`. */
  now(): number;
}

/**
 * Whether parts of a request that was refused may be answered. Exceptions 1 and 4 say so of a request only that is longer than any that
 * was answered: some devices mean its length.
 */
export function isWorthParting({ area, length }: ReadRequest, error: LinewatchError, holes: Holes): boolean {
  if (mayFitInParts(error)) return true;
  const answered = holes.answeredLength(area);
  return (error.code === 'modbus-illegal-function' || error.code === 'modbus-device-failure') && 0 < answered && answered < length;
}

/**
 * Finds out why a request was refused, and reads on the way all of its tags that can be read: the request is halved until its parts are
 * answered or are single tags. Where both halves are answered, it is what lies between them, or the length, which is learnt.
 */
export function* search(refused: ReadRequest, error: LinewatchError, context: SearchContext): Search<void> {
  if (!refused.mayReadPast) {
    yield* inHalves(refused, error, context);
    return;
  }
  // It may be that only the addresses behind the last one were too many.
  const isAnswered = yield* attempt({ ...refused, mayReadPast: false }, context);
  if (isAnswered) context.holes.refusePast(refused);
}

function* attempt(request: ReadRequest, context: SearchContext): Search<boolean> {
  const { tags, settings, holes } = context;
  const longest = holes.longest[request.area];
  if (longest !== undefined && request.length > longest && request.tags.length > 1) {
    const parts = planReads(tags, settings, holes, request.tags).requests;
    if (parts.length > 1) {
      for (const part of parts) yield* attempt({ ...part, mayReadPast: false }, context);
      return false;
    }
  }
  const error = yield request;
  if (error !== undefined) yield* inHalves(request, error, context);
  return error === undefined;
}

function* inHalves(request: ReadRequest, error: LinewatchError, context: SearchContext): Search<void> {
  const halves = bisect(request, context.tags);
  if (halves === undefined) {
    const { area, address, length } = request;
    context.holes.refuse({ area, first: address, last: address + length - 1 }, true, error, context.now());
    return;
  }
  const isFirstAnswered = yield* attempt(halves.first, context);
  const isSecondAnswered = yield* attempt(halves.second, context);
  yield* conclude(request, halves, error, isFirstAnswered && isSecondAnswered, context);
}

/** What a refusal says of what lies between the two halves of a request, and of its length. */
function* conclude(
  { area, address, length }: ReadRequest,
  { second, gap }: Halves,
  error: LinewatchError,
  isAllElseAnswered: boolean,
  { holes, now }: SearchContext,
): Search<void> {
  const isLengthKnown = length <= holes.answeredLength(area);
  if (gap > 0) {
    // Certain where nothing else can be at fault; else these addresses are asked for alone.
    const first = second.address - gap;
    const isCertain = isAllElseAnswered && isLengthKnown;
    if (isCertain || (yield { area, address: first, length: gap, tags: [], mayReadPast: false }) !== undefined) {
      holes.refuse({ area, first, last: second.address - 1 }, false, error, now());
      return;
    }
  }
  if (!isAllElseAnswered) return;
  if (!isLengthKnown) holes.tooLong(area, length, now());
  // The device takes no request across the border between the two.
  else if (gap === 0) holes.refuse({ area, first: second.address - 1, last: second.address }, false, error, now());
  else holes.refuse({ area, first: address, last: address + length - 1 }, false, error, now());
}
