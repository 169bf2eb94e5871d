import type { Clock } from '../../../shared/clock.ts';
import { asLinewatchError, LinewatchError } from '../../../shared/errors.ts';
import type { Quality } from '../../../shared/messages.ts';
import type { UnitSettings } from '../link/unit-settings.ts';
import { concernsWholeUnit, qualityOf } from '../protocol/fault.ts';
import type { RawValues, Reader } from '../protocol/request.ts';
import { decodeTag } from '../tag/codec.ts';
import { type Tag, widthOf } from '../tag/tag.ts';
import { type Hole, Holes } from './holes.ts';
import { Prober } from './prober.ts';
import { type LeftOut, planReads, type ReadRequest } from './read-plan.ts';
import type { Readings } from './sample.ts';
import { isWorthParting, type SearchContext, search } from './search.ts';

/** What a scan of a unit's tags brought. */
export interface Scan extends Readings {
  /** Epoch ms, when the last answer arrived. */
  timestamp: number;
  /** Tags with quality Good. */
  good: number;
  /** The first thing that went wrong, if anything did. */
  problem?: LinewatchError;
}

export interface DeviceOptions {
  reader: Reader;
  unit: number;
  tags: readonly Tag[];
  settings: UnitSettings;
  clock: Clock;
}

/** A scan that has been refused so often stops asking why; the next one goes on. */
const MOST_REFUSALS = 200;

/** A request with what decoding its answer needs: per tag its place in the list, and where its value begins. */
interface PlannedRead {
  request: ReadRequest;
  places: Int32Array;
  offsets: Int32Array;
  tags: Tag[];
  /** It was answered once. */
  wasAnswered: boolean;
}

/** A scan under way. */
interface Progress extends Omit<Readings, 'qualities'> {
  /** None: not read yet. */
  qualities: (Quality | undefined)[];
  /** Per tag, why it was not read. */
  errors: (LinewatchError | undefined)[];
  /** What ended the scan. */
  failure?: LinewatchError;
  /** The unit answered something, if only to refuse it. */
  isAnswered: boolean;
}

const readPast = { mayReadPast: true };

/** The tags of one unit, read together with the fewest requests; what the unit refuses is found out once and read around. */
export class Device {
  /** Why tags can never be read: they touch addresses that are declared unreadable, or are too wide for one request. */
  readonly misfits: LinewatchError[] = [];
  readonly #options: DeviceOptions;
  readonly #holes = new Holes();
  readonly #prober: Prober;
  #plan: PlannedRead[] = [];
  #leftOut: LeftOut<Hole>[] = [];
  #plannedAt = -1;
  /** Where in the plan the next scan begins: behind the request that ended the one before, lest what stands behind that is never read. */
  #first = 0;
  #isClosed = false;

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#prober = new Prober({ ...options, holes: this.#holes });
    this.#replan();
    for (const leftOut of this.#leftOut) if (leftOut.reason !== 'refused') this.misfits.push(this.#misfit(leftOut));
  }

  /** How many requests a scan takes at present. */
  get requests(): number {
    return this.#plan.length;
  }

