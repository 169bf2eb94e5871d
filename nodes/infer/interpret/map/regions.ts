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
 * The parts of a map that reach a threshold, pixels being neighbours by edge or corner, in the order of their first pixels. Rows are cut into
 * runs, and runs that touch are joined (union-find): each pixel is looked at once, also where the whole map is one region.
 * @param values row-major, [height, width]; NaN is below any threshold
 * @param least pixels of a region at least
 */
export function regionsAbove(values: Float32Array, width: number, height: number, threshold: number, least = 1): MapRegion[] {
  const runs = runsAbove(values, width, height, threshold);
  const pixels = new Int32Array(runs.count);
  for (let run = 0; run < runs.count; run++) {
    const root = rootOf(runs.parent, run);
    pixels[root] = (pixels[root] as number) + (runs.end[run] as number) - (runs.start[run] as number);
  }
  const regions = new Map<number, MapRegion>();
  const none = new Int32Array(0);
  // The first run of a region is its root, and its topmost.
  eachRun(runs, (run, root, row) => {
    const [start, end] = [runs.start[run] as number, runs.end[run] as number];
    if (run === root && regions.size < MOST_REGIONS && (pixels[run] as number) >= least) {
      const largest = Number.NEGATIVE_INFINITY;
      regions.set(run, {
        left: start,
        top: row,
        right: end,
        bottom: row,
        pixels: pixels[run] as number,
        largest,
        starts: none,
        ends: none,
      });
    }
    const region = regions.get(root);
    if (region === undefined) return;
    region.left = Math.min(region.left, start);
    region.right = Math.max(region.right, end);
    region.bottom = row + 1;
    let { largest } = region;
    for (let at = row * width + start; at < row * width + end; at++) if ((values[at] as number) > largest) largest = values[at] as number;
    region.largest = largest;
  });
  for (const region of regions.values()) {
    region.starts = new Int32Array(region.bottom - region.top).fill(width);
    region.ends = new Int32Array(region.bottom - region.top).fill(-1);
  }
  eachRun(runs, (run, root, row) => {
    const region = regions.get(root);
    if (region === undefined) return;
    const at = row - region.top;
    region.starts[at] = Math.min(region.starts[at] as number, runs.start[run] as number);
    region.ends[at] = Math.max(region.ends[at] as number, (runs.end[run] as number) - 1);
  });
  return [...regions.values()];
}

/** Pixels beside each other in one row, row by row. */
interface Runs {
  count: number;
  /** First column, and behind the last. */
  start: Int32Array;
  end: Int32Array;
  /** An earlier run of the same region, or itself. */
  parent: Int32Array;
  /** The first run of each row, and behind the last. */
  ofRow: Int32Array;
}

function runsAbove(values: Float32Array, width: number, height: number, threshold: number): Runs {
  const runs: Runs = {
    count: 0,
    start: new Int32Array(256),
    end: new Int32Array(256),
    parent: new Int32Array(256),
    ofRow: new Int32Array(height + 1),
  };
  for (let row = 0; row < height; row++) {
    let above = row === 0 ? 0 : (runs.ofRow[row - 1] as number);
    const behindAbove = runs.count;
    runs.ofRow[row] = runs.count;
    for (let column = 0; column < width; column++) {
      if (!((values[row * width + column] as number) >= threshold)) continue;
      const start = column;
      while (column < width && (values[row * width + column] as number) >= threshold) column++;
      const run = addRun(runs, start, column);
      // Those of the row above that end before this one begins touch no later one either.
      while (above < behindAbove && (runs.end[above] as number) < start) above++;
      for (let other = above; other < behindAbove && (runs.start[other] as number) <= column; other++) join(runs.parent, run, other);
    }
  }
  runs.ofRow[height] = runs.count;
  return runs;
}

function addRun(runs: Runs, start: number, end: number): number {
  if (runs.count === runs.start.length) {
    const wider = (list: Int32Array) => {
      const more = new Int32Array(list.length * 2);
      more.set(list);
      return more;
    };
    runs.start = wider(runs.start);
    runs.end = wider(runs.end);
    runs.parent = wider(runs.parent);
  }
  const run = runs.count++;
  runs.start[run] = start;
  runs.end[run] = end;
  runs.parent[run] = run;
  return run;
}

function rootOf(parent: Int32Array, run: number): number {
  let root = run;
  while (parent[root] !== root) {
    // Halves the way for the next one.
    parent[root] = parent[parent[root] as number] as number;
    root = parent[root] as number;
  }
  return root;
}

/** The earlier root stays the root. */
function join(parent: Int32Array, one: number, other: number): void {
  const [first, second] = [rootOf(parent, one), rootOf(parent, other)];
  if (first < second) parent[second] = first;
  else parent[first] = second;
}

function eachRun({ ofRow, parent }: Runs, act: (run: number, root: number, row: number) => void): void {
  for (let row = 0; row < ofRow.length - 1; row++) {
    for (let run = ofRow[row] as number; run < (ofRow[row + 1] as number); run++) act(run, rootOf(parent, run), row);
  }
}
