import { LinewatchError } from '../shared/errors.ts';
import type { WindowColumn, WindowInfo } from '../shared/messages.ts';
import { float32Tensor, type Tensor } from '../shared/tensor.ts';
import { type FeatureName, feature, featureUnit } from './signal/features.ts';
import type { Sample } from './signal/read-sample.ts';
import { Resampler } from './signal/resample.ts';
import { column, SlidingWindow, standardise, type WindowCut } from './signal/sliding-window.ts';
import type { Smoothing } from './signal/smoothing.ts';

export interface WindowConfig {
  /** In the order of the columns; empty: all number tags of the first sample. */
  tags: string[];
  mode: 'features' | 'raw';
  features: FeatureName[];
  bandLowHz: number;
  bandHighHz: number;
  /** Grid samples in a window, and from one window to the next. */
  size: number;
  hop: number;
  sampleRateHz: number;
  maxGapMs: number;
  smoothing: Smoothing;
  standardise: boolean;
}

/** `dropped`: the windows, one or more in a row, that this sample completed and that touch a gap of these tags. */
export type Windowed =
  | { kind: 'window'; payload: Tensor; window: WindowInfo }
  | { kind: 'dropped'; tags: string[]; windows: number; end: number };

/** Numbers that one node keeps, at most: 32 MB of the gateway's memory, and as much again while a window is cut. */
const MOST_VALUES = 4_000_000;

/** @throws LinewatchError window-too-large */
export function checkMemory(size: number, tags: number): void {
  if (size * tags > MOST_VALUES) throw new LinewatchError('window-too-large', { max: MOST_VALUES, samples: size, tags });
}

interface Running {
  tags: string[];
  resampler: Resampler;
  sliding: SlidingWindow;
  started: number;
}

/** From samples to windows: the whole of the window node but Node-RED. */
export class Windower {
  readonly #config: WindowConfig;
  readonly #units = new Map<string, string>();
  readonly #seen = new Set<string>();
  #running: Running | undefined;
  #told = false;

  constructor(config: WindowConfig) {
    this.#config = config;
  }

  /** How much of the first window has come, 0..1. */
  get filled(): number {
    return this.#running?.sliding.filled ?? 0;
  }

  /** The chosen tags that have never come, once a whole window's time has passed. */
  get neverCame(): string[] {
    return this.#told ? (this.#running?.tags ?? []).filter((tag) => !this.#seen.has(tag)) : [];
  }

  /**
   * Takes a sample and returns the windows that are complete with it.
   * @throws LinewatchError window-tag-missing, once, when a chosen tag has not come in a whole window; window-no-tags and
   *   window-too-large where the first sample's tags are taken
   */
  add(sample: Sample): Windowed[] {
    this.#running ??= this.#start(sample);
    const running = this.#running;
    for (const [tag, unit] of sample.units) this.#units.set(tag, unit);
    for (const tag of sample.values.keys()) if (running.tags.includes(tag)) this.#seen.add(tag);
    const values = running.tags.map((tag) => sample.values.get(tag) ?? Number.NaN);
    const results: Windowed[] = [];
    for (const row of running.resampler.add(sample.time, values)) {
      const cut = running.sliding.add(row);
      if (cut !== undefined) this.#append(results, this.#finish(cut, running.tags));
    }
    this.#checkTags(sample, running);
    return results;
  }

  /** After a pause one sample may complete hundreds of empty windows: they leave as one. */
  #append(results: Windowed[], next: Windowed): void {
    const last = results.at(-1);
    if (last?.kind !== 'dropped' || next.kind !== 'dropped') {
      results.push(next);
      return;
    }
    const tags = [...new Set([...last.tags, ...next.tags])];
    results[results.length - 1] = { ...next, tags, windows: last.windows + 1 };
  }

  #start(sample: Sample): Running {
    const { size, hop, sampleRateHz, maxGapMs, smoothing } = this.#config;
    const found = [...sample.values].filter(([, value]) => !Number.isNaN(value)).map(([tag]) => tag);
    const tags = this.#config.tags.length > 0 ? this.#config.tags : found;
    if (tags.length === 0) throw new LinewatchError('window-no-tags', {});
    checkMemory(size, tags.length);
    // What is longer than a window and a bridged gap touches no two windows that could be formed.
    const maxTicks = size + Math.ceil((maxGapMs / 1000) * sampleRateHz);
    return {
      tags,
      resampler: new Resampler(tags.length, sampleRateHz, maxGapMs, maxTicks),
      sliding: new SlidingWindow(size, hop, tags.length, smoothing),
      started: sample.time,
    };
  }

  #checkTags(sample: Sample, { tags, started }: Running): void {
    const { size, sampleRateHz } = this.#config;
    if (this.#told || sample.time - started < (size * 1000) / sampleRateHz) return;
    const missing = tags.find((tag) => !this.#seen.has(tag));
    if (missing === undefined) return;
    this.#told = true;
    throw new LinewatchError('window-tag-missing', {
      tag: missing,
      seconds: Math.round(size / sampleRateHz),
      got: [...sample.values.keys()].slice(0, 12).join(', ') || 'no tags',
    });
  }

  #finish(cut: WindowCut, tags: string[]): Windowed {
    if (cut.kind === 'gap') return { kind: 'dropped', tags: cut.tags.map((tag) => tags[tag] as string), windows: 1, end: cut.end };
    const { mode, features, size, sampleRateHz } = this.#config;
    const quality = cut.held ? 'UncertainLastUsableValue' : 'Good';
    const describeWindow = (columns: WindowColumn[]): WindowInfo => ({ columns, start: cut.start, end: cut.end, sampleRateHz, quality });
    const unit = (tag: string) => this.#units.get(tag) ?? '';
    if (mode === 'raw') {
      const samples = this.#config.standardise ? standardise(cut.samples, tags.length) : cut.samples;
      const columns = tags.map((tag) => ({ tag, feature: 'raw', unit: this.#config.standardise ? '' : unit(tag) }));
      const payload = float32Tensor([1, size, tags.length], Float32Array.from(samples));
      return { kind: 'window', payload, window: describeWindow(columns) };
    }
    const columns: WindowColumn[] = [];
    const values: number[] = [];
    tags.forEach((tag, index) => {
      const signal = column(cut.samples, tags.length, index);
      for (const name of features) {
        columns.push({ tag, feature: name, unit: featureUnit(name, unit(tag)) });
        values.push(feature(name, signal, this.#config));
      }
    });
    return { kind: 'window', payload: float32Tensor([1, values.length], Float32Array.from(values)), window: describeWindow(columns) };
  }
}
