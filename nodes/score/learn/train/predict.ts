import { LinewatchError } from '../../../shared/errors.ts';
import { seededRandom } from '../../../shared/random.ts';
import { anchorOf, compareWithAnchor } from '../anchor/anchor.ts';
import type { OnEvent, TrainingRequest } from '../contract.ts';
import { explainedShare, fitPrediction, targetErrors } from '../methods/regression.ts';
import { predictionFile } from '../methods/regression-graph.ts';
import { divideByTypical, totalErrors, typicalErrors } from '../methods/residual.ts';
import { type ColumnScaling, measureScaling, scaled } from '../methods/scaling.ts';
import { columnName, pickRows, windowShape } from '../methods/shape.ts';
import { type Suspicion, suspicions } from '../suspicion/suspicions.ts';
import { healthyTable } from './healthy-table.ts';
import { type Learned, type ManifestColumn, manifestOf } from './manifest.ts';
import { splitInTime } from './split.ts';

/** Share of the whole progress that looking for what is not normal is. */
const CHECK = 0.8;
/** Share of the target's variance that the others must explain, for a prediction to be of any use. */
const LEAST_EXPLAINED = 0.1;

/**
 * Learns to predict one tag's columns from those of all other tags by linear regression; in a raw window each sample from the same sample.
 * @throws LinewatchError learn-target, learn-alone, learn-unrelated, and those of splitting and of anomalous windows
 */
export function learnPrediction(request: TrainingRequest, onEvent: OnEvent): Learned {
  const { rows, times, columns, target = '' } = request;
  const shape = windowShape(request.inputDims, columns);
  const isTarget = columns.map(({ tag }) => tag === target);
  const tags = [...new Set(columns.map(({ tag }) => tag))];
  if (!isTarget.includes(true))
    throw new LinewatchError('learn-target', { expected: tags.join(', '), got: target === '' ? 'nothing' : target });
  if (!isTarget.includes(false)) throw new LinewatchError('learn-alone', { target });
  const split = splitInTime(times, request.windowMs);
  const pick = (numbers: Uint32Array) => pickRows(rows, shape.width, numbers);
  const training = pick(split.training);
  const scaling = measureScaling(training, shape);
  if (scaling.every(({ constant }, column) => constant || !isTarget[column])) {
    throw new LinewatchError('learn-constant', { columns: isTarget.filter(Boolean).length });
  }
  const { moved, doubts } = compareWithAnchor(request);
  const looked = suspicions(rows, times, shape, seededRandom(request.seed), (share) =>
    onEvent({ kind: 'progress', share: CHECK * share, method: 'regression' }),
  );
  const warnings: Suspicion[] = [...doubts, ...looked];
  onEvent({ kind: 'progress', share: CHECK, method: 'regression' });

  const stopping = scaled(pick(split.stopping), scaling);
  const prediction = fitPrediction(scaled(training, scaling), stopping, { isTarget, scaling });
  const errorsOf = (values: Float64Array) => targetErrors(values, prediction, shape);
  const targets = scaling.filter((_, column) => isTarget[column]);
  const typical = typicalErrors(errorsOf(stopping), targets);
  const heldOut = split.heldOut.map((piece) => scaled(pick(piece), scaling));
  const healthy = healthyTable(heldOut.map((piece) => totalErrors(divideByTypical(errorsOf(piece), typical), targets.length)));
  const explained = explainedShare(heldOut, prediction);
  if (!(explained >= LEAST_EXPLAINED)) {
    const error = Math.round(100 * Math.sqrt(1 - Math.min(1, explained)));
    warnings.push({ code: 'learn-unrelated', context: { target, error } });
  }
  const [worst] = warnings;
  if (worst !== undefined && request.accept !== true) throw new LinewatchError(worst.code, worst.context);

  const onnx = predictionFile(request.name, prediction, shape);
  const report = {
    task: request.task,
    method: 'regression' as const,
    windows: {
      all: times.length,
      training: split.training.length,
      stopping: split.stopping.length,
      heldOut: split.heldOut.reduce((sum, { length }) => sum + length, 0),
    },
    from: times[0] as number,
    to: times.at(-1) as number,
    curve: [],
    healthy,
    explained,
    ...(moved === undefined ? {} : { moved }),
    constant: columns.filter((_, column) => scaling[column]?.constant).map(columnName),
    warnings,
  };
  let next = 0;
  const described = columns.map((column, index): ManifestColumn => {
    if (!isTarget[index]) return { ...column, given: true };
    const { floor, deviation } = scaling[index] as ColumnScaling;
    const scale = Number((deviation * (typical[next++] as number)).toPrecision(6));
    return { ...column, scale, ...(floor === undefined ? {} : { floor }) };
  });
  return {
    onnx,
    report,
    anchor: anchorOf(request),
    manifest: manifestOf(request, onnx, report, { task: 'reconstruction', columns: described, healthy }),
  };
}
