import { LinewatchError } from '../../shared/errors.ts';

export type PropertyPath = readonly string[];

/** `name`, `.name`, `[0]`, `["any text"]`; a name stands without a dot only at the beginning. */
const STEP = /^(?:(\.?)([^.[\]'"\s]+)|\[(\d+)\]|\["([^"]*)"\]|\['([^']*)'\])/;

/**
 * Takes a property path apart: `payload.temperature`, `payload[0].value`, `payload["oil temp"]`; a leading `msg.` is dropped, '' is payload.
 * @param row of the table, from 1, for the error
 * @throws LinewatchError sensor-property
 */
export function readPath(text: string, row: number): PropertyPath {
  const path: string[] = [];
  let rest = text.trim().replace(/^msg\./, '');
  if (rest === '') return ['payload'];
  while (rest !== '') {
    const [step, dot, ...names] = STEP.exec(rest) ?? [];
    const first = path.length === 0;
    const fits = first ? /^[^.[]/.test(rest) : dot !== '';
    if (step === undefined || !fits) throw new LinewatchError('sensor-property', { row, got: `"${text}"` });
    path.push(names.find((name) => name !== undefined) as string);
    rest = rest.slice(step.length);
  }
  return path;
}

/** What stands there; undefined where nothing does. Only a value's own properties count, so that no path leads to a prototype. */
export function valueAt(message: object, path: PropertyPath): unknown {
  let value: unknown = message;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
