import type { PropertyPath } from '../../mapping/property.ts';
import type { Tag } from '../tag/tag.ts';
import type { TextNumbers } from './texts.ts';

/** Where a value comes from. `good`: whether the values of these names are good, or all that come from messages where none is named. */
export type Source =
  | { kind: 'message'; property: string; path: PropertyPath }
  | { kind: 'heartbeat' }
  | { kind: 'good'; of: readonly string[] }
  /** Only a client writes it. */
  | { kind: 'client' };

/**
 * What is read while no value has come yet, or the value is bad. `keep`: the last one; before the first NaN in a float, else 0. `start`:
 * the last one as well, but at the start this one, which counts as good: for what comes only when it changes.
 */
export type WhenBad = { kind: 'keep' | 'nan' | 'exception' } | { kind: 'fixed' | 'start'; value: number | string };

/** One row of the table. */
export interface ServedValue {
  /** From 1. */
  row: number;
  tag: Tag;
  source: Source;
  /** MQTT filter; '' lets every topic pass. */
  topic: string;
  texts: TextNumbers | undefined;
  whenBad: WhenBad;
  /** A value that is older is bad; 0: never. */
  maxAgeMs: number;
  /** Whether a client may write it. */
  writable: boolean;
}
