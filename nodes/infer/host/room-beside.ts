import { stat } from 'node:fs/promises';
import { availableMemory } from 'node:process';
import { residentMb } from './resident-memory.ts';

/** So many times its own size must be free for a model to be loaded beside the one that serves. */
const ROOM = 1.5;

/** Whether memory has room for a second process like this one, beside it. @param pid the process that serves */
export async function hasRoomBeside(pid: number | undefined, path: string): Promise<boolean> {
  const fileMb = (await stat(path)).size / 2 ** 20;
  const usedMb = pid === undefined ? 0 : ((await residentMb(pid)) ?? 0);
  return availableMemory() / 2 ** 20 >= ROOM * Math.max(fileMb, usedMb);
}
