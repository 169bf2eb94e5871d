import type { Clock } from '../../shared/clock.ts';
import { indexedPng } from './png.ts';
import type { PictureSource } from './source.ts';
import { drawTestPicture, testPalette } from './test-picture.ts';

/** Generated pictures, PNG. */
export function testSource(width: number, height: number, clock: Clock): PictureSource {
  return {
    async next() {
      const bytes = await indexedPng(width, height, drawTestPicture(width, height, clock.now()), testPalette);
      return { bytes, kind: { type: 'image/png', width, height, isWhole: true } };
    },
    close: async () => {},
  };
}
