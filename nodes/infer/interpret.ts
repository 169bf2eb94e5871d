import { defineNode, type Message, serviceOf } from '../node-red/define-node.ts';
import { describe, LinewatchError } from '../shared/errors.ts';
import type { WindowColumn } from '../shared/messages.ts';
import { isTensor, type Tensor } from '../shared/tensor.ts';
import { checkColumns, windowColumns } from './input/check-columns.ts';
import { activations, interpretClasses } from './interpret/classify.ts';
import { interpretReconstruction } from './interpret/reconstruction.ts';
import { pickOutput } from './interpret/tensor-values.ts';
import type { ModelHandle } from './model/model-handle.ts';
import type { Manifest } from './model-file/manifest.ts';

interface Config {
  task: 'auto' | 'reconstruction' | 'classify';
  model: string;
  output: string;
  activation: (typeof activations)[number];
  topK: number;
  labels: string[];
}

export default defineNode<Config>({
  type: 'linewatch-interpret',
  url: import.meta.url,

  read: (fields) => ({
    task: fields.choice('task', ['auto', 'reconstruction', 'classify'], 'auto'),
    model: fields.text('model', { optional: true }),
    output: fields.text('output', { optional: true }),
    activation: fields.choice('activation', activations, 'auto'),
    topK: fields.number('topK', { integer: true, min: 1, max: 1000, default: 5 }),
    labels: fields.names('labels'),
  }),

  start({ config, clock, status, RED }) {
    const model = config.model === '' ? undefined : serviceOf<ModelHandle>(RED, 'model', config.model, 'onnx-model');
    let shownAt = Number.NEGATIVE_INFINITY;
    const show = (key: string, values: Record<string, string>) => {
      if (clock.now() - shownAt < 1000) return;
      shownAt = clock.now();
      status('green', key, values);
    };
    return {
      async input(message, send) {
        try {
          const manifest = await model?.manifest();
          if (taskOf(config.task, manifest, message) === 'reconstruction') {
            const payload = reconstruction(message, config.output, manifest);
            send({ ...message, payload });
            show('error', { error: payload.error.toPrecision(3) });
          } else {
            const labels = config.labels.length > 0 ? config.labels : (manifest?.labels ?? []);
            const activation = config.activation === 'auto' ? (manifest?.activation ?? 'auto') : config.activation;
            const payload = interpretClasses(pickOutput(message.payload, config.output), { ...config, labels, activation });
            send({ ...message, payload });
            show('label', { label: payload.label, score: payload.score.toPrecision(2) });
          }
        } catch (thrown) {
          // After an error the next good result shows at once.
          shownAt = Number.NEGATIVE_INFINITY;
          throw thrown;
        }
      },
    };
  },
});

/** `auto` goes by the manifest; without one, by `msg.input`, which onnx-infer keeps for reconstructions only. */
function taskOf(task: Config['task'], manifest: Manifest | undefined, message: Message): 'reconstruction' | 'classify' {
  const wanted = task === 'auto' ? (manifest?.task ?? (isTensor(message.input) ? 'reconstruction' : '')) : task;
  if (wanted === 'reconstruction' || wanted === 'classify') return wanted;
  throw new LinewatchError('interpret-task', { got: wanted === '' ? 'nothing' : describe(wanted) });
}

function reconstruction(message: Message, outputName: string, manifest: Manifest | undefined) {
  const { reconstruction: judged, errors } = judgedOutputs(message.payload, outputName);
  const output = judged ?? pickOutput(message.payload, outputName);
  const { input } = message;
  if (!isTensor(input)) {
    throw new LinewatchError('interpret-shape', { property: 'msg.input', expected: "the model's input tensor", got: describe(input) });
  }
  const trained = manifest?.inputs?.[0]?.columns;
  const columns: readonly WindowColumn[] = windowColumns(message.window) ?? trained ?? numbered(input.dims.at(-1) ?? 1);
  if (trained !== undefined) checkColumns(columns, trained);
  return interpretReconstruction(input, output, columns, { trained: trained ?? [], healthy: manifest?.healthy, errors });
}

/** The two outputs of a model that says itself how far off each column is: `reconstruction` and `errors`. */
function judgedOutputs(payload: unknown, outputName: string): { reconstruction?: Tensor; errors?: Tensor } {
  const { reconstruction, errors } = (payload ?? {}) as Record<string, unknown>;
  return outputName === '' && isTensor(reconstruction) && isTensor(errors) ? { reconstruction, errors } : {};
}

/** For an array that never was a window: columns called by their number. */
function numbered(count: number): WindowColumn[] {
  return Array.from({ length: count }, (_, index) => ({ tag: `column ${index + 1}`, feature: 'raw', unit: '' }));
}
