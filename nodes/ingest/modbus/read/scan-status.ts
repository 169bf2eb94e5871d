import type { LinewatchError } from '../../../shared/errors.ts';
import { qualityOf } from '../protocol/fault.ts';
import type { Scan } from './device.ts';
import type { Verdict } from './outage.ts';

export interface ScanView {
  unit: number;
  /** Of the connection. */
  address: string;
  /** Tags in all. */
  count: number;
  /** None where only messages cause scans. */
  scanMs?: number;
  skipped: number;
}

/** A status: colour, key under `status.`, values. */
export type ScanStatus = ['green' | 'yellow' | 'red', string, Record<string, number | string>];

/** The one line that says how reading goes. */
export function statusOf({ good, problem }: Pick<Scan, 'good' | 'problem'>, level: Verdict['level'], view: ScanView): ScanStatus {
  if (level === 'bad' && problem !== undefined) return badStatus(problem, view);
  const { count, scanMs, skipped } = view;
  if (good < count) return ['yellow', 'partly', { good: grouped(good), count: grouped(count) }];
  return workingStatus({ count, scanMs, skipped });
}

export function workingStatus({ count, scanMs, skipped }: Pick<ScanView, 'count' | 'scanMs' | 'skipped'>): ScanStatus {
  if (scanMs === undefined) return ['green', 'onMessage', { count: grouped(count) }];
  const values = { count: grouped(count), scanMs: grouped(scanMs) };
  return skipped === 0 ? ['green', 'scanning', values] : ['green', 'skipping', { ...values, skipped: grouped(skipped) }];
}

export function badStatus(problem: LinewatchError, { unit, address }: Pick<ScanView, 'unit' | 'address'>): ScanStatus {
  const quality = qualityOf(problem);
  if (problem.code === 'modbus-unit-silent') return ['red', 'unitSilent', { unit, seconds: coarse(Number(problem.context.seconds)) }];
  if (quality === 'BadNotConnected') return ['red', 'notConnected', { address }];
  if (quality === 'BadTimeout') return ['red', 'noAnswer', { unit }];
  return ['red', 'refused', { unit }];
}

/** In steps of 5 s from 5 s on: each new status goes to every open editor. */
const coarse = (seconds: number) => (seconds <= 5 ? seconds : Math.ceil(seconds / 5) * 5);

const format = new Intl.NumberFormat('en-US');
const grouped = (number: number) => format.format(number);
