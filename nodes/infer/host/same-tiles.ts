import { LinewatchError } from '../../shared/errors.ts';
import type { PreparedImage } from './protocol.ts';

/**
 * Tiles of several pictures go through a model in pairs: where the pictures are cut differently, each would be compared with another place.
 * @param images by input; of those that are cut into tiles
 * @throws LinewatchError model-tiles
 */
export function checkSameTiles(images: Record<string, PreparedImage>): void {
  const [first, ...others] = Object.entries(images);
  if (first === undefined) return;
  for (const other of others) {
    if (tilesOf(other[1]) === tilesOf(first[1])) continue;
    const size = ({ width, height }: PreparedImage) => `${width}×${height}`;
    throw new LinewatchError('model-tiles', { first: first[0], expected: size(first[1]), second: other[0], got: size(other[1]) });
  }
}

function tilesOf({ placement, placements = [placement] }: PreparedImage): string {
  return placements.map(({ x, y, region }) => [x, y, region.x, region.y, region.width, region.height].join(' ')).join();
}
