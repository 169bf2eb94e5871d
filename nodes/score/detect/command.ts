import { describe, LinewatchError } from '../../shared/errors.ts';
import { copyState, parseState } from './state-text.ts';

/** What an operator, or a flow for him, tells the scorer. */
export type Command =
  | { do: 'pause'; minutes?: number }
  | { do: 'resume' }
  | { do: 'normal'; tag?: string }
  | { do: 'learn'; tag?: string }
  | { do: 'reset' }
  | { do: 'export' }
  /** `state`: plain JSON data of its own, unchecked. */
  | { do: 'import'; state: unknown };

export const commands = ['pause', 'resume', 'normal', 'learn', 'reset', 'export', 'import'] as const;
const MOST_MINUTES = 60 * 24 * 366;

/**
 * @param payload of the message: the state to import, where the command has none
 * @throws LinewatchError input-command, score-input, score-state
 */
export function readCommand(command: unknown, payload?: unknown): Command {
  const given = (typeof command === 'object' && command !== null ? command : {}) as Record<string, unknown>;
  const name = given.do;
  switch (name) {
    case 'pause':
      return given.minutes === undefined ? { do: name } : { do: name, minutes: readMinutes(given.minutes) };
    case 'normal':
    case 'learn':
      return given.tag === undefined ? { do: name } : { do: name, tag: readTag(given.tag) };
    case 'import':
      return { do: name, state: readState(given.state ?? payload) };
    case 'resume':
    case 'reset':
    case 'export':
      return { do: name };
    default:
      throw new LinewatchError('input-command', {
        expected: commands.map((known) => `{ do: "${known}" }`).join(', '),
        got: name === undefined ? describe(command) : describe(name),
      });
  }
}

function readMinutes(minutes: unknown): number {
  if (typeof minutes === 'number' && minutes > 0 && minutes <= MOST_MINUTES) return minutes;
  throw wrong('msg.command.minutes', `a number above 0, up to ${MOST_MINUTES}`, minutes);
}

function readTag(tag: unknown): string {
  if (typeof tag === 'string' && tag !== '') return tag;
  throw wrong('msg.command.tag', 'the name of a tag, or nothing for all', tag);
}

/** A file node gives the exported state as text. */
const readState = (state: unknown) => (typeof state === 'string' ? parseState(state) : copyState(state));

export const wrong = (property: string, expected: string, got: unknown): LinewatchError =>
  new LinewatchError('score-input', { property, expected, got: describe(got) });
