import { LinewatchError } from '../../shared/errors.ts';
import { type Command, readCommand, wrong } from './command.ts';
import { CoolDown, usualCoolDown, WHOLE } from './cool-down.ts';
import { Dial, type FalseAlarms } from './dial.ts';
import { isHealthyTable } from './healthy-tail.ts';
import type { Judgement } from './judgement.ts';
import { type Judged, judgedAs, type Outcome } from './outcome.ts';
import { Pause, type PauseReason, type RunningRule } from './pause.ts';
import type { Reading } from './read-message.ts';
import { ReconstructionDetector, type ReconstructionState } from './reconstruction.ts';
import { SampleDetector, type SamplesState } from './samples.ts';
import { checkState, type ScorerState } from './scorer-state.ts';
import type { TagTuning } from './tag/tuning.ts';

export type { Outcome } from './outcome.ts';

export interface ScorerOptions {
  falseAlarms: FalseAlarms;
  /** How many results, and how many samples, are learned before watching. */
  learnResults: number;
  learnSamples: number;
  /** How many samples are learned before several tags are watched together; as `samples.ts` has it where it is missing. */
  learnTogether?: number;
  /** How the tags of a sample are looked at together; 'auto' where it is missing. */
  together?: 'auto' | 'pca' | 'off';
  /** Whether a change that lasts becomes the new normal by itself; it does where this is missing. */
  follow?: boolean;
  /** The least time from one alarm to the next; by the rate of messages where it is missing. */
  coolDownMs?: number;
  /** How the looks at single tags are weighed: the benchmarks vary it. */
  tuning?: TagTuning;
  /** Watches only while the machine runs. */
  running?: RunningRule;
}

const NOTHING: Judgement = {
  phase: 'watching',
  progress: 1,
  logP: 0,
  ...{ contributions: {}, evidence: [], adapted: [], drifted: [], skipped: [] },
};

/** Everything one anomaly-score node knows: two detectors, the dial, the phase, the alarm. Its state is plain data. */
export class Scorer {
  readonly #options: ScorerOptions;
  readonly #pause: Pause;
  #dial: Dial;
  #results: ReconstructionDetector;
  #samples: SampleDetector;
  #alarm: CoolDown;
  #interrupted: boolean;
  #sawAnomaly: boolean;

