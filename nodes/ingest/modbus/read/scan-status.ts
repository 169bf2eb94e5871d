import type { ErrorCode, LinewatchError } from '../../../shared/errors.ts';
import { qualityOf } from '../protocol/fault.ts';
import type { Scan } from './device.ts';
import { OFTEN } from './link-watch.ts';
import type { Verdict } from './outage.ts';

export interface ScanView {
  unit: number;
  /** Of the connection. */
  address: string;
  /** Tags in all. */
  count: number;
  /** None where only messages cause scans. */
  scanMs?: number;
  /** Scans left out in the last minute because the one before took too long. */
  skipped: number;
  /** Times that the link was lost in the last minute. */
  lost: number;
}

/** A status: colour, key under `status.`, values. */
export type ScanStatus = ['green' | 'yellow' | 'red', string, Record<string, number | string>];

/** The one line that says how reading goes. */
export function statusOf({ good, problem }: Pick<Scan, 'good' | 'problem'>, level: Verdict['level'], view: ScanView): ScanStatus {
  if (level === 'bad' && problem !== undefined) return badStatus(problem, view);
  const { count, lost } = view;
  if (lost >= OFTEN) return ['yellow', 'flapping', { count: grouped(lost) }];
  if (good < count) return ['yellow', 'partly', { good: grouped(good), count: grouped(count) }];
  return workingStatus(view);
}

export function workingStatus({ count, scanMs, skipped }: Pick<ScanView, 'count' | 'scanMs' | 'skipped'>): ScanStatus {
  const key = (many: string) => (count === 1 ? `${many}One` : many);
  if (scanMs === undefined) return ['green', key('onMessage'), { count: grouped(count) }];
  const values = { count: grouped(count), scanMs: grouped(scanMs) };
  return skipped === 0 ? ['green', key('scanning'), values] : ['yellow', key('skipping'), { ...values, skipped: grouped(skipped) }];
}

/** Where an engineer has to look, by what went wrong. */
const keyOf: Partial<Record<ErrorCode, string>> = {
  'modbus-line': 'garbled',
  'modbus-answer': 'notModbus',
  'modbus-gateway': 'gateway',
  'modbus-broadcast-read': 'broadcast',
  'modbus-illegal-function': 'function',
  'modbus-illegal-address': 'address',
  'modbus-illegal-value': 'length',
  'modbus-device-failure': 'failure',
  'modbus-device-busy': 'busy',
};

export function badStatus(problem: LinewatchError, { unit, address }: Pick<ScanView, 'unit' | 'address'>): ScanStatus {
  const quality = qualityOf(problem);
  if (problem.code === 'modbus-unit-silent') return ['red', 'unitSilent', { unit, seconds: coarse(Number(problem.context.seconds)) }];
  if (quality === 'BadNotConnected') return ['red', 'notConnected', { address }];
  if (quality === 'BadTimeout') return ['red', 'noAnswer', { unit }];
  return ['red', keyOf[problem.code] ?? 'refused', { unit, address }];
}

/**
 * Which problem to show. Why a unit is left alone tells more than that it is, where it did answer, but nothing of use: noise, or the
 * exception of a gateway.
 */
export class ShownProblem {
  /** Of the last scan that asked the unit. */
  #found: LinewatchError | undefined;

  of(problem: LinewatchError | undefined): LinewatchError | undefined {
    if (problem?.code !== 'modbus-unit-silent') this.#found = problem;
    return this.#found !== undefined && qualityOf(this.#found) === 'BadNoCommunication' ? this.#found : problem;
  }
}

/** In steps of 5 s from 5 s on: each new status goes to every open editor. */
const coarse = (seconds: number) => (seconds <= 5 ? seconds : Math.ceil(seconds / 5) * 5);

const format = new Intl.NumberFormat('en-US');
const grouped = (number: number) => format.format(number);
