/** The shapes of the messages that nodes exchange. Every other property of a message passes through untouched. */
import type { Tensor } from './tensor.ts';

/** OPC UA status names (Part 4, 7.39), the few that a gateway needs. */
export type Quality = 'Good' | 'UncertainLastUsableValue' | 'BadNotConnected' | 'BadTimeout' | 'BadOutOfRange' | 'BadNoCommunication';

export type TagValue = number | boolean | string | null;

export interface TagReading {
  value: TagValue;
  unit: string;
  quality: Quality;
  /** Epoch ms, when the answer arrived. */
  timestamp: number;
}

/** A sensor sample: `payload` is what most flows need, `tags` says how far to trust it. */
export interface SampleMessage {
  payload: Record<string, TagValue>;
  tags: Record<string, TagReading>;
  /** Where only changes are sent: the tags that moved beyond their deadbands, or whose quality changed. */
  changed?: string[];
  topic: string;
  timestamp: number;
}

export interface WindowColumn {
  tag: string;
  /** `raw`, or the name of the feature computed over the window. */
  feature: string;
  unit: string;
}

export interface WindowInfo {
  columns: WindowColumn[];
  /** Epoch ms of the first and the last sample. */
  start: number;
  end: number;
  sampleRateHz: number;
  quality: Quality;
}

/** `payload`: tensor [1, T, C] (raw) or [1, F] (features). */
export interface WindowMessage {
  payload: Tensor;
  window: WindowInfo;
  topic: string;
  timestamp: number;
}

/** What a model run cost, in `msg.inference`. */
export interface InferenceInfo {
  model: string;
  version: string;
  backend: string;
  queueMs: number;
  runMs: number;
  /** Where the message was a picture: until it was the model's input; meanwhile the model may have run on another. */
  prepareMs?: number;
  /** How many messages the run was shared by. */
  batch: number;
  /** For a model whose output is fed back; `reset`: what it had was lost by a restart or a swap. */
  state?: 'new' | 'continued' | 'reset';
}

/** How large the error was on healthy data that the model had not seen in training: error at each quantile. */
export interface HealthyErrors {
  /** Ascending in (0, 1), e.g. 0.5, 0.99, 0.999. */
  quantiles: number[];
  errors: number[];
  /**
   * The same for the median error of the last `over` results: it tells a small fault that lasts from a large change that
   * passes.
   */
  lasting?: { over: number; errors: number[] };
}

/** What `interpret` sends for a reconstruction. */
export interface ReconstructionResult {
  /** Root mean square over the columns of the scaled error; 1 is typical of healthy data. */
  error: number;
  /** Tag → its share of the squared error, summing to 1. */
  byColumn: Record<string, number>;
  /** Per column: what came, and what the model expected of it from all the others, in the column's unit. */
  columns: { tag: string; feature: string; unit: string; value: number; expected: number; error: number }[];
  healthy?: HealthyErrors;
}

/** A rectangle in a picture's own pixels; x to the right and y down from the top left corner. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * Where a model's input lies in the picture: the point (u, v) of the input (pixels, from its top left corner) is the point
 * (x + u · scaleX, y + v · scaleY) of the picture. `x` and `y` are negative where the input begins with padding.
 */
export interface Placement {
  /** Of the model's input, pixels. */
  width: number;
  height: number;
  x: number;
  y: number;
  /** Picture pixels per pixel of the input. */
  scaleX: number;
  scaleY: number;
  /** The part of the picture that the input shows. */
  region: Box;
}

/** `msg.image`: the picture that a tensor was made of. */
export interface ImageInfo {
  /** The picture as it came, encoded; absent where raw pixels came. */
  buffer?: Uint8Array;
  /** After turning it upright, pixels. */
  width: number;
  height: number;
  placement: Placement;
  /** Where one picture was cut into several rows of the tensor (tiles, regions): the place of each; `placement` is that of the first. */
  placements?: Placement[];
}

/** Something found in a picture. */
export interface DetectedObject {
  label: string;
  /** 0..1 */
  score: number;
  /** In picture pixels, within the picture. */
  box: Box;
  /** Outline in picture pixels where it is no upright rectangle, e.g. of a slanted line of text. */
  outline?: [number, number][];
  /** Named points, e.g. the eyes of a face, in picture pixels. */
  points?: [number, number][];
  /** Names of the zones it is in. */
  zones?: string[];
}

/** What `interpret` sends for objects in a picture. */
export interface ObjectsResult {
  /** The surest first. */
  objects: DetectedObject[];
  count: number;
  /** Label → how many. */
  counts: Record<string, number>;
  /** Zone → how many are in it; only where zones were drawn. */
  zones?: Record<string, number>;
  /** Zone → its corners in picture pixels, for whoever draws them. */
  zoneOutlines?: Record<string, [number, number][]>;
}

/** What `interpret` sends for an anomaly map: how odd each place of a picture is. */
export interface AnomalyMapResult extends ObjectsResult {
  /** The largest of the map, in the model's own measure, or 0..1 where the manifest says its range. */
  score: number;
  isAnomaly?: boolean;
  map: Tensor;
}

/** What `interpret` sends for lines of text that were read. */
export interface TextResult {
  /** All lines, from top to bottom, joined by line feeds. */
  text: string;
  /** Of the least sure line, 0..1. */
  score: number;
  lines: { text: string; score: number; box?: Box }[];
}

export type Phase = 'learning' | 'watching' | 'paused';

export interface AnomalyInfo {
  /** 0..1 */
  score: number;
  isAnomaly: boolean;
  /** True on the one message with which an anomaly begins, and not again before the cool-down is over. */
  alarm: boolean;
  pValue: number;
  /** The score from which on it is an anomaly. */
  threshold: number;
  cause: string;
  contributions: Record<string, number>;
  phase: Phase;
  /** While paused, why: by command, the machine is off, it has just come on, or it is not known whether it runs. */
  paused?: 'command' | 'off' | 'settling' | 'unknown';
  /** Tags whose change has lasted so long that it is no passing one: on the message with which it has. */
  drifted?: string[];
  /** Tags of this sample that could not be judged: no finite number, bad quality, or not newer than the last reading. */
  skipped?: string[];
}

/** `cleared`: the condition is gone; `normal`: nothing is left to see or to acknowledge. */
export type AlertState = 'raised' | 'acknowledged' | 'cleared' | 'normal';
export type Severity = 'low' | 'medium' | 'high' | 'critical';

export interface Alert {
  id: string;
  name: string;
  state: AlertState;
  severity: Severity;
  /** Epoch ms. */
  since: number;
  value: number | string | null;
  limit: number | string | null;
  unit: string;
  message: string;
  cause: string;
  advice: string;
}

/** `failed`: it is certain that it was not carried out, or that the device holds something else. `unknown`: it may have been. */
export type WriteOutcome = 'acknowledged' | 'failed' | 'unknown';

export interface WriteResult {
  tag: string;
  /** As the device now holds it; as it was asked for where the write was not acknowledged. A list where several are written at once. */
  value: TagValue | TagValue[];
  outcome: WriteOutcome;
  error?: string;
  /** Epoch ms, when the outcome was known. */
  timestamp: number;
}

/** A message dropped with its reason on a node's last output. */
export interface DropInfo {
  reason: string;
}
