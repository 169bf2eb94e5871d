/** Modbus: few requests, little load, quick recovery, and never a wrong value. */
import type { Part } from './entry.ts';
import { coreShare, mostTags, writes } from './modbus/load.ts';
import { besideDeadUnit, recovery, silentNotice } from './modbus/outages.ts';
import { jitter, requests } from './modbus/scans.ts';
import { wrongValues } from './modbus/wrong-values.ts';

export const parts: Part[] = [...requests, jitter, silentNotice, coreShare, mostTags, writes, ...recovery, besideDeadUnit, wrongValues];
