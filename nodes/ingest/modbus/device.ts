import type { Clock } from '../../shared/clock.ts';
import { asLinewatchError, type LinewatchError } from '../../shared/errors.ts';
import type { Quality, TagReading, TagValue } from '../../shared/messages.ts';
import { decodeTag } from './codec.ts';
import type { ModbusConnection } from './connection.ts';
import { concernsWholeUnit, mayFitInParts, qualityOf } from './fault.ts';
import { halveRead, type PlannedTag, planReads, type ReadRequest } from './read-plan.ts';
import type { Tag } from './tag.ts';

/** What a scan of a unit's tags brought. */
export interface Scan {
  payload: Record<string, TagValue>;
  tags: Record<string, TagReading>;
  /** Epoch ms, when the last answer arrived. */
  timestamp: number;
  /** Tags with quality Good. */
  good: number;
  /** The first thing that went wrong, if anything did. */
  problem?: LinewatchError;
}

/** Addresses that a device was found not to have are left out this long, in case it was only starting. */
const PROBE_AGAIN_MS = 60_000;

interface Reading {
  value: number | boolean | null;
  quality: Quality;
  timestamp: number;
}

/**
 * The tags of one unit, read together. A request that asks for an address which the device does not have is halved until
 * only the tags at fault are left out, and the halves are kept, so that the next scan asks for what can be read.
 */
export class Device {
  readonly #connection: Pick<ModbusConnection, 'read'>;
  readonly #unit: number;
  readonly #tags: readonly Tag[];
  readonly #clock: Clock;
  #plan: ReadRequest[];
  /** Index of a tag → why it is not asked for at present. */
  readonly #unreadable = new Map<number, LinewatchError>();
  #probeAt = Number.POSITIVE_INFINITY;

  constructor(connection: Pick<ModbusConnection, 'read'>, unit: number, tags: readonly Tag[], clock: Clock) {
    this.#connection = connection;
    this.#unit = unit;
    this.#tags = tags;
    this.#clock = clock;
    this.#plan = planReads(tags);
  }

  /** Reads all tags; it never rejects. A failure of the link or the unit ends the scan: the rest would fare no better. */
  async scan(): Promise<Scan> {
    if (this.#clock.now() >= this.#probeAt) this.#probeAgain();
    const readings: Reading[] = new Array(this.#tags.length);
    const rest = this.#plan;
    const kept: ReadRequest[] = [];
    let failure: LinewatchError | undefined;
    let problem: LinewatchError | undefined;
    for (let request = rest.shift(); request !== undefined; request = rest.shift()) {
      if (failure === undefined) {
        try {
          const raw = await this.#connection.read(this.#unit, request.area, request.address, request.length);
          this.#decode(request, raw, readings);
          kept.push(request);
          continue;
        } catch (thrown) {
          const error = asLinewatchError(thrown);
          if (mayFitInParts(error) && request.tags.length > 1) {
            rest.unshift(...halveRead(request));
            continue;
          }
          problem ??= error;
          if (mayFitInParts(error)) {
            this.#leaveOut((request.tags[0] as PlannedTag).index, error);
            continue;
          }
          if (concernsWholeUnit(error)) failure = error;
          else this.#mark(request, error, readings);
        }
      }
      if (failure !== undefined) this.#mark(request, failure, readings);
      kept.push(request);
    }
    this.#plan = kept;
    return this.#collect(readings, problem);
  }

  /** A scan that was not even tried: every tag is bad for this reason. */
  failed(problem: LinewatchError): Scan {
    return this.#collect(
      this.#tags.map(() => this.#bad(problem)),
      problem,
    );
  }

  #decode({ address, tags }: ReadRequest, raw: readonly (number | boolean)[], readings: Reading[]): void {
    const timestamp = this.#clock.now();
    for (const { index, tag } of tags) {
      const value = decodeTag(tag, raw, tag.address - address);
      readings[index] = { value, quality: value === null ? 'BadOutOfRange' : 'Good', timestamp };
    }
  }

  #mark({ tags }: ReadRequest, error: LinewatchError, readings: Reading[]): void {
    for (const { index } of tags) readings[index] = this.#bad(error);
  }

  #bad(error: LinewatchError): Reading {
    return { value: null, quality: qualityOf(error), timestamp: this.#clock.now() };
  }

  #leaveOut(index: number, error: LinewatchError): void {
    this.#unreadable.set(index, error);
    if (this.#probeAt === Number.POSITIVE_INFINITY) this.#probeAt = this.#clock.now() + PROBE_AGAIN_MS;
  }

  #probeAgain(): void {
    this.#plan = planReads(this.#tags);
    this.#unreadable.clear();
    this.#probeAt = Number.POSITIVE_INFINITY;
  }

  #collect(readings: Reading[], problem: LinewatchError | undefined): Scan {
    const scan: Scan = { payload: {}, tags: {}, timestamp: 0, good: 0, problem };
    this.#tags.forEach(({ name, unit }, index) => {
      const unreadable = this.#unreadable.get(index);
      const { value, quality, timestamp } = readings[index] ?? this.#bad(unreadable as LinewatchError);
      if (readings[index] === undefined) scan.problem ??= unreadable;
      scan.payload[name] = value;
      scan.tags[name] = { value, unit, quality, timestamp };
      if (quality === 'Good') scan.good++;
      if (timestamp > scan.timestamp) scan.timestamp = timestamp;
    });
    return scan;
  }
}
