import { asLinewatchError, LinewatchError } from '../../shared/errors.ts';
import { elementCount, type Tensor, type TensorData, tensorArrays } from '../../shared/tensor.ts';
import { bytesOf, splitRows } from './batch.ts';
import { checkSum } from './check-sum.ts';
import { type Answer, type LoadedModelInfo, type ModelSetup, type Part, sendable, type TensorSpec, type Tensors } from './protocol.ts';
import { agree } from './rows-agree.ts';
import { joinRuns, runsOf } from './rows-apart.ts';
import { type LoadedModel, loadModel } from './runtime.ts';

/** The channel to Node-RED takes 4 GB at most, and Node-RED would have to hold it. */
const MOST_MB = 1024;
/** States kept of one model, in number and bytes; of more the longest unused is forgotten, and its next run begins anew. */
const STATES_KEPT = 10_000;
const STATE_BYTES_KEPT = 64 * 2 ** 20;

type Run = Omit<Answer, 'id' | 'kind'>;

/** One model within a host process, and what it keeps from run to run. */
export class Slot {
  readonly info: LoadedModelInfo;
  readonly #model: LoadedModel;
  readonly #links: ModelSetup['state'];
  /** Key → input → tensor, the longest unused first. */
  readonly #states = new Map<string, Tensors>();
  readonly #initial: Tensors;

  private constructor(model: LoadedModel, setup: ModelSetup, loadMs: number) {
    this.#model = model;
    this.#links = setup.state;
    const specs = setup.state.map((link) => linked(model, setup.path, link));
    this.#initial = Object.fromEntries(specs.map((spec) => [spec.name, zeros(spec)]));
    const isLinked = (name: string) => setup.state.some(({ output }) => output === name);
    const others = model.info.outputs.filter(({ name }) => !isLinked(name));
    // A model may give nothing but its state.
    const inputs = model.info.inputs.filter(({ name }) => !Object.hasOwn(this.#initial, name));
    this.info = { ...model.info, inputs, outputs: others.length > 0 ? others : model.info.outputs, loadMs };
  }

  /** @throws LinewatchError as `loadModel`; model-checksum, model-state, file-unreadable */
  static async load(setup: ModelSetup): Promise<Slot> {
    if (setup.sha256 !== undefined) await checkSum(setup.path, setup.sha256);
    const start = performance.now();
    const model = await loadModel(setup);
    return new Slot(model, setup, performance.now() - start);
  }

  /**
   * @param key whose state goes in and is kept; `fresh`: there was none
   * @param apart the rows are pictures of their own, and may be run one by one
   */
  async run(inputs: Tensors, key = '', apart = false): Promise<Run> {
    const isStateful = this.#links.length > 0;
    const known = isStateful ? this.#states.get(key) : undefined;
    const fed = isStateful ? { ...inputs, ...(known ?? this.#initial) } : inputs;
    const cpu = process.cpuUsage();
    const start = performance.now();
    const all = apart && !isStateful ? await this.#runApart(fed) : await this.#model.run(fed);
    const runMs = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    const outputs = Object.fromEntries(this.info.outputs.map(({ name }) => [name, all[name] as Tensor]));
    const megabytes = bytesOf(outputs) / 2 ** 20;
    if (megabytes > MOST_MB) throw new LinewatchError('model-output-size', { expected: MOST_MB, got: Math.ceil(megabytes) });
    const cost = { outputs, runMs, cpuMs: (user + system) / 1000 };
    if (!isStateful) return cost;
    this.#states.delete(key);
    this.#states.set(key, Object.fromEntries(this.#links.map(({ input, output }) => [input, all[output] as Tensor])));
    const most = Math.max(1, Math.min(STATES_KEPT, STATE_BYTES_KEPT / Math.max(1, bytesOf(this.#states.get(key) as Tensors))));
    if (this.#states.size > most) this.#states.delete(this.#states.keys().next().value as string);
    return { ...cost, fresh: known === undefined };
  }

  async #runApart(inputs: Tensors): Promise<Tensors> {
    const { runs, rows } = runsOf(inputs, this.info.inputs);
    const [only] = runs;
    if (only !== undefined && runs.length === 1) return this.#model.run(only);
    const outputs: Tensors[] = [];
    for (const part of runs) outputs.push(await this.#model.run(part));
    return joinRuns(outputs, rows);
  }

  /**
   * Runs several messages at once. Where that fails, or is to be checked, each is run alone as well, and what it gives then counts.
   * @param rows how many rows each message has, in order
   */
  async runBatch(inputs: Tensors, rows: readonly number[], check: boolean): Promise<Run> {
    let joint: Run | undefined;
    try {
      joint = await this.run(inputs);
    } catch {
      // One message may spoil it for all: alone, only that one fails.
    }
    const split = joint && splitRows(joint.outputs, rows);
    if (joint !== undefined && split !== undefined && !check) return joint;
    const parts: Part[] = [];
    let [runMs, cpuMs] = [joint?.runMs ?? 0, joint?.cpuMs ?? 0];
    for (const alone of splitRows(inputs, rows) ?? []) {
      try {
        const run = await this.run(alone);
        parts.push({ outputs: run.outputs });
        runMs += run.runMs;
        cpuMs += run.cpuMs;
      } catch (thrown) {
        parts.push({ error: sendable(asLinewatchError(thrown)) });
      }
    }
    const alike = split?.every((outputs, index) => {
      const part = parts[index];
      return part !== undefined && 'outputs' in part && agree(outputs, part.outputs);
    });
    // Where the batch only failed, its rows may be independent all the same.
    const told = joint === undefined ? {} : { independent: alike === true };
    return { outputs: {}, runMs, cpuMs, parts, ...told };
  }

  /** A run that leaves no trace, so that the first real one finds everything in place. @throws LinewatchError model-run */
  async warmUp(inputs: Tensors, apart = false): Promise<void> {
    const [first = inputs] = apart ? runsOf(inputs, this.info.inputs).runs : [];
    await this.#model.run({ ...first, ...this.#initial });
  }

  /** Forgets the states of a lane: their keys begin with it. */
  forget(lane: string): void {
    for (const key of [...this.#states.keys()]) if (key.startsWith(`${lane} `)) this.#states.delete(key);
  }

  async release(): Promise<void> {
    this.#states.clear();
    await this.#model.release();
  }
}

/** The input of a state link. @throws LinewatchError model-state where the names or types do not fit together */
function linked({ info }: LoadedModel, path: string, { input, output }: { input: string; output: string }): TensorSpec {
  const names = (specs: TensorSpec[]) => specs.map(({ name }) => name).join(', ');
  const to = info.inputs.find(({ name }) => name === input);
  if (to === undefined) throw new LinewatchError('model-state', { path, what: 'input', expected: names(info.inputs), got: input });
  const from = info.outputs.find(({ name }) => name === output);
  if (from === undefined) throw new LinewatchError('model-state', { path, what: 'output', expected: names(info.outputs), got: output });
  if (from.type !== to.type) {
    throw new LinewatchError('model-state', { path, what: `the type of ${output}`, expected: to.type, got: from.type });
  }
  return to;
}

function zeros({ type, dims }: TensorSpec): Tensor {
  const shape = dims.map((dim) => (typeof dim === 'number' ? dim : 1));
  const count = elementCount(shape);
  const data = type === 'string' ? Array.from({ length: count }, () => '') : (new tensorArrays[type](count) as TensorData);
  return { type, dims: shape, data };
}
