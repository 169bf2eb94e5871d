import type { PriorGrid } from './setup.ts';

/** Boxes that offsets are relative to, [x, y, width, height] each: centre and size, 0..1 of the model's input. */
export type PriorBoxes = Float32Array;

/**
 * The priors of SSD and its kin: for each level, cell by cell, a square of each size, perhaps one of √(size · next), and for each ratio r one √r
 * times as wide and as high and one turned round (Liu et al., 2016, section 2.2).
 */
export function gridPriors({ strides, sizes, nextSizes, ratios }: PriorGrid, width: number, height: number): PriorBoxes {
  const priors: number[] = [];
  strides.forEach((stride, level) => {
    const sides = sizes[level] as number[];
    const next = nextSizes?.[level];
    const shapes = sides.flatMap((side): [number, number][] => [
      [side, side],
      ...(next === undefined ? [] : ([[Math.sqrt(side * next), Math.sqrt(side * next)]] as [number, number][])),
      ...(ratios?.[level] ?? []).flatMap((ratio): [number, number][] => [
        [side * Math.sqrt(ratio), side / Math.sqrt(ratio)],
        [side / Math.sqrt(ratio), side * Math.sqrt(ratio)],
      ]),
    ]);
    for (let y = 0; y < Math.ceil(height / stride); y++) {
      for (let x = 0; x < Math.ceil(width / stride); x++) {
        for (const [wide, high] of shapes) {
          priors.push(((x + 0.5) * stride) / width, ((y + 0.5) * stride) / height, wide / width, high / height);
        }
      }
    }
  });
  return Float32Array.from(priors);
}

/**
 * MediaPipe's anchors for its short range face detectors: 16 × 16 cells with two, 8 × 8 with six; all as large as the input, so that its offsets
 * count in pixels (mediapipe/modules/face_detection/face_detection_short_range.pbtxt).
 */
export function blazeFacePriors(): PriorBoxes {
  const priors: number[] = [];
  for (const [cells, each] of [
    [16, 2],
    [8, 6],
  ] as const) {
    for (let cell = 0; cell < cells * cells; cell++) {
      for (let anchor = 0; anchor < each; anchor++) {
        priors.push(((cell % cells) + 0.5) / cells, (Math.floor(cell / cells) + 0.5) / cells, 1, 1);
      }
    }
  }
  return Float32Array.from(priors);
}
