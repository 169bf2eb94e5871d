/** Which characters the fonts of this system have: a renderer draws a box for what is in none, and a label of boxes says nothing. */
import { escapeXml } from './draw-text.ts';
import { loadSharp } from './sharp.ts';

const SIDE = 48;
/** A picture with more new characters than this shows the others as question marks, once. */
const MOST_NEW = 256;
const MOST_KNOWN = 8192;

const known = new Map<string, boolean>();
const boxes = new Map<string, Promise<Ink>>();

/** How dark each pixel of a drawn character is, 0..255. */
type Ink = Uint8Array;

/** @returns those of the characters that the system's fonts have */
export async function systemCharacters(characters: readonly string[]): Promise<ReadonlySet<string>> {
  const fresh = characters.filter((character) => !known.has(character)).slice(0, MOST_NEW);
  if (known.size + fresh.length > MOST_KNOWN) known.clear();
  for (const character of fresh) known.set(character, await isInAFont(character));
  return new Set(characters.filter((character) => known.get(character)));
}

async function isInAFont(character: string): Promise<boolean> {
  const ink = await drawn(character);
  if (!ink.some((value) => value > 64)) return false;
  return !isBox(ink, await box((character.codePointAt(0) ?? 0) > 0xffff));
}

/**
 * Pango draws a frame with the code inside: what is dark with each of several characters that no font can have is the frame. The box for a
 * code of more than four digits is wider.
 */
function box(isWide: boolean): Promise<Ink> {
  const references = isWide ? ['\u{4fffd}', '\u{5eeed}', '\u{10fffd}'] : ['\u0378', '\u0380', '\u0557'];
  const key = references.join('');
  let frame = boxes.get(key);
  if (frame === undefined) {
    frame = Promise.all(references.map(drawn)).then(([first, ...others]) =>
      (first as Ink).map((value, index) => Math.min(value, ...others.map((other) => other[index] as number))),
    );
    boxes.set(key, frame);
  }
  return frame;
}

/** Whether a character was drawn as the frame: all of it is there, and nothing stands outside. */
function isBox(ink: Ink, frame: Ink): boolean {
  const dark = (image: Ink) => [...image.keys()].filter((index) => (image[index] as number) > 128);
  const extent = (pixels: number[]) => {
    const [xs, ys] = [pixels.map((index) => index % SIDE), pixels.map((index) => Math.floor(index / SIDE))];
    return [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)].join();
  };
  const of = dark(frame);
  return of.length > 0 && of.every((index) => (ink[index] as number) > 96) && extent(of) === extent(dark(ink));
}

async function drawn(character: string): Promise<Ink> {
  const sharp = await loadSharp();
  const letter = `<text x="${SIDE / 2}" y="36" font-size="32" font-family="sans-serif" text-anchor="middle">${escapeXml(character)}</text>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}">${letter}</svg>`;
  return sharp(Buffer.from(svg)).ensureAlpha().extractChannel(3).raw().toBuffer();
}