  /** @throws Error where the saved state is none */
  constructor(options: ScorerOptions, saved?: ScorerState) {
    this.#options = options;
    this.#pause = new Pause(options.running, saved?.pause);
    this.#dial = new Dial(options.falseAlarms, saved?.dial);
    this.#results = this.#newResults(saved?.results);
    this.#samples = this.#newSamples(saved?.samples);
    this.#alarm = new CoolDown(saved?.alarm);
    [this.#interrupted, this.#sawAnomaly] = saved?.flags ?? [false, false];
  }

  /** Why nothing would be judged at this time (epoch ms); undefined while watching or learning. */
  paused(time: number): PauseReason | undefined {
    return this.#pause.reason(time);
  }

  /** When a pause by command ends by itself, epoch ms. */
  get pausedUntil(): number | undefined {
    return this.#pause.until;
  }

  /**
   * A scorer that goes on where `toState` was taken; undefined where the state was learned with other lengths than now.
   * @throws Error where this is not such a state
   */
  static restore(options: ScorerOptions, content: unknown): Scorer | undefined {
    const saved = checkState(content);
    if (saved.learnResults !== options.learnResults || saved.learnSamples !== options.learnSamples) return undefined;
    return new Scorer(options, saved);
  }

  /** @param time of the message, epoch ms */
  score(reading: Reading, time: number): Outcome {
    if (reading.running !== undefined) this.#pause.observe(reading.running, time);
    if (reading.kind === 'unusable') {
      const isAbsorbed = reading.running !== undefined && reading.reason === 'noNumber';
      return isAbsorbed ? { absorbed: true } : { dropped: reading.reason };
    }
    const paused = this.#pause.reason(time);
    if (paused !== undefined) {
      this.#interrupted = true;
      return this.#outcome(NOTHING, time, paused);
    }
    if (this.#interrupted) this.#resume();
    this.#dial.tick(time, reading.kind === 'sample' ? (reading.numbers[0]?.tag ?? '') : '');
    const threshold = this.#dial.logThreshold;
    if (reading.kind === 'reconstruction') {
      const { healthy } = reading.result;
      const badHealthy = healthy !== undefined && !isHealthyTable(healthy);
      return { ...this.#outcome(this.#results.judge(reading.result, threshold), time), badHealthy };
    }
    const judgement = this.#samples.judge(reading.numbers, time, threshold);
    if (judgement !== undefined) return this.#outcome(judgement, time);
    const usable = reading.numbers.filter(({ value }) => value !== undefined);
    if (usable.length === 0) return { dropped: 'noNumber' };
    return { dropped: usable.some(({ tag }) => this.#samples.has(tag)) ? 'notNew' : 'tooManyTags' };
  }

  /**
   * @param time epoch ms at which the command came
   * @param payload of its message: the state to import, where the command has none
   * @returns the command; with the state where it asked for it
   * @throws LinewatchError input-command, score-input, score-nothing, score-state, score-state-other; then all is as before
   */
  command(given: unknown, time: number, payload?: unknown): Command & { exported?: ScorerState } {
    const command = readCommand(given, payload);
    switch (command.do) {
      case 'pause':
        this.#pause.pause(command.minutes === undefined ? undefined : time + 60_000 * command.minutes);
        this.#interrupted = true;
        break;
      case 'resume':
        this.#pause.resume();
        break;
      case 'normal':
        this.#accept(command.tag);
        break;
      case 'learn':
        this.#learn(command.tag);
        break;
      case 'reset':
        this.#takeOver(new Scorer(this.#options));
        this.#pause.resume();
        break;
      case 'export':
        return { ...command, exported: this.toState() };
      case 'import':
        this.#takeOver(this.#imported(command.state));
        break;
    }
    return command;
  }

  toState(): ScorerState {
    return { ...this.#frame(), samples: this.#samples.toState() };
  }

  /** The JSON text of `toState()`, in pieces made one by one: messages may be scored in between. */
  *toJson(): Generator<string> {
    yield `${JSON.stringify(this.#frame()).slice(0, -1)},"samples":`;
    yield* this.#samples.toJson();
    yield '}';
  }

  #frame(): Omit<ScorerState, 'samples'> {
    const { learnResults, learnSamples } = this.#options;
    return {
      ...{ version: 3, learnResults, learnSamples, pause: this.#pause.toState(), alarm: this.#alarm.toState() },
      ...{ flags: [this.#interrupted, this.#sawAnomaly], dial: this.#dial.toState(), results: this.#results.toState() },
    };
  }

  #newResults(saved?: ReconstructionState): ReconstructionDetector {
    const { learnResults: learnCount, follow = true } = this.#options;
    return new ReconstructionDetector({ learnCount, follow }, saved);
  }

  #newSamples(saved?: SamplesState): SampleDetector {
    const { learnSamples: warmUp, together = 'auto', follow = true, tuning } = this.#options;
    return new SampleDetector({ warmUp, togetherWarmUp: this.#options.learnTogether, together, follow, tuning }, saved);
  }

  /** After a pause nothing reaches back to before it. */
  #resume(): void {
    this.#results.resume();
    this.#samples.resume();
    this.#interrupted = false;
  }

  #accept(tag: string | undefined): void {
    this.#checkTag(tag);
    if (!this.#sawAnomaly) throw new LinewatchError('score-nothing');
    this.#samples.accept(tag);
    if (tag === undefined) this.#results.accept();
  }

  #learn(tag: string | undefined): void {
    this.#checkTag(tag);
    this.#samples.relearn(tag);
    if (tag !== undefined) return;
    this.#results.learn();
    this.#pause.resume();
    this.#sawAnomaly = false;
  }

  #checkTag(tag: string | undefined): void {
    if (tag !== undefined && !this.#samples.has(tag)) throw wrong('msg.command.tag', 'a tag of the samples that have come', tag);
  }

  /** @throws LinewatchError score-state, score-state-other */
  #imported(state: unknown): Scorer {
    let scorer: Scorer | undefined;
    try {
      // A copy: the message goes on to others, which may change it. And what JSON does not know must not pass the checks.
      scorer = Scorer.restore(this.#options, state);
    } catch (thrown) {
      throw new LinewatchError('score-state', { reason: thrown instanceof Error ? thrown.message : String(thrown) }, thrown);
    }
    if (scorer !== undefined) return scorer;
    const { learnResults: results, learnSamples: samples } = state as ScorerState;
    const { learnResults: ownResults, learnSamples: ownSamples } = this.#options;
    throw new LinewatchError('score-state-other', { results, samples, ownResults, ownSamples });
  }

  /** Takes over what another one has learned; whether the machine runs and is watched stays what it is here. */
  #takeOver(other: Scorer): void {
    this.#dial = other.#dial;
    this.#results = other.#results;
    this.#samples = other.#samples;
    this.#alarm = other.#alarm;
    this.#interrupted = other.#interrupted;
    this.#sawAnomaly = other.#sawAnomaly;
  }

  #outcome(judgement: Judgement, time: number, paused?: PauseReason): Judged {
    const threshold = this.#dial.logThreshold;
    const { logP, contributions, evidence, alone } = judgement;
    const isAnomaly = logP <= threshold;
    if (isAnomaly) this.#sawAnomaly = true;
    const whole = { alone: isAnomaly ? [WHOLE] : [], seen: [WHOLE] };
    const odd = alone === undefined ? whole : { alone, seen: Object.keys(contributions) };
    const coolDownMs = this.#options.coolDownMs ?? usualCoolDown(this.#dial.interval, this.#dial.messages);
    const isAlarm = this.#alarm.isAlarm({ isAnomaly, leading: evidence[0]?.tag, ...odd }, time, coolDownMs);
    return judgedAs(judgement, { threshold, isAlarm, paused });
  }
}
