import { defineNode, type Message, type NodeContext, serviceOf } from '../node-red/define-node.ts';
import { dataFolder, stateFile } from '../node-red/files.ts';
import { describe, LinewatchError } from '../shared/errors.ts';
import type { ImageInfo, InferenceInfo, WindowColumn } from '../shared/messages.ts';
import type { HostState } from './host/host-state.ts';
import type { QueueOrder } from './host/job-queue.ts';
import type { Input, Inputs, TensorSpec } from './host/protocol.ts';
import { checkSameTiles } from './host/same-tiles.ts';
import { checkColumns, windowColumns } from './input/check-columns.ts';
import { KeptPictures } from './input/kept-pictures.ts';
import { inputsWithPictures } from './input/picture-inputs.ts';
import { dropReason, Lane, type LaneAnswer } from './model/lane.ts';
import type { ModelHandle } from './model/model-handle.ts';
import type { LoadedModel } from './model/model-source.ts';
import { isAwaited, modelStatus } from './model-status.ts';

interface Config {
  model: string;
  queueLimit: number;
  order: QueueOrder;
  /** 0: any time. */
  maxAgeMs: number;
  priority: number;
  retry: boolean;
  stateKey: string;
}

export default defineNode<Config>({
  type: 'linewatch-onnx-infer',
  url: import.meta.url,

  read: (fields) => ({
    model: fields.text('model', { optional: true }),
    queueLimit: fields.number('queueLimit', { integer: true, min: 1, max: 100_000, default: 100 }),
    order: fields.choice('order', ['fifo', 'latest', 'deadline'], 'fifo'),
    maxAgeMs: fields.number('maxAgeMs', { min: 0, max: 3_600_000, default: 0 }),
    priority: fields.number('priority', { integer: true, min: -10, max: 10, default: 0 }),
    retry: fields.boolean('retry'),
    stateKey: fields.text('stateKey', { optional: true }),
  }),

  start(context) {
    const { config, node, started, text, RED } = context;
    const model = serviceOf<ModelHandle>(RED, 'model', config.model, 'onnx-model');
    const { queueLimit: limit, order, priority, retry } = config;
    const status = modelStatus(context, model);
    const kept = keptPictures(context);
    /** A picture that is just being kept is for the messages that come after it. */
    let keeping: Promise<unknown> | undefined;
    let pending = 0;
    let reported = '';
    let noted = '';
    const onState = (state: HostState) => {
      // One log line is enough: messages that wait carry the error themselves, and a further try says nothing new.
      if (state.kind === 'broken' && pending === 0 && state.error.message !== reported && !isAwaited(state)) context.fail(state.error);
      else status.state(state);
      if (state.kind === 'broken') reported = state.error.message;
      if (state.kind !== 'ready') return;
      reported = '';
      const names = state.info.leftOut.join(', ');
      if (names !== '' && names !== noted) node.warn(text('notice.leftOut', { names }));
      noted = names;
      const [missing] = kept.missing(model.describe(state.info).manifest);
      if (missing !== undefined) status.unkept(missing);
    };
    let opened: Lane | undefined;
    const lane = () => {
      opened ??= new Lane(model, { limit, order, priority, retry }, { onState, onKept: (error) => status.kept(error, context.fail) });
      return opened;
    };
    // A model that can not be loaded is said at deploy, but not before the Catch nodes are there to hear it.
    let closed = false;
    void started.then(() => closed || lane());

    return {
      input(message, send) {
        const key = stateKey(message, config.stateKey);
        if (isReference(message.command)) {
          // One after the other: of two that come at once the later one counts, however long the earlier takes to decode.
          const done = (keeping ?? Promise.resolve()).then(() => keepPicture(message, model, kept)).then(status.keptPicture);
          const over = done
            .catch(() => {})
            .then(() => {
              if (keeping === over) keeping = undefined;
            });
          keeping = over;
          return done;
        }
        if (message.command !== undefined) return obey(message.command, model, lane(), key, status);
        let inputs: Inputs = {};
        const prepare = (loaded: LoadedModel) => {
          inputs = inputsFor(message, loaded, kept);
          return inputs;
        };
        const run = () => {
          if (closed) throw new LinewatchError('model-closed');
          return lane().run(prepare, key, dueAt(message, context), hasParts(message));
        };
        pending++;
        return (keeping === undefined ? run() : keeping.then(run)).then(
          (answer) => {
            pending--;
            send(answered(message, inputs, answer));
            status.ran(answer.model, answer.runMs);
          },
          (thrown) => {
            pending--;
            const dropped = thrown instanceof LinewatchError ? dropReason(thrown.code) : undefined;
            if (dropped === undefined) {
              status.failed();
              throw thrown;
            }
            const reason = text(`reason.${dropped}`, thrown.context);
            if (dropped !== 'awaited') status.dropped(reason);
            send([null, { ...message, dropped: { reason } }]);
          },
        );
      },
      close() {
        closed = true;
        if (pending > 0) node.warn(text('notice.lost', { count: pending }));
        opened?.close();
      },
    };
  },
});

function answered(message: Message, inputs: Inputs, answer: LaneAnswer): Message {
  const { queueMs, prepareMs, runMs, batch, state, model } = answer;
  const { name, version, backend } = model;
  const inference: InferenceInfo = { model: name, version, backend, queueMs, runMs, batch };
  if (prepareMs !== undefined) inference.prepareMs = prepareMs;
  if (state !== undefined) inference.state = state;
  const result: Message = { ...message, payload: alone(answer.outputs), inference };
  if (answer.images !== undefined) {
    const image = imageOf(inputs, answer.images, model);
    if (image !== undefined) result.image = image;
    else checkTilesOfTensor(message, answer.images);
  } else if (model.manifest?.task === 'reconstruction') result.input = alone(inputs);
  return result;
}