  /** Reads all tags; it never rejects. One at a time. A failure of the link or the unit ends the scan: the rest would fare no better. */
  async scan(): Promise<Scan> {
    if (this.#plannedAt !== this.#holes.version) this.#replan();
    this.#holes.beginScan();
    const progress = this.#begin();
    const refused: [ReadRequest, LinewatchError][] = [];
    const { length } = this.#plan;
    const first = this.#first;
    for (let turn = 0; turn < length && progress.failure === undefined && !this.#isClosed; turn++) {
      const place = (first + turn) % length;
      const planned = this.#plan[place] as PlannedRead;
      const error = await this.#read(planned, progress);
      if (error === undefined) continue;
      if (progress.failure !== undefined) this.#first = place + 1;
      else refused.push([planned.request, error]);
    }
    // Only now: by then it is known how long a request this unit answers at least.
    if (refused.length > 0 && this.#mayGoOn(progress)) await this.#lookInto(refused, progress);
    if (this.#mayGoOn(progress)) this.#prober.probeIfDue();
    return this.#finish(progress);
  }

  /** A unit that answered before it fell silent has only stumbled over an address. */
  #mayGoOn({ failure, isAnswered }: Progress): boolean {
    return !this.#isClosed && (failure === undefined || (isAnswered && qualityOf(failure) !== 'BadNotConnected'));
  }

  /** A scan that was not even tried: every tag is bad for this reason. */
  failed(problem: LinewatchError): Scan {
    return this.#finish({ ...this.#begin(), failure: problem });
  }

  /** Ends the scan under way after its next answer. */
  close(): void {
    this.#isClosed = true;
  }

  #replan(): void {
    const { tags, settings } = this.#options;
    const { requests, leftOut } = planReads(tags, settings, this.#holes);
    this.#plan = requests.map((request) => this.#planned(request));
    this.#leftOut = leftOut;
    this.#plannedAt = this.#holes.version;
  }

  #planned(request: ReadRequest): PlannedRead {
    const tags = request.tags.map((index) => this.#options.tags[index] as Tag);
    return {
      request,
      places: Int32Array.from(request.tags),
      offsets: Int32Array.from(tags, ({ address }) => address - request.address),
      tags,
      wasAnswered: false,
    };
  }

  #begin(): Progress {
    const count = this.#options.tags.length;
    const [values, qualities, timestamps] = [new Array(count).fill(null), new Array(count), new Array(count)];
    return { values, qualities, timestamps, errors: new Array(count), isAnswered: false };
  }

  /** @returns what went wrong, if anything did; that it was the link or the unit stands in `progress` too */
  async #read(planned: PlannedRead, progress: Progress): Promise<LinewatchError | undefined> {
    const { area, address, length, mayReadPast } = planned.request;
    try {
      const { reader, unit } = this.#options;
      this.#decode(planned, await reader.read(unit, area, address, length, mayReadPast ? readPast : undefined), progress);
      progress.isAnswered = true;
      if (!planned.wasAnswered) this.#holes.answered(planned.request);
      planned.wasAnswered = true;
      return undefined;
    } catch (thrown) {
      const error = asLinewatchError(thrown);
      if (concernsWholeUnit(error)) {
        progress.failure ??= error;
      } else {
        progress.isAnswered = true;
        for (const place of planned.places) progress.errors[place] = error;
      }
      return error;
    }
  }

  #decode({ places, offsets, tags }: PlannedRead, raw: RawValues, { values, qualities, timestamps }: Progress): void {
    const timestamp = this.#options.clock.now();
    for (let at = 0; at < places.length; at++) {
      const place = places[at] as number;
      const value = decodeTag(tags[at] as Tag, raw, offsets[at] as number);
      values[place] = value;
      qualities[place] = value === null ? 'BadOutOfRange' : 'Good';
      timestamps[place] = timestamp;
    }
  }

  async #lookInto(refused: [ReadRequest, LinewatchError][], progress: Progress): Promise<void> {
    const { tags, settings, clock } = this.#options;
    const context: SearchContext = { tags, settings, holes: this.#holes, now: () => clock.elapsed() };
    let refusals = 0;
    for (const [request, error] of refused) {
      if (refusals >= MOST_REFUSALS) return;
      if (!isWorthParting(request, error, this.#holes)) continue;
      const searching = search(request, error, context);
      for (let step = searching.next(); step.done !== true; ) {
        const answer = await this.#read(this.#planned(step.value), progress);
        if (this.#isClosed || (answer !== undefined && concernsWholeUnit(answer))) return;
        // Such as a device that is busy: nothing can be concluded now.
        if (answer !== undefined && !isWorthParting(step.value, answer, this.#holes)) break;
        if (answer !== undefined) refusals++;
        step = searching.next(answer);
      }
    }
  }

  #finish({ values, qualities, timestamps, errors, failure, isAnswered }: Progress): Scan {
    const now = this.#options.clock.now();
    let problem = failure;
    const misfits = new Set<number>();
    for (const leftOut of this.#leftOut) {
      if (leftOut.reason !== 'refused') misfits.add(leftOut.index);
      else errors[leftOut.index] ??= leftOut.by.error;
    }
    let good = 0;
    let timestamp = 0;
    for (let index = 0; index < values.length; index++) {
      if (qualities[index] === undefined) {
        const error = misfits.has(index) ? undefined : ((isAnswered ? errors[index] : undefined) ?? failure ?? errors[index]);
        qualities[index] = error === undefined ? 'BadOutOfRange' : qualityOf(error);
        timestamps[index] = now;
        problem ??= error;
      }
      if (qualities[index] === 'Good') good++;
      if ((timestamps[index] as number) > timestamp) timestamp = timestamps[index] as number;
    }
    return { values, qualities: qualities as Quality[], timestamps, timestamp, good, problem };
  }

  #misfit(leftOut: LeftOut<Hole>): LinewatchError {
    const { tags, unit } = this.#options;
    const { name, area, address, ...rest } = tags[leftOut.index] as Tag;
    const width = widthOf(rest);
    if (leftOut.reason === 'too-wide') return new LinewatchError('modbus-tag-wide', { tag: name, unit, width, most: leftOut.most });
    return new LinewatchError('modbus-tag-unreadable', { tag: name, unit, area, first: address, last: address + width - 1 });
  }
}
