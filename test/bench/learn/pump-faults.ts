/**
 * What models that a gateway learned from some hours of the healthy simulated pump find of its faults, and how often they are wrong in the eight hours that
 * follow: the methods beside one another. Judged as anomaly score does, by the model's own table of healthy errors.
 */
import { FEATURES, recordWindows, SENSED_FAULTS, TAGS, UNITS, WINDOW_SECONDS } from '../../../models/training/pump-windows.ts';
import { interpretReconstruction } from '../../../nodes/infer/interpret/reconstruction.ts';
import { type Manifest, parseManifest } from '../../../nodes/infer/model-file/manifest.ts';
import { healthyLogTail } from '../../../nodes/score/detect/healthy-tail.ts';
import { type Method, methods, type TrainingRequest } from '../../../nodes/score/learn/contract.ts';
import { train } from '../../../nodes/score/learn/train/train.ts';
import type { ReconstructionResult } from '../../../nodes/shared/messages.ts';
import { float32Tensor, type Tensor } from '../../../nodes/shared/tensor.ts';
import { running } from '../../score/learn/machine.ts';
import { median, type Part } from '../entry.ts';

const SEEDS = [61, 62, 63, 64, 65];
const HEALTHY_HOURS = 8;
/** A fault begins ten minutes after learning; from a minute later on it counts. */
const FAULT_AFTER = 600;
const FAULT_HOURS = 0.5;
/** p below which the median of three windows is an anomaly. */
const LIMIT = Math.log(1e-5);
const columns = TAGS.flatMap((tag, index) => FEATURES.map((feature) => ({ tag, feature, unit: UNITS[index] as string })));
/** Which tags a fault may be blamed on. */
const BLAMED: Record<string, readonly string[]> = {
  'bearing-wear': ['bearing_temperature', 'vibration_rms', 'motor_current'],
  cavitation: ['vibration_rms', 'suction_pressure', 'discharge_pressure', 'flow', 'motor_current'],
  'blocked-outlet': ['flow', 'discharge_pressure', 'vibration_rms', 'motor_current'],
  'stuck-sensor': ['flow'],
};

interface Run {
  /** Share (0..1) of windows that are anomalies. */
  share: number;
  /** Whether the tag that weighs most over all anomalies is one of the fault's. */
  rightTag: boolean;
}

export const pumpFaults: Part = {
  entries: ['learn.pump-found'],
  run: async (report) => {
    for (const [hours, hop] of [
      [1, 4],
      [8, 8],
    ] as const) {
      for (const method of methods) {
        const wrong: number[] = [];
        const used: string[] = [];
        const found: Record<string, Run[]> = {};
        for (const seed of SEEDS) {
          const model = await learn(seed, hours, hop, method);
          used.push(model.method);
          const later = recordWindows({ seed, hours: hours + HEALTHY_HOURS, hop }).filter(({ end }) => end > hours * 3600);
          wrong.push((await model.judge(later)).share);
          for (const name of SENSED_FAULTS) {
            for (const severity of [30, 100]) {
              const at = hours * 3600 + FAULT_AFTER;
              const recorded = recordWindows({ seed, hours: hours + FAULT_HOURS, hop, fault: { name, severity, at } });
              const run = await model.judge(
                recorded.filter(({ end }) => end >= at + 60),
                BLAMED[name],
              );
              found[`${name} ${severity} %`] = [...(found[`${name} ${severity} %`] ?? []), run];
            }
          }
          await model.close();
        }
        const shares = Object.entries(found).map(([fault, runs]) => {
          const right = runs.filter(({ share, rightTag }) => share > 0 && rightTag).length;
          return `${fault} ${percent(runs.map(({ share }) => share))} (right tag ${right}/${runs.filter(({ share }) => share > 0).length})`;
        });
        console.log(
          `learn: ${hours} h, ${method} (${used.join(', ')}): healthy windows called anomalies ${percent(wrong)}; ${shares.join('; ')}`,
        );
        if (method !== 'auto' || hours !== 8) continue;
        const severe = Object.entries(found).flatMap(([fault, runs]) => (fault.endsWith(' 100 %') ? runs : []));
        report({ name: 'learn.pump-found', value: severe.filter(({ share }) => share > 0.5).length / severe.length, unit: 'share' });
      }
    }
  },
};

const percent = (shares: number[]) => `${(100 * (shares.reduce((sum, share) => sum + share, 0) / shares.length)).toFixed(1)} %`;

async function learn(seed: number, hours: number, hop: number, method: Method) {
  const recorded = recordWindows({ seed, hours, hop });
  const rows = new Float32Array(recorded.length * columns.length);
  for (const [i, { features }] of recorded.entries()) rows.set(features, i * columns.length);
  const request: TrainingRequest = {
    task: 'normal',
    method,
    columns,
    inputDims: [1, columns.length],
    rows,
    times: Float64Array.from(recorded, ({ end }) => end * 1000),
    windowMs: WINDOW_SECONDS * 1000,
    name: 'pump',
    seed: 1,
  };
  let model: { onnx: Uint8Array; manifest: Manifest; method: string } | undefined;
  train(request, (event) => {
    if (event.kind === 'refused') throw new Error(`seed ${seed}: ${event.code} ${JSON.stringify(event.context)}`);
    if (event.kind === 'done')
      model = { onnx: event.onnx, manifest: parseManifest(event.manifest, 'pump.json'), method: event.report.method };
  });
  if (model === undefined) throw new Error('no model');
  const { onnx, manifest } = model;
  const session = await running(onnx, 'cpu');
  const resultOf = async (features: Float32Array): Promise<ReconstructionResult> => {
    const { reconstruction, errors } = await session.run([1, columns.length], features);
    const trained = manifest.inputs?.[0]?.columns ?? [];
    return interpretReconstruction(float32Tensor([1, columns.length], features), reconstruction as Tensor, columns, { trained, errors });
  };
  return {
    method: model.method,
    close: session.close,
    async judge(windows: { features: Float32Array }[], blamed: readonly string[] = []): Promise<Run> {
      const results: ReconstructionResult[] = [];
      for (const { features } of windows) results.push(await resultOf(features));
      const healthy = manifest.healthy as NonNullable<Manifest['healthy']>;
      const tails = results.map(({ error }) => healthyLogTail(healthy, error));
      const weights: Record<string, number> = {};
      let count = 0;
      for (const [i, { byColumn }] of results.entries()) {
        if (median(tails.slice(Math.max(0, i - 2), i + 1)) > LIMIT) continue;
        count++;
        for (const [tag, share] of Object.entries(byColumn)) weights[tag] = (weights[tag] ?? 0) + share;
      }
      const most = Object.entries(weights).sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
      return { share: count / results.length, rightTag: blamed.includes(most) };
    },
  };
}
