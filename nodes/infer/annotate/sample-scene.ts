import type { Scene } from './annotate-message.ts';

const WIDTH = 960;
const HEIGHT = 600;

/**
 * A made-up picture with made-up finds, for a dialog that has seen no picture yet.
 * @param labels names of the first finds; others follow
 */
export function sampleScene(labels: readonly string[]): Scene {
  const names = [...new Set([...labels, 'scratch', 'dent', 'screw', 'PMP-1042A', 'person', 'OK'])]
    .filter((name) => name !== '')
    .slice(0, 6);
  const objects = names.map((label, index) => ({
    label,
    score: 0.97 - 0.06 * index,
    box: { x: 60 + 300 * (index % 3), y: 80 + 270 * Math.floor(index / 3), width: 200, height: 150 },
  }));
  const zoneOutlines: Record<string, [number, number][]> = {
    A: [
      [640, 330],
      [930, 310],
      [940, 580],
      [600, 560],
    ],
  };
  const map = { type: 'float32', dims: [10, 16], data: Float32Array.from({ length: 160 }, warmth) };
  return { picture: plate(), result: { objects, zoneOutlines, zones: { A: 1 }, map }, image: { width: WIDTH, height: HEIGHT } };
}

/** One warm place a little right of the middle. */
function warmth(_: unknown, index: number): number {
  const [x, y] = [(index % 16) - 8.6, Math.floor(index / 16) - 4.6];
  return Math.exp(-(x * x + y * y) / 2.5);
}

/** Brushed metal, lit from the left. */
function plate() {
  const data = new Uint8Array(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    const grain = 8 * Math.sin(y * 1.7) + 6 * Math.sin(y * 0.37);
    for (let x = 0; x < WIDTH; x++) data[y * WIDTH + x] = 165 - (60 * x) / WIDTH + grain;
  }
  return { width: WIDTH, height: HEIGHT, channels: 1 as const, data };
}
