/**
 * Draws boards of our own in the style of those that `pcb-defect` learned from: for the example, for tests and to try things out.
 * `node models/train-pcb-defect/draw-board.ts FOLDER` writes `good.png`, `board-1.png` … `board-6.png` and `defects.json`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { seededRandom } from '../../nodes/shared/random.ts';
import { type Defect, defectTypes, spoil } from './boards/defects.ts';
import { layOut } from './boards/layout.ts';
import { type Board, draw, GAP, SIDE } from './boards/shapes.ts';

/**
 * A good board and boards of the same layout with defects of all six types, edges etched a little differently on each.
 * @param seed the same seed gives the same pictures
 * @param etching another number gives the same boards with other edges
 */
export function drawBoards(seed: number, count = 6, etching = 0): { good: Board; tests: { board: Board; defects: Defect[] }[] } {
  const layout = layOut(seededRandom(seed));
  const etch = (number: number) => {
    const board: Board = new Uint8Array(SIDE * SIDE).fill(GAP);
    draw(board, layout.shapes, seededRandom(seed * 1000 + etching * 100 + number));
    return board;
  };
  const tests = Array.from({ length: count }, (_, number) => {
    const board = etch(number + 1);
    const random = seededRandom(seed * 1000 + 500 + number);
    const defects: Defect[] = [];
    for (const type of defectTypes) {
      const defect = spoil(board, layout, type, defects, random);
      if (defect !== undefined) defects.push(defect);
    }
    return { board, defects };
  });
  return { good: etch(0), tests };
}

/** A PNG of two colours, a few kB (PNG specification, third edition, w3.org/TR/png-3: one bit a pixel, a filter byte a row). */
export function encodePng(board: Board): Buffer {
  const row = SIDE / 8 + 1;
  const bits = Buffer.alloc(row * SIDE);
  for (const [i, value] of board.entries()) {
    if (value >= 128) (bits[Math.floor(i / SIDE) * row + 1 + ((i % SIDE) >> 3)] as number) |= 0x80 >> (i & 7);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE, 0);
  header.writeUInt32BE(SIDE, 4);
  header[8] = 1; // bits a pixel, grey
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(bits, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

if (import.meta.main) {
  const folder = process.argv[2];
  if (folder === undefined) throw new Error('which folder? node models/train-pcb-defect/draw-board.ts FOLDER');
  mkdirSync(folder, { recursive: true });
  const { good, tests } = drawBoards(Number(process.argv[3] ?? 1));
  writeFileSync(join(folder, 'good.png'), encodePng(good));
  for (const [i, { board }] of tests.entries()) writeFileSync(join(folder, `board-${i + 1}.png`), encodePng(board));
  writeFileSync(
    join(folder, 'defects.json'),
    `${JSON.stringify(Object.fromEntries(tests.map(({ defects }, i) => [`board-${i + 1}.png`, defects])), undefined, 2)}\n`,
  );
}
