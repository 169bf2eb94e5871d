/** What the texts inside a model file tell: Ultralytics (docs.ultralytics.com/modes/export) writes `names`, `task` and `imgsz` there. */
import type { Preparation } from '../../media/image/preparation.ts';
import { preset } from '../../media/image/presets.ts';
import { labelsOf } from './hugging-face.ts';
import type { Manifest } from './manifest.ts';
import { without } from './manifest-reader.ts';

/** Ultralytics' words → ours; others (segment, pose, obb) pass. */
const tasks = new Map([
  ['classify', 'classify'],
  ['detect', 'objects'],
]);

const MOST_LABELS = 100_000;
const MOST_SIDE = 8192;

/** @param metadata a model's metadata_props; what is not understood is left out */
export function metadataManifest({ names, task, license, licence }: Record<string, string>): Manifest {
  // Only together they are surely Ultralytics': anybody may write a task.
  const labels = names === undefined ? undefined : parseNames(names);
  return without({
    labels,
    task: labels === undefined || task === undefined ? undefined : (tasks.get(task) ?? task),
    licence: licence ?? license,
  });
}

/** How Ultralytics prepares pictures: letterboxed, or for a classifier the middle square; 0..1. */
export function metadataImage({ names, task, imgsz }: Record<string, string>): Preparation | undefined {
  if (names === undefined || parseNames(names) === undefined || task === undefined) return undefined;
  const [height, width] =
    /^\s*\[(\d+), ?(\d+)\]\s*$/
      .exec(imgsz ?? '')
      ?.slice(1)
      .map(Number) ?? [];
  const isSize = (side: number | undefined) => side !== undefined && side >= 1 && side <= MOST_SIDE;
  const size = isSize(width) && isSize(height) ? { width: width as number, height: height as number } : {};
  return task === 'classify' ? { ...preset('imagenet-unit'), crop: 1, ...size } : { ...preset('yolo'), ...size };
}

/**
 * Class names as Python writes a dict or a list, or as JSON: `{0: 'person', 1: "driver's seat"}`, `['good', 'bad']`.
 * @returns undefined where the text is anything else
 */
export function parseNames(text: string): string[] | undefined {
  const inner = /^\s*(?:\{(.*)\}|\[(.*)\])\s*$/s.exec(text);
  if (inner === null) return undefined;
  const isDict = inner[1] !== undefined;
  const entry = isDict ? new RegExp(`\\s*["']?(\\d+)["']?\\s*:\\s*${TEXT}\\s*(?:,|$)`, 'sy') : new RegExp(`\\s*()${TEXT}\\s*(?:,|$)`, 'sy');
  const body = (inner[1] ?? inner[2] ?? '').trimEnd();
  const labels: [number, string][] = [];
  while (entry.lastIndex < body.length) {
    const match = entry.exec(body);
    if (match === null || labels.length >= MOST_LABELS) return undefined;
    const [, key = '', single, double] = match;
    labels.push([isDict ? Number(key) : labels.length, unescaped(single ?? double ?? '')]);
  }
  return labelsOf(Object.fromEntries(labels));
}

/** A quoted text. Each character is either plain or escaped, so that no text makes the search slow. */
const TEXT = String.raw`(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")`;

const escapes = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
]);

function unescaped(text: string): string {
  return text.replace(/\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/gs, (whole, x, u, long, plain) => {
    const code = Number.parseInt(x ?? u ?? long ?? '', 16);
    if (Number.isNaN(code)) return escapes.get(plain) ?? plain;
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
