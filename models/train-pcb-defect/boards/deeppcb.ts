/** DeepPCB (MIT, github.com/tangsanli5201/DeepPCB): pairs of board pictures with labelled defects. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Defect } from './defects.ts';
import { defectTypes } from './defects.ts';

export interface LabelledBoard {
  name: string;
  /** JPEG files. */
  picture: Buffer;
  good: Buffer;
  defects: Defect[];
}

/**
 * The boards of one group, read one by one.
 * @param folder that holds group44000/ and so on
 */
export function* readGroup(folder: string, group: string): Generator<LabelledBoard> {
  const pictures = join(folder, `group${group}`, group);
  const names = readdirSync(pictures).filter((file) => file.endsWith('_test.jpg'));
  for (const name of names.map((file) => file.replace('_test.jpg', '')).sort()) {
    yield {
      name,
      picture: readFileSync(join(pictures, `${name}_test.jpg`)),
      good: readFileSync(join(pictures, `${name}_temp.jpg`)),
      defects: parseLabels(readFileSync(join(folder, `group${group}`, `${group}_not`, `${name}.txt`), 'utf8')),
    };
  }
}

/** Lines `x1 y1 x2 y2 type`: pixels, types from 1. */
function parseLabels(text: string): Defect[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, type = 0] = line.trim().split(/[ ,]+/).map(Number);
      const label = defectTypes[type - 1];
      if (label === undefined) throw new Error(`a defect of type ${type}: ${line}`);
      return { label, box: { x: x1, y: y1, width: x2 - x1, height: y2 - y1 } };
    });
}
