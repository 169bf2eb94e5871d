import { createHash } from 'node:crypto';
import type { HealthyErrors, WindowColumn } from '../../../shared/messages.ts';
import type { Anchor, TrainingReport, TrainingRequest } from '../contract.ts';

export interface Learned {
  onnx: Uint8Array;
  manifest: Record<string, unknown>;
  report: TrainingReport;
  /** What these windows are to later ones. */
  anchor?: Anchor;
}

export interface ManifestColumn extends WindowColumn {
  scale?: number;
  floor?: number;
  given?: true;
}

/** What the nodes that use a model need to know of it. */
interface Use {
  task: 'reconstruction' | 'classify';
  columns: ManifestColumn[];
  healthy?: HealthyErrors;
  labels?: string[];
  activation?: 'none';
  /** Memory that a run needs for one window beside input and output; default: as good as none. */
  bytesPerRow?: number;
}

/** What a run may take in all, beside the model. */
const RUN_BYTES = 32 * 2 ** 20;
/** More windows never come at once. */
const MANY = 1000;

const DESCRIPTIONS = {
  normal: 'Reconstructs windows of a healthy machine; what it can not reconstruct is an anomaly.',
  predict: 'Predicts one tag from the others; what differs from the prediction is an anomaly.',
  classes: 'Tells which of the taught labels a window belongs to.',
} as const;

/** The content of `<model>.json`: first what the nodes read, then how the model came about. */
export function manifestOf(request: TrainingRequest, onnx: Uint8Array, report: TrainingReport, use: Use): Record<string, unknown> {
  const { columns, bytesPerRow = 0, ...rest } = use;
  const { method, windows, from, to, curve, components, compared, explained, classes, moved, constant, warnings } = report;
  return {
    name: request.name,
    version: new Date(to).toISOString(),
    description: DESCRIPTIONS[request.task],
    ...rest,
    batching: batchingOf(bytesPerRow),
    inputs: [{ name: 'window', ...(columns.length === 0 ? {} : { columns }) }],
    sha256: createHash('sha256').update(onnx).digest('hex'),
    learned: {
      by: 'learn normal',
      method,
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      windows,
      inputDims: request.inputDims,
      seed: request.seed,
      ...(request.target === undefined ? {} : { target: request.target }),
      ...(components === undefined ? {} : { components }),
      ...(compared === undefined ? {} : { compared }),
      ...(explained === undefined ? {} : { explained }),
      ...(classes === undefined ? {} : { classes }),
      ...(moved === undefined ? {} : { moved }),
      ...(curve.length === 0 ? {} : { curve }),
      constant,
      warnings: warnings.map(({ code }) => code),
    },
  };
}

/** As many windows may share a run as memory bears. */
function batchingOf(bytesPerRow: number): true | { max: number } {
  const max = Math.max(1, Math.floor(RUN_BYTES / bytesPerRow));
  return max >= MANY ? true : { max };
}
