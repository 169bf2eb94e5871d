import { LinewatchError } from '../../../shared/errors.ts';
import { OnnxGraph } from '../../../shared/onnx/graph.ts';
import type { Random } from '../../../shared/random.ts';
import { anchorOf, compareWithAnchor } from '../anchor/anchor.ts';
import type { MethodResult, OnEvent, TrainingRequest, UsedMethod } from '../contract.ts';
import { autoencoderCandidate, type Candidate, forestCandidate, type Material, pcaCandidate } from '../methods/candidate.ts';
import { measureScaling } from '../methods/scaling.ts';
import { columnName, graphDims, pickRows, windowShape } from '../methods/shape.ts';
import { suspicions } from '../suspicion/suspicions.ts';
import { healthyTable } from './healthy-table.ts';
import { foundShare, makeAnomalies } from './made-anomalies.ts';
import { type Learned, manifestOf } from './manifest.ts';
import { splitInTime } from './split.ts';

type NormalMethod = Exclude<UsedMethod, 'regression' | 'softmax'>;

/** A method that is more complicated must find so much more than a simpler one to be taken. */
const WORTH_IT = 0.02;
/** A model that finds a smaller share of the made anomalies is hardly of use. */
const WEAK = 0.25;
/** Share of the whole progress that looking for what is not normal is. */
const CHECK = 0.15;

/**
 * Learns what is normal: a model whose error is small on windows like these, about 1 on ordinary ones.
 * @throws LinewatchError learn-too-few, learn-constant, learn-moved, learn-anomalous, learn-changed, learn-diverged
 */
export function learnNormal(request: TrainingRequest, onEvent: OnEvent, random: Random): Learned {
  const { rows, times, columns } = request;
  const shape = windowShape(request.inputDims, columns);
  const split = splitInTime(times, request.windowMs);
  const pick = (numbers: Uint32Array) => pickRows(rows, shape.width, numbers);
  const training = pick(split.training);
  const scaling = measureScaling(training, shape);
  if (scaling.every(({ constant }) => constant)) throw new LinewatchError('learn-constant', { columns: scaling.length });
  const { method = 'auto' } = request;
  // The simplest first: the others must be better by more than chance.
  const wanted: NormalMethod[] = method === 'auto' ? ['pca', 'isolation-forest', 'autoencoder'] : [method];
  const { moved, doubts } = compareWithAnchor(request);
  const looked = suspicions(rows, times, shape, random, (share) =>
    onEvent({ kind: 'progress', share: CHECK * share, method: wanted[0] as NormalMethod }),
  );
  const warnings = [...doubts, ...looked];
  const [worst] = warnings;
  if (worst !== undefined && request.accept !== true) throw new LinewatchError(worst.code, worst.context);

  const material: Material = { shape, scaling, training, stopping: pick(split.stopping), random };
  const heldOut = split.heldOut.map(pick);
  const candidates = wanted.map((name, index) => {
    const progress = (share: number) => CHECK + ((1 - CHECK) * (index + share)) / wanted.length;
    onEvent({ kind: 'progress', share: progress(0), method: name });
    return learnBy(name, material, (point, share) => onEvent({ kind: 'progress', share: progress(share), method: name, ...point }));
  });
  const made = makeAnomalies(pick(Uint32Array.from(split.heldOut.flatMap((piece) => [...piece]))), shape, scaling, random);
  const compared: MethodResult[] = candidates.map(({ method: used, errors }) => ({ method: used, found: foundShare(made, errors) }));
  const { chosen } = candidates.reduce(
    (best, candidate, index) => {
      const { found } = compared[index] as MethodResult;
      return best.chosen === undefined || found > best.found + WORTH_IT ? { chosen: candidate, found } : best;
    },
    { chosen: undefined as Candidate | undefined, found: 0 },
  );
  const candidate = chosen as Candidate;
  const found = compared.find(({ method: used }) => used === candidate.method)?.found as number;
  if (found < WEAK) warnings.push({ code: 'learn-weak', context: { percent: Math.round(100 * found), least: 100 * WEAK } });

  const graph = new OnnxGraph({ name: request.name, domains: candidate.method === 'isolation-forest' ? { 'ai.onnx.ml': 3 } : {} });
  const dims = graphDims(shape);
  const { reconstruction, errors } = candidate.addTo(graph, graph.input('window', 'float32', dims));
  graph.output('reconstruction', reconstruction, 'float32', dims);
  if (errors !== undefined) graph.output('errors', errors, 'float32', ['batch', shape.columnCount]);
  const onnx = graph.toBytes();
  const healthy = healthyTable(heldOut.map((piece) => candidate.errors(piece)));
  if (!healthy.errors.every(Number.isFinite)) throw new LinewatchError('learn-diverged', {});
  const report = {
    task: request.task,
    method: candidate.method,
    windows: {
      all: times.length,
      training: split.training.length,
      stopping: split.stopping.length,
      heldOut: split.heldOut.reduce((sum, { length }) => sum + length, 0),
    },
    from: times[0] as number,
    to: times.at(-1) as number,
    curve: candidate.curve,
    healthy,
    ...(candidate.components === undefined ? {} : { components: candidate.components }),
    compared,
    ...(moved === undefined ? {} : { moved }),
    constant: scaling.flatMap(({ constant }, column) => {
      const { tag, feature } = columns[column] ?? { tag: `column ${column + 1}`, feature: 'raw' };
      return constant ? [columnName({ tag, feature })] : [];
    }),
    warnings,
  };
  const described = columns.map((column, index) => {
    const { floor } = scaling[index] ?? {};
    return { ...column, scale: Number((candidate.scales[index] as number).toPrecision(6)), ...(floor === undefined ? {} : { floor }) };
  });
  return {
    onnx,
    report,
    anchor: anchorOf(request),
    manifest: manifestOf(request, onnx, report, {
      task: 'reconstruction',
      columns: described,
      healthy,
      bytesPerRow: candidate.bytesPerRow,
    }),
  };
}

function learnBy(method: NormalMethod, material: Material, onEpoch: Parameters<typeof autoencoderCandidate>[1]): Candidate {
  switch (method) {
    case 'pca':
      return pcaCandidate(material);
    case 'autoencoder':
      return autoencoderCandidate(material, onEpoch);
    case 'isolation-forest':
      return forestCandidate(material);
  }
}
