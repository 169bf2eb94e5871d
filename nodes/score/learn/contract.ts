/** What training is asked for and what it tells: plain data, which goes to the training process and back. */
import type { ErrorCode, ErrorContext } from '../../shared/errors.ts';
import type { HealthyErrors, WindowColumn } from '../../shared/messages.ts';

export const tasks = ['normal', 'predict', 'classes'] as const;
/**
 * - normal: what the machine is like when it is well; the model reconstructs a window, and what it can not reconstruct is an anomaly
 * - predict: one tag from all the others; what differs from the prediction is an anomaly
 * - classes: which of the taught labels a window belongs to
 */
export type LearningTask = (typeof tasks)[number];

export const methods = ['auto', 'pca', 'autoencoder', 'isolation-forest'] as const;
export type Method = (typeof methods)[number];
/** What a model was really made with. */
export type UsedMethod = Exclude<Method, 'auto'> | 'regression' | 'softmax';

/** Values of one window at most. Larger raw windows: shorten them, or learn from features. */
export const MOST_VALUES = 1024;
/** Values in all, rows × values of one: training takes about 250 MB then. */
export const MOST_TOTAL = 4_194_304;
/** Of a value, without its sign: beyond this, squares and products of values leave what float32 can hold. */
export const LARGEST = 1e15;
export const MOST_CLASSES = 50;
/** Windows a class needs at least. */
export const LEAST_OF_CLASS = 10;
/** The class of what is like none of the taught ones; no label may be called so. */
export const UNKNOWN = 'unknown';

/** What is taken for healthy for good: windows of the first model, or of the last one that somebody accepted, coarsely. */
export interface Anchor {
  /** [n, width] */
  rows: Float32Array;
  width: number;
  /** Epoch ms: end of the first and of the last window. */
  from: number;
  to: number;
}

export interface TrainingRequest {
  task: LearningTask;
  /** Of task normal; `auto` (the default) compares all three and takes the best. */
  method?: Method;
  /** What the F columns of [1, F], or the C of [1, T, C], mean. Empty for an embedding, whose numbers have no names. */
  columns: WindowColumn[];
  /** Of one window: [1, F] (features, or one sample) or [1, T, C] (raw). */
  inputDims: number[];
  /** Row-major [n, F or T·C], in the order of time. */
  rows: Float32Array;
  /** When each window ended: epoch ms, n of them, never falling. */
  times: Float64Array;
  /** How long a window is, in ms: neighbours that overlap are kept from leaking into held-out data. 0 for single samples. */
  windowMs: number;
  /** Task classes: one for each row. */
  labels?: string[];
  /** Task predict: the tag to predict. */
  target?: string;
  /** The model's name, as viewers and reports show it. */
  name: string;
  /** Same seed and data, same model, byte for byte. */
  seed: number;
  /** Learn although windows look anomalous or the machine changed meanwhile: they become warnings of the report. */
  accept?: boolean;
  /** Tasks normal and predict: what windows may not have moved away from. */
  anchor?: Anchor;
  /** How many of the rows, the last ones, have come since the model before; default 0, nothing to compare. */
  latest?: number;
}

/** One point of the learning curve: mean squared error of standardised values (classes: mean log loss). */
export interface CurvePoint {
  epoch: number;
  trainingError: number;
  heldOutError: number;
}

/** A label that the model does not know, as it has too few windows. */
export interface LeftOut {
  label: string;
  windows: number;
  needed: number;
}

/** How one method did on held-out windows. */
export interface MethodResult {
  method: UsedMethod;
  /**
   * Share (0..1) of made anomalies that are found at 1 % false alarms: held-out windows in which one tag's values are those of another time (each alone
   * is ordinary, together they are not), and in which one tag is off by three of its deviations.
   */
  found: number;
}

/** The column that has moved furthest: what it is now, and what it was under like conditions. */
export interface Moved {
  column: string;
  unit: string;
  got: number;
  expected: number;
  /** How far that is, in its usual deviations; more than `limit` is not learned by itself. */
  deviations: number;
  limit: number;
  /** Epoch ms: the last window of the anchor. */
  since: number;
}

export interface TrainingReport {
  task: LearningTask;
  method: UsedMethod;
  /** How many windows were used for what. Windows between the parts are left out where they overlap. */
  windows: { all: number; training: number; stopping: number; heldOut: number };
  /** Epoch ms: end of the first and of the last window. */
  from: number;
  to: number;
  /** Empty for methods without epochs. */
  curve: CurvePoint[];
  /** Tasks normal and predict: error at quantiles of held-out windows; about 1 is typical. */
  healthy?: HealthyErrors;
  /** Method pca: how many components, and the share (0..1) of the variance that they explain. */
  components?: { count: number; explained: number };
  /** Task normal: the method used; with method auto all that were compared. */
  compared?: MethodResult[];
  /** Task predict: share (0..1) of the target's variance on held-out windows that the prediction explains. */
  explained?: number;
  /** Task classes: what came of held-out windows. */
  classes?: {
    labels: string[];
    /** Windows of each label. */
    counts: number[];
    /** Share (0..1) of held-out windows that got their own label; the mean over the labels. */
    accuracy: number;
    /** [taught label][given label]; the last given one is `unknown`. */
    confusion: number[][];
    /** Found without the held-out windows: ridge, and the temperature by which the model is less sure than it was trained. */
    chosen: { ridge: number; temperature: number };
    /** Labels that have too few windows to be learned. */
    leftOut?: LeftOut[];
  };
  /** What has moved most since the anchor, where there is one to compare with. */
  moved?: Moved;
  /** Columns that never changed, as `tag feature`. */
  constant: string[];
  /** What would have been refused without `accept`, and what somebody should know of the model. */
  warnings: { code: ErrorCode; context: ErrorContext }[];
}

export type TrainingEvent =
  /** `share` 0..1 of the whole. */
  | { kind: 'progress'; share: number; method: UsedMethod; epoch?: number; trainingError?: number; heldOutError?: number }
  /** `manifest` is what stands beside the model as `<name>.json`; its sha256 is that of `onnx`; `anchor` is what these windows would be as one. */
  | { kind: 'done'; onnx: Uint8Array; manifest: Record<string, unknown>; report: TrainingReport; anchor?: Anchor }
  /** Nothing was learned; `new LinewatchError(code, context)` says why and what to do. */
  | { kind: 'refused'; code: ErrorCode; context: ErrorContext };

/** Where progress goes; never called again after `done` or `refused`. */
export type OnEvent = (event: TrainingEvent) => void;

/*
 * learn/train/train.ts:    train(request: TrainingRequest, onEvent: OnEvent): void           pure, synchronous; never throws for what can be in a request
 * learn/train/trainer.ts:  startTraining(request, { onEvent, deadlineMs?, memoryMb?, niceness? }): { cancel(): void; done: Promise<void> }
 *                    the same in a process of its own. A crash, its deadline or its memory limit comes as `refused` with code
 *                    learn-crashed, learn-deadline, learn-memory; cancel() gives `refused` with learn-cancelled. `done` resolves when the process is gone.
 */
