import { setImmediate as othersTurn } from 'node:timers/promises';
import { LinewatchError } from '../../shared/errors.ts';
import type { Box, ImageInfo } from '../../shared/messages.ts';
import { elementCount, type Tensor } from '../../shared/tensor.ts';
import { channelsOf, emptyTensor, fillRow } from './fill-tensor.ts';
import { defaultLimits, isRaw, type Limits, type PictureSource, type Region, regionOf, type Size } from './picture.ts';
import { placementOf, planRow, planTiles, type RowPlan } from './plan.ts';
import type { Preparation } from './preparation.ts';
import { resample } from './resample.ts';
import { type Header, readHeader, render } from './sharp.ts';

export interface PreparedPicture {
  /** One row a picture, tile or region. */
  tensor: Tensor;
  image: ImageInfo;
}

export interface PrepareOptions {
  /** The part of the picture that is looked at; all of it where there is none. */
  region?: Region | undefined;
  limits?: Partial<Limits>;
  /** For errors; default `msg.payload`. */
  property?: string;
}

/** Values of one tensor at most: 128 MB of float32, so that no number in a dialog makes a gateway run out of memory. */
export const MOST_VALUES = 2 ** 25;

/** Up to so many pixels are resized exactly as Pillow does it; larger pictures are shrunk by libvips, out of Node-RED's thread. */
const SMALL_PIXELS = 2 ** 16;

/** A line of 1 × 65,536 pixels is small, but not what is between its two directions when it becomes 8000 wide. */
const MOST_BETWEEN = 2 ** 22;

/**
 * Makes a model's input of a picture: [1, 3, H, W] or as `preparation` says, or one row a tile.
 * @throws LinewatchError picture-…
 */
export async function preparePicture(
  source: PictureSource,
  preparation: Preparation,
  { region, ...options }: PrepareOptions = {},
): Promise<PreparedPicture> {
  const picture = await open(source, options);
  const [prepared] = await prepareAll([picture], preparation, (one) => planPicture(one.header, region, preparation));
  return prepared as PreparedPicture;
}

/**
 * One row of a tensor for each region of one picture, which is decoded once. Rows of different widths (`width` 0) are padded to the widest.
 * @param regions at least one
 * @throws LinewatchError picture-…
 */
export async function prepareRegions(
  source: PictureSource,
  regions: readonly Region[],
  preparation: Preparation,
  options: Omit<PrepareOptions, 'region'> = {},
): Promise<PreparedPicture> {
  const picture = await open(source, options);
  const plan = (one: Opened) => regions.map((region) => planRow(regionOf(one.header, region), preparation));
  const [prepared] = await prepareAll([picture], preparation, plan);
  return prepared as PreparedPicture;
}

/**
 * Several pictures as the rows of one tensor, padded to the widest and highest where sides are free.
 * @param sources at least one
 * @returns the tensor, and of each picture what is known of it, in its order
 * @throws LinewatchError picture-…, naming the picture by its index
 */
export async function prepareBatch(
  sources: readonly PictureSource[],
  preparation: Preparation,
  { region, property = 'msg.payload', ...options }: PrepareOptions = {},
): Promise<{ tensor: Tensor; images: ImageInfo[] }> {
  const pictures: Opened[] = [];
  for (const [index, source] of sources.entries()) pictures.push(await open(source, { ...options, property: `${property}[${index}]` }));
  const prepared = await prepareAll(pictures, preparation, (one) => planPicture(one.header, region, preparation));
  return { tensor: (prepared[0] as PreparedPicture).tensor, images: prepared.map(({ image }) => image) };
}

interface Opened {
  source: PictureSource;
  header: Header;
  limits: Limits;
  property: string;
}

async function open(source: PictureSource, { limits, property = 'msg.payload' }: Omit<PrepareOptions, 'region'>): Promise<Opened> {
  const all = { ...defaultLimits, ...limits };
  return { source, header: await readHeader(source, all, property), limits: all, property };
}

function planPicture(header: Header, region: Region | undefined, preparation: Preparation): RowPlan[] {
  const seen = regionOf(header, region);
  const { tiles, width, height } = preparation;
  return tiles !== undefined && width > 0 && height > 0 ? planTiles(seen, preparation, tiles.overlap) : [planRow(seen, preparation)];
}

