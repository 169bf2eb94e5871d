import { defineNode, type NodeContext, serviceOf } from '../node-red/define-node.ts';
import { LinewatchError } from '../shared/errors.ts';
import type { InferenceInfo } from '../shared/messages.ts';
import type { Tensor } from '../shared/tensor.ts';
import type { HostState } from './host/host-state.ts';
import type { LoadedModelInfo, Tensors } from './host/protocol.ts';
import { checkColumns, windowColumns } from './model/check-columns.ts';
import { inputsOf } from './model/inputs.ts';
import type { Lane, LoadedModel, ModelService } from './model/model-service.ts';

interface Config {
  model: string;
  queueLimit: number;
}

/** Statuses travel to every open editor: once a second is enough. */
const STATUS_MS = 1000;

export default defineNode<Config>({
  type: 'linewatch-onnx-infer',
  url: import.meta.url,

  read: (fields) => ({
    model: fields.text('model', { optional: true }),
    queueLimit: fields.number('queueLimit', { integer: true, min: 1, max: 100_000, default: 100 }),
  }),

  start(context) {
    const { config, clock, started, status, fail, text, RED } = context;
    const model = serviceOf<ModelService>(RED, 'model', config.model, 'onnx-model');
    let shownAt = Number.NEGATIVE_INFINITY;
    let pending = 0;
    let reported = '';
    let lane: Lane | undefined;
    const open = () => {
      lane ??= model.open(config.queueLimit, (state) => {
        // One log line is enough: messages that wait carry the error themselves, and a further try says nothing new.
        if (state.kind !== 'broken') showState(context, state);
        else if (pending > 0 || state.error.message === reported) status('red', 'broken');
        else fail(state.error);
        if (state.kind === 'broken') reported = state.error.message;
        else if (state.kind === 'ready') reported = '';
        shownAt = Number.NEGATIVE_INFINITY;
      });
      return lane;
    };
    // A model that can not be loaded is said at deploy, but not before the Catch nodes are there to hear it.
    let closed = false;
    void started.then(() => closed || open());

    return {
      async input(message, send) {
        let inputs: Tensors = {};
        pending++;
        try {
          const { outputs, runMs, queueMs, ...run } = await open().run((loaded) => {
            inputs = prepare(message, loaded);
            return inputs;
          });
          const { name, version, backend, manifest } = run.model;
          const inference: InferenceInfo = { model: name, version, backend, queueMs, runMs, batch: 1 };
          const kept = manifest?.task === 'reconstruction' ? { input: alone(inputs) } : {};
          send([{ ...message, ...kept, payload: alone(outputs), inference }, null]);
          if (clock.now() - shownAt < STATUS_MS) return;
          shownAt = clock.now();
          showRun(context, run.model, runMs);
        } catch (thrown) {
          // After an error the next good run shows at once.
          shownAt = Number.NEGATIVE_INFINITY;
          if (!(thrown instanceof LinewatchError) || thrown.code !== 'model-queue-full') throw thrown;
          const reason = text('reason.queueFull', thrown.context);
          status('yellow', 'dropped', { reason });
          shownAt = clock.now();
          send([null, { ...message, dropped: { reason } }]);
        } finally {
          pending--;
        }
      },
      close() {
        closed = true;
        lane?.close();
      },
    };
  },
});

function prepare(message: Record<string, unknown>, model: LoadedModel): Tensors {
  const [input] = model.inputs;
  const expected = model.manifest?.inputs?.find(({ name }) => name === input?.name)?.columns;
  const columns = windowColumns(message.window);
  if (model.inputs.length === 1 && expected !== undefined && columns !== undefined) checkColumns(columns, expected);
  return inputsOf(message.payload, model.inputs);
}

/** One tensor stands alone; several keep their names. */
function alone(tensors: Tensors): Tensor | Tensors {
  const [first, ...others] = Object.values(tensors);
  return first !== undefined && others.length === 0 ? first : tensors;
}

function showState({ status }: NodeContext<Config>, state: HostState): void {
  if (state.kind === 'starting' || state.kind === 'restarting') status('yellow', state.kind);
  else if (state.kind === 'ready') {
    if (state.info.fallbackReason === undefined) status('green', `ready.${state.info.backend}`);
    else showFallback(status, state.info);
  }
}

function showRun({ status }: NodeContext<Config>, model: LoadedModel, runMs: number): void {
  if (model.fallbackReason !== undefined) showFallback(status, model);
  else status('green', 'ran', { backend: model.backend, ms: runMs < 10 ? runMs.toPrecision(2) : runMs.toFixed(0) });
}

function showFallback(status: NodeContext<Config>['status'], { backend, fallbackReason = '' }: LoadedModelInfo): void {
  status('yellow', 'fallback', { backend, reason: fallbackReason.slice(0, 60) });
}
