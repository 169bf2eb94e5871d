import type { Box, Placement } from '../../shared/messages.ts';
import type { Size } from './picture.ts';
import type { Preparation } from './preparation.ts';

/** How one region of a picture comes to lie in a model's input: resized, cut, and put at a place of it. */
export interface RowPlan {
  /** Whole pixels of the upright picture. */
  region: Box;
  /** What the region is resized to. */
  scaled: Size;
  /** The part of it that is used, and where its corner comes to lie. */
  cut: Box;
  left: number;
  top: number;
  /** The input's size. */
  width: number;
  height: number;
}

/**
 * Where a region goes. Rounded as the training code of the models does it, so that the same pixels come out:
 * `letterbox` as ultralytics (LetterBox), `contain` as YOLOX (preproc), `cover` as torchvision (Resize, CenterCrop), `stretch` with
 * sides of 0 as PaddleOCR (DetResizeForTest).
 */
export function planRow(region: Box, preparation: Preparation): RowPlan {
  const { fit, crop } = preparation;
  const free = preparation.width === 0 || preparation.height === 0;
  if (free) return planFree(region, preparation);
  const { width, height } = preparation;
  const whole = (scaled: Size, left: number, top: number): RowPlan => ({ region, scaled, cut: all(scaled), left, top, width, height });
  if (fit === 'stretch') return whole({ width, height }, 0, 0);
  if (fit === 'cover') {
    const scale = Math.max(width / region.width, height / region.height) / crop;
    const scaled = { width: Math.max(width, floor(region.width * scale)), height: Math.max(height, floor(region.height * scale)) };
    const cut = { x: halfEven((scaled.width - width) / 2), y: halfEven((scaled.height - height) / 2), width, height };
    return { region, scaled, cut, left: 0, top: 0, width, height };
  }
  const scale = Math.min(width / region.width, height / region.height);
  const round = fit === 'contain' ? floor : halfEven;
  const scaled = {
    width: Math.min(width, Math.max(1, round(region.width * scale))),
    height: Math.min(height, Math.max(1, round(region.height * scale))),
  };
  if (fit === 'contain') return whole(scaled, 0, 0);
  return whole(scaled, centred(width - scaled.width), centred(height - scaled.height));
}

/** One or both sides follow the picture. */
function planFree(region: Box, { width: wide, height: high, multipleOf, most, fit }: Preparation): RowPlan {
  const scale = wide > 0 ? wide / region.width : high > 0 ? high / region.height : 1;
  const bound = most > 0 ? most : Number.POSITIVE_INFINITY;
  // With both sides free the picture shrinks as a whole; with one given, only the other may be too long, and is pressed together.
  const shrink = wide === 0 && high === 0 ? Math.min(1, bound / Math.max(region.width, region.height)) : scale;
  const side = (given: number, length: number) => (given > 0 ? given : Math.max(1, Math.min(bound, Math.round(length * shrink))));
  const scaled = { width: side(wide, region.width), height: side(high, region.height) };
  if (fit === 'stretch') {
    const nearest = (given: number, length: number) => (given > 0 ? given : Math.max(1, Math.round(length / multipleOf)) * multipleOf);
    const { width, height } = { width: nearest(wide, scaled.width), height: nearest(high, scaled.height) };
    return { region, scaled: { width, height }, cut: all({ width, height }), left: 0, top: 0, width, height };
  }
  const up = (given: number, length: number) => (given > 0 ? given : Math.ceil(length / multipleOf) * multipleOf);
  const { width, height } = { width: up(wide, scaled.width), height: up(high, scaled.height) };
  const left = fit === 'letterbox' ? centred(width - scaled.width) : 0;
  const top = fit === 'letterbox' ? centred(height - scaled.height) : 0;
  return { region, scaled, cut: all(scaled), left, top, width, height };
}

/**
 * Tiles of the input's size that cover a region at its own size, row by row; the last of a row or column is flush with the edge. A
 * region that is smaller than a tile is padded, at the right and below.
 * @param overlap of neighbours, pixels; at most half a tile is used
 */
export function planTiles(region: Box, { width, height }: Preparation, overlap: number): RowPlan[] {
  const starts = (length: number, tile: number) => {
    if (length <= tile) return [0];
    const step = tile - Math.min(Math.max(0, overlap), Math.floor(tile / 2));
    const count = Math.ceil((length - tile) / step) + 1;
    return Array.from({ length: count }, (_, index) => Math.min(index * step, length - tile));
  };
  const columns = starts(region.width, width);
  return starts(region.height, height).flatMap((y) =>
    columns.map((x) => {
      const scaled = { width: Math.min(width, region.width), height: Math.min(height, region.height) };
      return { region: { x: region.x + x, y: region.y + y, ...scaled }, scaled, cut: all(scaled), left: 0, top: 0, width, height };
    }),
  );
}

/** Where a planned row's pixels lie in the picture. */
export function placementOf({ region, scaled, cut, left, top, width, height }: RowPlan): Placement {
  const scaleX = region.width / scaled.width;
  const scaleY = region.height / scaled.height;
  const [x, y] = [region.x + cut.x * scaleX, region.y + cut.y * scaleY];
  const seen = { x, y, width: cut.width * scaleX, height: cut.height * scaleY };
  return { width, height, x: x - left * scaleX, y: y - top * scaleY, scaleX, scaleY, region: seen };
}

function all({ width, height }: Size): Box {
  return { x: 0, y: 0, width, height };
}

/** An odd pixel of padding goes right or below. */
function centred(rest: number): number {
  return Math.floor(rest / 2);
}

/** 255.99999999 is a rounding error of 256. */
function floor(value: number): number {
  return Math.floor(value + 1e-6);
}

/** As Python rounds. */
function halfEven(value: number): number {
  const down = Math.floor(value);
  return value - down > 0.5 || (value - down === 0.5 && down % 2 === 1) ? down + 1 : down;
}