/** All rows of all pictures in one tensor; each picture's result has it whole. */
async function prepareAll(pictures: Opened[], preparation: Preparation, plan: (picture: Opened) => RowPlan[]): Promise<PreparedPicture[]> {
  const planned = pictures.map(plan);
  const rows = planned.flat();
  const width = Math.max(...rows.map((row) => row.width));
  const height = Math.max(...rows.map((row) => row.height));
  const values = elementCount([rows.length, channelsOf(preparation), height, width]);
  if (values > MOST_VALUES) {
    const dims = [rows.length, channelsOf(preparation), height, width].join('×');
    throw new LinewatchError('picture-tensor', { dims, most: Math.floor(MOST_VALUES / 1e6) });
  }
  const tensor = emptyTensor(rows.length, width, height, preparation);
  const prepared: PreparedPicture[] = [];
  let first = 0;
  for (const [index, picture] of pictures.entries()) {
    const own = (planned[index] as RowPlan[]).map((row) => ({ ...row, width, height }));
    await writeRows(tensor, first, picture, own, preparation);
    first += own.length;
    prepared.push({ tensor, image: imageInfo(picture, own) });
  }
  return prepared;
}

async function writeRows(tensor: Tensor, first: number, picture: Opened, rows: RowPlan[], preparation: Preparation): Promise<void> {
  const { header, limits, property } = picture;
  // Several regions: the part of the picture that has them all is decoded once, and they are taken from it.
  const around = rows.length > 1 ? bounds(rows.map(({ region }) => region)) : undefined;
  const shared =
    around &&
    (await render(picture.source, header, { region: around, scaled: around, cut: atOrigin(around) }, preparation, limits, property));
  for (const [index, plan] of rows.entries()) {
    if (shared !== undefined && plan.scaled.width === plan.region.width && plan.scaled.height === plan.region.height) {
      const corner = { x: plan.region.x - (around?.x ?? 0) + plan.cut.x, y: plan.region.y - (around?.y ?? 0) + plan.cut.y };
      await inSlices(fillRow(tensor, first + index, shared, corner, plan, preparation));
      continue;
    }
    const from = shared ?? picture.source;
    const of = shared === undefined ? header : { ...header, width: shared.width, height: shared.height, hasAlpha: false, isCmyk: false };
    const region = { ...plan.region, x: plan.region.x - (around?.x ?? 0), y: plan.region.y - (around?.y ?? 0) };
    const pixels = await resized({ ...picture, source: from, header: of }, { ...plan, region }, preparation);
    await inSlices(fillRow(tensor, first + index, pixels, { x: 0, y: 0 }, plan, preparation));
  }
}

/** The part of a region that a row shows, as large as it is there. */
async function resized({ source, header, limits, property }: Opened, { region, scaled, cut }: RowPlan, preparation: Preparation) {
  const isSmall = region.width * region.height <= SMALL_PIXELS && cut.width * region.height <= MOST_BETWEEN;
  // libvips shrinks; what is enlarged, or small, is resized by ourselves.
  const between = {
    width: isSmall ? region.width : Math.min(region.width, scaled.width),
    height: isSmall ? region.height : Math.min(region.height, scaled.height),
  };
  if (between.width === scaled.width && between.height === scaled.height) {
    return render(source, header, { region, scaled, cut }, preparation, limits, property);
  }
  const pixels = await render(source, header, { region, scaled: between, cut: atOrigin(between) }, preparation, limits, property);
  return inSlices(resample(pixels, scaled, cut, preparation.kernel));
}

/** Between slices Node-RED does what else there is to do. */
async function inSlices<T>(slices: Generator<void, T>): Promise<T> {
  for (;;) {
    const { done, value } = slices.next();
    if (done === true) return value;
    await othersTurn();
  }
}

function imageInfo({ source, header }: Opened, rows: RowPlan[]): ImageInfo {
  const placements = rows.map(placementOf);
  return {
    ...(isRaw(source) ? {} : { buffer: source }),
    width: header.width,
    height: header.height,
    placement: placements[0] as ImageInfo['placement'],
    ...(placements.length > 1 ? { placements } : {}),
  };
}

function bounds(boxes: Box[]): Box {
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}

function atOrigin({ width, height }: Size): Box {
  return { x: 0, y: 0, width, height };
}
