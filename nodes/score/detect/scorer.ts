import { describe, LinewatchError } from '../../shared/errors.ts';
import type { AnomalyInfo } from '../../shared/messages.ts';
import { Dial, type DialState, type FalseAlarms, scoreOf } from './dial.ts';
import { isHealthyTable } from './healthy-tail.ts';
import type { Evidence, Judgement } from './judgement.ts';
import type { Reading } from './read-message.ts';
import { ReconstructionDetector, type ReconstructionState } from './reconstruction.ts';
import { SampleDetector, type SamplesState } from './samples.ts';

export interface ScorerOptions {
  falseAlarms: FalseAlarms;
  /** How many results, and how many samples, are learned before watching. */
  learnResults: number;
  learnSamples: number;
}

export type Outcome =
  | { dropped: 'errorNotFinite' | 'noNumber' | 'notNew' }
  | { anomaly: Omit<AnomalyInfo, 'cause'>; evidence: Evidence[]; progress: number; adapted: string[]; badHealthy: boolean };

export const commands = ['pause', 'resume', 'learn', 'reset'] as const;
export type Command = (typeof commands)[number];

export interface ScorerState {
  version: 1;
  learnResults: number;
  learnSamples: number;
  paused: boolean;
  dial: DialState;
  results: ReconstructionState;
  samples: SamplesState;
}

const areNumbers = (values: unknown) => Array.isArray(values) && values.every(Number.isFinite);

/** Everything one anomaly-score node knows: two detectors, the dial, the phase. Its state is plain data. */
export class Scorer {
  readonly #options: ScorerOptions;
  #dial: Dial;
  #results: ReconstructionDetector;
  #samples: SampleDetector;
  #paused: boolean;

  constructor(options: ScorerOptions, saved?: ScorerState) {
    this.#options = options;
    this.#dial = new Dial(options.falseAlarms, saved?.dial);
    this.#results = new ReconstructionDetector(options.learnResults, saved?.results);
    this.#samples = new SampleDetector(options.learnSamples, saved?.samples);
    this.#paused = saved?.paused ?? false;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /**
   * A scorer that goes on where `toState` was taken; undefined where the state was learned with other lengths than now.
   * @throws Error where this is not such a state
   */
  static restore(options: ScorerOptions, content: unknown): Scorer | undefined {
    const saved = (content ?? {}) as Partial<ScorerState>;
    if (saved.version !== 1) throw new Error(`version: expected 1, got ${describe(saved.version)}`);
    if (saved.learnResults !== options.learnResults || saved.learnSamples !== options.learnSamples) return undefined;
    const { dial, results, samples } = saved;
    // One value that is no number would make every comparison false: a score that is never an anomaly.
    const complete =
      [dial?.intervals, results?.learned?.values, results?.recent, results?.errors].every(areNumbers) && typeof samples === 'object';
    if (!complete) throw new Error('a part is missing or not a number');
    return new Scorer(options, saved as ScorerState);
  }

  /** @param time of the message, epoch ms */
  score(reading: Reading, time: number): Outcome {
    if (reading.kind === 'unusable') return { dropped: reading.reason };
    if (this.#paused)
      return this.#outcome({ phase: 'watching', progress: 1, logP: 0, contributions: {}, evidence: [], adapted: [], skipped: [] });
    this.#dial.tick(time);
    const threshold = this.#dial.logThreshold;
    if (reading.kind === 'reconstruction') {
      const { healthy } = reading.result;
      const badHealthy = healthy !== undefined && !isHealthyTable(healthy);
      return this.#outcome(this.#results.judge(reading.result, threshold), badHealthy);
    }
    const judgement = this.#samples.judge(reading.numbers, time, threshold);
    if (judgement !== undefined) return this.#outcome(judgement);
    return { dropped: reading.numbers.some(({ value }) => value !== undefined) ? 'notNew' : 'noNumber' };
  }

  /** @throws LinewatchError input-command for anything else than { do: pause | resume | learn | reset } */
  command(command: unknown): Command {
    const name = (command as { do?: unknown } | null)?.do;
    switch (name) {
      case 'pause':
        this.#paused = true;
        return name;
      case 'resume':
        if (this.#paused) {
          this.#results.resume();
          this.#samples.resume();
        }
        this.#paused = false;
        return name;
      case 'learn':
        this.#results.learn();
        this.#samples = new SampleDetector(this.#options.learnSamples);
        this.#paused = false;
        return name;
      case 'reset':
        this.#dial = new Dial(this.#options.falseAlarms);
        this.#results = new ReconstructionDetector(this.#options.learnResults);
        this.#samples = new SampleDetector(this.#options.learnSamples);
        this.#paused = false;
        return name;
      default:
        throw new LinewatchError('input-command', {
          expected: commands.map((known) => `{ do: "${known}" }`).join(', '),
          got: name === undefined ? describe(command) : describe(name),
        });
    }
  }

  toState(): ScorerState {
    const { learnResults, learnSamples } = this.#options;
    return {
      ...{ version: 1, learnResults, learnSamples, paused: this.#paused },
      ...{ dial: this.#dial.toState(), results: this.#results.toState(), samples: this.#samples.toState() },
    };
  }

  #outcome(judgement: Judgement, badHealthy = false): Outcome {
    const { logP, contributions, evidence, progress, adapted, skipped } = judgement;
    const threshold = this.#dial.logThreshold;
    const anomaly: Omit<AnomalyInfo, 'cause'> = {
      score: scoreOf(logP),
      isAnomaly: logP <= threshold,
      // Not 0 even where a double would be: its logarithm is what people plot.
      pValue: Math.exp(Math.max(-690, logP)),
      threshold: scoreOf(threshold),
      contributions,
      phase: this.#paused ? 'paused' : judgement.phase,
    };
    if (skipped.length > 0) anomaly.skipped = skipped;
    return { anomaly, evidence, progress, adapted, badHealthy };
  }
}
