/** The inference host: a model can never take the gateway down, or hold it up. */
import type { Part } from './entry.ts';
import { addedLatency } from './host/added-latency.ts';
import { deadlineOverrun } from './host/deadline.ts';
import { kill } from './host/kill.ts';
import { loopDelay } from './host/loop-delay.ts';
import { memoryPerModel } from './host/memory-per-model.ts';
import { neighbour } from './host/neighbour.ts';
import { smallModelThroughput } from './host/small-model.ts';
import { soak } from './host/soak.ts';
import { swap } from './host/swap.ts';
import { testdata } from './host/testdata.ts';
import { mobilenetThroughput, resnetThroughput } from './host/throughput.ts';

export const parts: Part[] = [
  loopDelay,
  resnetThroughput,
  mobilenetThroughput,
  smallModelThroughput,
  addedLatency,
  swap,
  memoryPerModel,
  deadlineOverrun,
  neighbour,
  kill,
  testdata,
  soak,
];
