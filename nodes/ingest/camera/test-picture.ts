/** A moving picture that needs no camera: colour bars, a part that goes by on a belt, a clock. */

const BLACK = 0;
const WHITE = 1;
const BELT = 2;
const PART = 3;
const BARS = [1, 4, 5, 6, 7, 8, 9, 0] as const;

/** Colour bars at 75 %, the order of EBU Tech 3325. */
export const testPalette = [
  [0, 0, 0],
  [255, 255, 255],
  [70, 74, 80],
  [235, 120, 30],
  [191, 191, 0],
  [0, 191, 191],
  [0, 191, 0],
  [191, 0, 191],
  [191, 0, 0],
  [0, 0, 191],
] as const;

/** 3 × 5 dots a sign, a row an octal digit from the top. */
const SIGNS: Record<string, string> = {
  '0': '75557',
  '1': '26227',
  '2': '71747',
  '3': '71717',
  '4': '55711',
  '5': '74717',
  '6': '74757',
  '7': '71111',
  '8': '75757',
  '9': '75717',
  '-': '00700',
  ':': '02020',
  '.': '00002',
  ' ': '00000',
};

/** So long takes a part from the left end of the belt to the right one. */
export const PASSAGE_MS = 4000;

/**
 * @param timeMs epoch ms: the same time gives the same picture; the clock shows UTC
 * @returns indices into `testPalette`, [height, width]
 */
export function drawTestPicture(width: number, height: number, timeMs: number): Uint8Array {
  const pixels = new Uint8Array(width * height);
  const fill = (x: number, y: number, w: number, h: number, colour: number) => {
    const left = Math.max(0, Math.round(x));
    const right = Math.min(width, Math.round(x + w));
    for (let row = Math.max(0, Math.round(y)); row < Math.min(height, Math.round(y + h)); row++) {
      if (right > left) pixels.fill(colour, row * width + left, row * width + right);
    }
  };
  const barsHeight = height * 0.5;
  for (const [index, colour] of BARS.entries()) fill((index * width) / BARS.length, 0, width / BARS.length + 1, barsHeight, colour);
  fill(0, barsHeight, width, height * 0.3, BELT);
  const side = height * 0.18;
  const phase = (timeMs % PASSAGE_MS) / PASSAGE_MS;
  fill(phase * (width + side) - side, height * 0.56, side, side, PART);

  const text = new Date(timeMs).toISOString().slice(0, 21).replace('T', ' ');
  const dot = Math.max(1, Math.floor(Math.min(width / (text.length * 4 + 2), (height * 0.2) / 7)));
  const top = height * 0.8 + (height * 0.2 - 5 * dot) / 2;
  const start = (width - text.length * 4 * dot) / 2;
  fill(0, height * 0.8, width, height * 0.2, BLACK);
  for (const [at, sign] of [...text].entries()) {
    for (const [row, octal] of [...(SIGNS[sign] ?? (SIGNS[' '] as string))].entries()) {
      for (let column = 0; column < 3; column++) {
        if (Number(octal) & (4 >> column)) fill(start + (at * 4 + column) * dot, top + row * dot, dot, dot, WHITE);
      }
    }
  }
  return pixels;
}
