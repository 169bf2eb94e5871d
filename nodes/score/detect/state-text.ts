import { LinewatchError } from '../../shared/errors.ts';

/** The 2,000 tags of one node take about 20 kB each. */
export const MOST_STATE_MB = 64;
/** 2,000 tags and the 10,000 errors a model is learned from are a tenth of it. */
const MOST_PARTS = 200_000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/**
 * Counts the values of a JSON text as it comes in. A state is a few thousand long texts; of millions of tiny values, JSON.parse would stand still for
 * seconds and make objects of thirty times the size of the text.
 */
export class PartCount {
  #parts = 0;
  #inText = false;
  #escaped = false;

  /** @param piece the next part of the text; bytes read as Latin-1 do, too @throws LinewatchError score-state */
  push(piece: string): void {
    let [parts, inText, escaped] = [this.#parts, this.#inText, this.#escaped];
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at);
      if (escaped) escaped = false;
      else if (code === QUOTE) inText = !inText;
      else if (inText) escaped = code === BACKSLASH;
      else if ((code === COMMA || code === BRACKET || code === BRACE) && ++parts > MOST_PARTS) {
        throw new LinewatchError('score-state', { reason: `more than ${MOST_PARTS} values` });
      }
    }
    [this.#parts, this.#inText, this.#escaped] = [parts, inText, escaped];
  }
}

/** An exported state that has come as text. @throws LinewatchError score-state, score-state-size */
export function parseState(text: string): unknown {
  if (text.length > MOST_STATE_MB * 2 ** 20) throw tooLarge(text.length);
  new PartCount().push(text);
  return plain(() => JSON.parse(text));
}

/**
 * A copy of a state that has come as an object: its message goes on to others, which may change it. What JSON does not know must not pass the
 * checks either. @throws LinewatchError score-state
 */
export const copyState = (state: unknown): unknown => plain(() => JSON.parse(JSON.stringify(state ?? null)));

export const tooLarge = (bytes: number): LinewatchError =>
  new LinewatchError('score-state-size', { limitMb: MOST_STATE_MB, gotMb: Math.ceil(bytes / 2 ** 20) });

function plain(read: () => unknown): unknown {
  try {
    return read();
  } catch (thrown) {
    throw new LinewatchError('score-state', { reason: thrown instanceof Error ? thrown.message : String(thrown) }, thrown);
  }
}
