/** How many of the defects of boards that nothing was trained or chosen on are found, and how many of what is found are defects. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from '../entry.ts';

const models = join(import.meta.dirname, '..', '..', '..', 'models');
const script = join(models, 'train-pcb-defect', 'evaluate.ts');

export const board: Part = {
  entries: ['vision.board-recall', 'vision.board-precision'],
  async run(report) {
    const data = process.env.LINEWATCH_DATA;
    if (data === undefined || !existsSync(join(data, 'deeppcb'))) {
      console.log('vision.board: skipped, LINEWATCH_DATA names no folder with deeppcb/ (pictures of boards, and their defects)');
      return;
    }
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
    const [, recall, precision] = /recall ([\d.]+) %, precision ([\d.]+) %/.exec(stdout) ?? [];
    if (status !== 0 || recall === undefined || precision === undefined) throw new Error(`${script}: ${stderr || stdout}`);
    console.log(stdout.trim());
    report({ name: 'vision.board-recall', value: Number(recall) / 100, unit: 'of the defects' });
    report({ name: 'vision.board-precision', value: Number(precision) / 100, unit: 'of the boxes' });
  },
};
