/** A connected part of a map, in its own pixels. */
export interface MapRegion {
  left: number;
  top: number;
  /** Behind the last column and row. */
  right: number;
  bottom: number;
  pixels: number;
  largest: number;
  /** The first and the last pixel of each of its rows from `top` on: all that its outline needs. */
  starts: Int32Array;
  ends: Int32Array;
}

/** What is beyond it is noise all over the picture: the map is searched no further. */
export const MOST_REGIONS = 3000;

/**
 * The parts of a map that reach a threshold, pixels being neighbours by edge or corner. Each pixel is visited once.
 * @param values row-major, [height, width]; NaN is below any threshold
 * @param least pixels of a region at least
 */
export function regionsAbove(values: Float32Array, width: number, height: number, threshold: number, least = 1): MapRegion[] {
  const seen = new Uint8Array(width * height);
  const waiting = new Int32Array(width * height);
  const regions: MapRegion[] = [];
  for (let start = 0; start < seen.length && regions.length < MOST_REGIONS; start++) {
    if (seen[start] === 1 || !((values[start] as number) >= threshold)) continue;
    const pixels = fill(values, width, height, threshold, start, seen, waiting);
    if (pixels >= least) regions.push(regionOf(values, width, waiting.subarray(0, pixels)));
  }
  return regions;
}

/** Writes the pixels that hang together with `start`. @returns how many */
function fill(
  values: Float32Array,
  width: number,
  height: number,
  threshold: number,
  start: number,
  seen: Uint8Array,
  pixels: Int32Array,
): number {
  let [next, end] = [0, 0];
  pixels[end++] = start;
  seen[start] = 1;
  while (next < end) {
    const pixel = pixels[next++] as number;
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
      for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
        const neighbour = row * width + column;
        if (seen[neighbour] === 1 || !((values[neighbour] as number) >= threshold)) continue;
        seen[neighbour] = 1;
        pixels[end++] = neighbour;
      }
    }
  }
  return end;
}

function regionOf(values: Float32Array, width: number, pixels: Int32Array): MapRegion {
  let [left, top, right, bottom, largest] = [width, Number.POSITIVE_INFINITY, 0, 0, Number.NEGATIVE_INFINITY];
  for (const pixel of pixels) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    if (x < left) left = x;
    if (x >= right) right = x + 1;
    if (y < top) top = y;
    if (y >= bottom) bottom = y + 1;
    largest = Math.max(largest, values[pixel] as number);
  }
  const starts = new Int32Array(bottom - top).fill(width);
  const ends = new Int32Array(bottom - top).fill(-1);
  for (const pixel of pixels) {
    const [x, row] = [pixel % width, Math.floor(pixel / width) - top];
    if (x < (starts[row] as number)) starts[row] = x;
    if (x > (ends[row] as number)) ends[row] = x;
  }
  return { left, top, right, bottom, pixels: pixels.length, largest, starts, ends };
}
