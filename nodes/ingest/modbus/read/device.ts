import type { Clock } from '../../../shared/clock.ts';
import { asLinewatchError, LinewatchError } from '../../../shared/errors.ts';
import type { Quality } from '../../../shared/messages.ts';
import type { UnitSettings } from '../link/unit-settings.ts';
import { concernsWholeUnit, mayFitInParts, qualityOf } from '../protocol/fault.ts';
import type { RawValues, Reader } from '../protocol/request.ts';
import { decodeTag } from '../tag/codec.ts';
import { type Tag, widthOf } from '../tag/tag.ts';
import { type Hole, Holes, type Probe } from './holes.ts';
import { type LeftOut, planReads, type ReadRequest } from './read-plan.ts';
import type { Readings } from './sample.ts';
import { type SearchContext, search } from './search.ts';

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
}

/** A scan under way. */
interface Progress extends Omit<Readings, 'qualities'> {
  /** None: not read yet. */
  qualities: (Quality | undefined)[];
  /** Per tag, why it was not read. */
  errors: (LinewatchError | undefined)[];
  /** What ended the scan. */
  failure?: LinewatchError;
}

const readPast = { mayReadPast: true };

/** The tags of one unit, read together with the fewest requests; what the unit refuses is found out once and read around. */
export class Device {
  /** Why tags can never be read: they touch addresses that are declared unreadable, or are too wide for one request. */
  readonly misfits: LinewatchError[] = [];
  readonly #options: DeviceOptions;
  readonly #holes = new Holes();
  #plan: PlannedRead[] = [];
  #leftOut: LeftOut<Hole>[] = [];
  #plannedAt = -1;
  #isProbing = false;
  #isClosed = false;

  constructor(options: DeviceOptions) {
    this.#options = options;
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
    const progress = this.#begin();
    const refused: [ReadRequest, LinewatchError][] = [];
    for (const planned of this.#plan) {
      const error = await this.#read(planned, progress);
      if (error !== undefined && mayFitInParts(error)) refused.push([planned.request, error]);
      if (progress.failure !== undefined || this.#isClosed) break;
    }
    // Only now: by then it is known how long a request this unit answers at least.
    if (refused.length > 0 && progress.failure === undefined && !this.#isClosed) await this.#lookInto(refused, progress);
    if (progress.failure === undefined && !this.#isClosed) this.#probeIfDue();
    return this.#finish(progress);
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
    };
  }

  #begin(): Progress {
    const count = this.#options.tags.length;
    return { values: new Array(count).fill(null), qualities: new Array(count), timestamps: new Array(count), errors: new Array(count) };
  }

  /** @returns what went wrong, if anything did; that it was the link or the unit stands in `progress` too */
  async #read(planned: PlannedRead, progress: Progress): Promise<LinewatchError | undefined> {
    const { area, address, length, mayReadPast } = planned.request;
    try {
      const { reader, unit } = this.#options;
      this.#decode(planned, await reader.read(unit, area, address, length, mayReadPast ? readPast : undefined), progress);
      this.#holes.answered(area, length, this.#options.clock.now());
      return undefined;
    } catch (thrown) {
      const error = asLinewatchError(thrown);
      if (concernsWholeUnit(error)) progress.failure = error;
      else for (const place of planned.places) progress.errors[place] = error;
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
    const context: SearchContext = { tags, settings, holes: this.#holes, now: () => clock.now() };
    let refusals = 0;
    for (const [request, error] of refused) {
      if (refusals >= MOST_REFUSALS) return;
      const searching = search(request, error, context);
      for (let step = searching.next(); step.done !== true; ) {
        const answer = await this.#read(this.#planned(step.value), progress);
        if (progress.failure !== undefined || this.#isClosed) return;
        // Such as a device that is busy: nothing can be concluded now.
        if (answer !== undefined && !mayFitInParts(answer)) break;
        if (answer !== undefined) refusals++;
        step = searching.next(answer);
      }
    }
  }

  /** One request beside the scan, whose values nobody waits for: where it is answered, the next scan asks for what was left out. */
  #probeIfDue(): void {
    const { clock } = this.#options;
    const probe = this.#isProbing ? undefined : this.#holes.due(clock.now());
    if (probe === undefined) return;
    this.#isProbing = true;
    const release = clock.hold();
    void this.#probe(probe).finally(() => {
      this.#isProbing = false;
      release();
    });
  }

  async #probe(probe: Probe): Promise<void> {
    const { reader, unit, clock } = this.#options;
    const what = probe.kind === 'range' ? probe.hole : this.#longRequest(probe);
    let isAnswered = false;
    if (what !== undefined) {
      try {
        await reader.read(unit, what.area, what.first, what.last - what.first + 1);
        isAnswered = true;
      } catch (thrown) {
        // A link that is gone says nothing of the address; a unit that falls silent at it does.
        if (qualityOf(asLinewatchError(thrown)) === 'BadNotConnected') return;
      }
    }
    this.#holes.probed(probe, isAnswered, clock.now());
  }

  /** The longest request that there would be without the limit, where it is long enough to tell. */
  #longRequest({ area, length }: Probe & { kind: 'length' }): { area: Tag['area']; first: number; last: number } | undefined {
    const { tags, settings } = this.#options;
    let longest: ReadRequest | undefined;
    for (const request of planReads(tags, settings, { refused: this.#holes.refused }).requests) {
      if (request.area === area && request.length >= (longest?.length ?? length)) longest = request;
    }
    return longest && { area, first: longest.address, last: longest.address + longest.length - 1 };
  }

  #finish({ values, qualities, timestamps, errors, failure }: Progress): Scan {
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
        const error = misfits.has(index) ? undefined : (failure ?? errors[index]);
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
