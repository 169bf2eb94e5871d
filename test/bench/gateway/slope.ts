import { median } from '../../../nodes/shared/statistics.ts';

/** Theil–Sen (Sen 1968): the median of the slopes between all pairs of points, which single outliers do not move. */
export function slope(points: readonly { x: number; y: number }[]): number {
  const slopes: number[] = [];
  points.forEach((from, index) => {
    for (const to of points.slice(index + 1)) slopes.push((to.y - from.y) / (to.x - from.x));
  });
  return median(slopes);
}
