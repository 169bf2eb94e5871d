/** Pictures: from a camera's JPEG to a decision, without holding the gateway up. */
import type { Part } from './entry.ts';
import { board } from './vision/board.ts';
import { endToEnd } from './vision/end-to-end.ts';
import { loopDelay } from './vision/loop-delay.ts';
import { memorySlope } from './vision/memory.ts';
import { prepareTime } from './vision/prepare.ts';

export const parts: Part[] = [prepareTime, loopDelay, endToEnd, memorySlope, board];
