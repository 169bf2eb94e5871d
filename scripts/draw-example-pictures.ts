/**
 * Draws the pictures that the examples 09 and 11 look at: `node scripts/draw-example-pictures.ts` writes resources/boards and resources/labels.
 * Drawn, not photographed: anybody may copy them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Defect, defectTypes, spoil } from '../models/train-pcb-defect/boards/defects.ts';
import { layOut } from '../models/train-pcb-defect/boards/layout.ts';
import { type Board, draw, GAP, SIDE } from '../models/train-pcb-defect/boards/shapes.ts';
import { encodePng } from '../models/train-pcb-defect/draw-board.ts';
import { textRun } from '../nodes/media/image/draw-text.ts';
import { loadSharp } from '../nodes/media/image/sharp.ts';
import { seededRandom } from '../nodes/shared/random.ts';

const resources = join(import.meta.dirname, '..', 'resources');
const SEED = 7;

/** How many defects each board of the line has, in their order. */
const defectsOf = [0, 2, 0, 3, 1, 0];

function drawBoards(folder: string): void {
  mkdirSync(join(folder, 'line'), { recursive: true });
  const layout = layOut(seededRandom(SEED));
  const etch = (seed: number) => {
    const board: Board = new Uint8Array(SIDE * SIDE).fill(GAP);
    draw(board, layout.shapes, seededRandom(seed));
    return board;
  };
  writeFileSync(join(folder, 'good.png'), encodePng(etch(SEED * 1000)));
  for (const [index, count] of defectsOf.entries()) {
    const board = etch(SEED * 1000 + index + 1);
    const random = seededRandom(SEED * 2000 + index);
    const types = defectTypes.map((_, at) => defectTypes[(at + 2 * index) % defectTypes.length] as (typeof defectTypes)[number]);
    const defects: Defect[] = [];
    for (const type of types) {
      if (defects.length === count) break;
      const defect = spoil(board, layout, type, defects, random);
      if (defect !== undefined) defects.push(defect);
    }
    console.log(`board-${index + 1}: ${defects.map(({ label }) => label).join(', ') || 'good'}`);
    writeFileSync(join(folder, 'line', `board-${index + 1}.png`), encodePng(board));
  }
}

/** Lines of each label, and by how many degrees it sits askew. */
const labels: [lines: string[], degrees: number][] = [
  [['PMP-1042A', '7.1 mm/s  2950 1/min', 'No. 20261104'], 0],
  [['PMP-1042A', '7.1 mm/s  2950 1/min', 'No. 20261105'], 2],
  [['PMP-1047B', '4.5 mm/s  1450 1/min', 'No. 20261106'], -1],
  [['PMP-1042A', '7.1 mm/s  2950 1/min', 'No. 20261107'], -2],
  [[], 1],
];

async function drawLabels(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const sharp = await loadSharp();
  for (const [index, [lines, degrees]] of labels.entries()) {
    const texts = lines.map((line, row) =>
      textRun([...line], row === 0 ? 74 : 44, new Set()).svg(110, 105 + (row === 0 ? 0 : 30 + row * 64), '#222'),
    );
    const plate = '<rect x="70" y="70" width="500" height="260" rx="14" fill="#f2f2ee" stroke="#555" stroke-width="3"/>';
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="400"><rect width="640" height="400" fill="#7d8791"/><g transform="rotate(${degrees} 320 200)">${plate}${texts.join('')}</g></svg>`;
    const png = await sharp(Buffer.from(svg)).removeAlpha().png({ palette: true, colours: 16, compressionLevel: 9, effort: 10 }).toBuffer();
    console.log(`label-${index + 1}: ${lines.join(' / ') || 'blank'}, ${png.length} bytes`);
    writeFileSync(join(folder, `label-${index + 1}.png`), png);
  }
}

drawBoards(join(resources, 'boards'));
await drawLabels(join(resources, 'labels'));