/** The picture that the result is about, not the one that it was compared with; undefined where a tensor came in its place, with `msg.image`. */
function imageOf(inputs: Inputs, images: NonNullable<LaneAnswer['images']>, { manifest }: LoadedModel): ImageInfo | undefined {
  const names = Object.keys(images);
  const isReference = (name: string) => manifest?.inputs?.some((input) => input.name === name && input.keep === true);
  const name = names.find((one) => !isReference(one)) ?? '';
  const input = inputs[name];
  const image = images[name];
  if (image === undefined || input?.type !== 'picture') return image;
  return input.raw === undefined ? { buffer: input.data, ...image } : image;
}

/** Tiles that `image` made are compared with those that the host made of the kept picture. */
function checkTilesOfTensor({ image }: Message, references: NonNullable<LaneAnswer['images']>): void {
  if (typeof image !== 'object' || image === null || !('placement' in image)) return;
  const tiled = Object.entries(references).filter(([, { placements }]) => placements !== undefined);
  checkSameTiles({ 'msg.image': image as ImageInfo, ...Object.fromEntries(tiled) });
}

function keptPictures({ node, RED, fail }: NodeContext<Config>): KeptPictures {
  const folder = dataFolder(RED.settings as Parameters<typeof dataFolder>[0]);
  return new KeptPictures(folder === undefined ? undefined : stateFile(folder, node.id), fail);
}

const isReference = (command: unknown) => (command as { do?: unknown } | null | undefined)?.do === 'reference';

async function keepPicture({ command, payload }: Message, model: ModelHandle, kept: KeptPictures): Promise<string> {
  return kept.keep(await model.manifest(), (command as { input?: unknown }).input, payload);
}

/** Whether the rows of the message's tensor are parts of a picture (tiles, regions), as `image` makes them. */
function hasParts({ image }: Message): boolean {
  const { placements } = (image ?? {}) as Partial<ImageInfo>;
  return Array.isArray(placements) && placements.length > 1;
}

async function obey(command: unknown, model: ModelHandle, lane: Lane, key: string, status: ReturnType<typeof modelStatus>): Promise<void> {
  const { do: order, path, all } = (command ?? {}) as { do?: unknown; path?: unknown; all?: unknown };
  switch (order) {
    case 'swap':
      if (typeof path !== 'string' || path === '') throw new LinewatchError('model-swap-path', { got: describe(path) });
      return status.swapping(() => model.swap(path));
    case 'rollback':
      return status.swapping(() => model.rollback());
    case 'reset':
      if (all === true) lane.resetAll();
      else lane.reset(key);
      return;
    default:
      throw new LinewatchError('input-command', {
        expected: '{ do: "swap", path }, { do: "rollback" }, { do: "reset" }, { do: "reference" }',
        got: describe(order === undefined ? command : order),
      });
  }
}

/** Whose state a message is about. */
function stateKey(message: Message, property: string): string {
  const value = property === '' ? '' : message[property];
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '';
}

/** performance.now() by which a message must be run: `msg.deadline` (epoch ms), and the node's own limit. */
function dueAt({ deadline }: Message, { config, clock }: NodeContext<Config>): number {
  const now = performance.now();
  const own = config.maxAgeMs > 0 ? now + config.maxAgeMs : Number.POSITIVE_INFINITY;
  return typeof deadline === 'number' && Number.isFinite(deadline) ? Math.min(own, now + deadline - clock.now()) : own;
}

function inputsFor(message: Message, model: LoadedModel, kept: KeptPictures): Inputs {
  const [input] = model.inputs;
  const expected = model.manifest?.inputs?.find(({ name }) => name === input?.name)?.columns;
  const columns = windowColumns(message.window);
  if (model.inputs.length === 1 && expected !== undefined && columns !== undefined) checkColumns(columns, expected);
  const payload = model.inputs.length === 1 && expected !== undefined ? sampleRow(message.payload, expected) : message.payload;
  for (const name of kept.missing(model.manifest)) {
    if (!carries(payload, name)) throw new LinewatchError('model-keep-missing', { name });
  }
  const specs = hasParts(message) ? model.inputs.map(ofAnyRows) : model.inputs;
  return inputsWithPictures(payload, specs, model.manifest, { ...model.fixed(), ...kept.inputs(model.manifest) });
}

const carries = (payload: unknown, name: string) => typeof payload === 'object' && payload !== null && Object.hasOwn(payload, name);
/** The host runs the parts of a picture one by one where the model takes no more. */
const ofAnyRows = (spec: TensorSpec): TensorSpec => ({ ...spec, dims: ['', ...spec.dims.slice(1)] });

/** A sensor sample for a model that was learned from samples: the numbers of its tags in the model's order. Anything else stays as it is. */
function sampleRow(payload: unknown, columns: readonly WindowColumn[]): unknown {
  if (typeof payload !== 'object' || payload === null || columns.some(({ feature }) => feature !== 'raw')) return payload;
  const values = columns.map(({ tag }) => (Object.hasOwn(payload, tag) ? (payload as Record<string, unknown>)[tag] : undefined));
  return values.every((value) => typeof value === 'number' || typeof value === 'boolean') ? values.map(Number) : payload;
}

/** One tensor stands alone; several keep their names. */
function alone<One extends Input>(tensors: Record<string, One>): One | Record<string, One> {
  const [first, ...others] = Object.values(tensors);
  return first !== undefined && others.length === 0 ? first : tensors;
}
