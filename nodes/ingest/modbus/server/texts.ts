import { LinewatchError } from '../../../shared/errors.ts';

/** Number of each text. */
export type TextNumbers = ReadonlyMap<string, number>;

/** What stands for the texts that our own nodes send, where a row has no list of its own. */
const builtIn: TextNumbers = new Map([
  // States of an alert.
  ['normal', 0],
  ['raised', 1],
  ['acknowledged', 2],
  ['cleared', 3],
  // Its severity.
  ['low', 1],
  ['medium', 2],
  ['high', 3],
  ['critical', 4],
]);

/** For a bit: whether the alert's condition is there. */
const builtInBits: TextNumbers = new Map([
  ['normal', 0],
  ['raised', 1],
  ['acknowledged', 1],
  ['cleared', 0],
]);

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Takes `normal=0, raised=1` apart; '' is no list. @param at names the row in the error. @throws LinewatchError serve-texts */
export function readTexts(list: string, at: { row: number; name: string }): TextNumbers | undefined {
  if (list === '') return undefined;
  const numbers = new Map<string, number>();
  for (const entry of list.split(/[,;\n]/)) {
    if (entry.trim() === '') continue;
    const [, text = '', number = ''] = /^(.*)=([^=]*)$/.exec(entry) ?? [];
    if (text.trim() === '' || !NUMBER.test(number.trim()) || numbers.has(text.trim())) {
      throw new LinewatchError('serve-texts', { ...at, got: `"${entry.trim()}"` });
    }
    numbers.set(text.trim(), Number(number));
  }
  return numbers;
}

/** The number of a text: by the row's own list, else by what is built in, else what it spells ("71.5"); undefined: it has none. */
export function numberOfText(text: string, own: TextNumbers | undefined, isBit: boolean): number | undefined {
  const trimmed = text.trim();
  const found = (own ?? (isBit ? builtInBits : builtIn)).get(trimmed);
  if (found !== undefined) return found;
  return NUMBER.test(trimmed) ? Number(trimmed) : undefined;
}
