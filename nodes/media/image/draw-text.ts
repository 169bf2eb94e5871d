/** Text as SVG: our own strokes where they have the character, the system's fonts where those do, else a question mark. */
import { charactersOf, fontMetrics, glyphOf } from './draw-stroke-font.ts';

/** Characters between two of which there is this much room, font units. */
const GAP = 1.6;
const UNKNOWN = '?';
/** The height of a line, font units: with it `size` is the height of the label in pixels. */
const LINE = fontMetrics.ascent + fontMetrics.capHeight + fontMetrics.descent;

export interface TextRun {
  /** Pixels. */
  width: number;
  height: number;
  /** SVG of the text with its top left corner at (x, y). */
  svg(x: number, y: number, colour: string): string;
}

/** At most `most` characters; what is cut off ends in an ellipsis. Control characters and line breaks become blanks. */
export function shortened(text: string, most: number): string[] {
  // A label of megabytes is not worth looking at in full.
  const characters = charactersOf(text.slice(0, 16 * most).replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')).filter((one) => one.length <= 16);
  return characters.length <= most && text.length <= 16 * most ? characters : [...characters.slice(0, most - 1), '…'];
}

/** Which characters our own strokes do not have. */
export function foreign(characters: readonly string[]): string[] {
  return characters.filter((character) => glyphOf(character) === undefined);
}

/**
 * @param size height of the line, pixels
 * @param system the characters that this system's fonts have
 */
export function textRun(characters: readonly string[], size: number, system: ReadonlySet<string>): TextRun {
  const scale = size / LINE;
  const strokes: string[] = [];
  const letters: string[] = [];
  let at = GAP;
  for (const character of characters) {
    const glyph = glyphOf(character) ?? (system.has(character) ? undefined : glyphOf(UNKNOWN));
    if (glyph === undefined) {
      const width = isWide(character) ? 16 : 10;
      letters.push(`<text x="${at + width / 2}" y="${fontMetrics.capHeight + 1.4}">${escapeXml(character)}</text>`);
      at += width + GAP / 2;
    } else {
      if (glyph.path !== '') strokes.push(`<path transform="translate(${short(at)})" d="${glyph.path}"/>`);
      at += glyph.width + GAP;
    }
  }
  const body = (colour: string) =>
    `<g fill="none" stroke="${colour}" stroke-width="${fontMetrics.stroke}" stroke-linecap="round" stroke-linejoin="round">${strokes.join('')}</g>` +
    (letters.length === 0
      ? ''
      : `<g fill="${colour}" font-family="sans-serif" font-size="15" text-anchor="middle">${letters.join('')}</g>`);
  return {
    width: at * scale,
    height: size,
    svg: (x, y, colour) =>
      `<g transform="translate(${short(x)} ${short(y + fontMetrics.ascent * scale)}) scale(${scale.toFixed(4)})">${body(colour)}</g>`,
  };
}

/** Chinese, Japanese, Korean and emoji take a square. */
function isWide(character: string): boolean {
  return /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff00-\uff60]/u.test(
    character,
  );
}

/** XML has no control characters, halves of surrogate pairs or non-characters, escaped or not. */
export function escapeXml(text: string): string {
  return text.replace(/[\p{Cs}\p{Cc}\ufffe\uffff]/gu, '').replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A coordinate with a hundredth of a pixel. */
export function short(value: number): string {
  return String(Number(value.toFixed(2)));
}
