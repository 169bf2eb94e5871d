import { defineNode, type Message } from '../node-red/define-node.ts';
import { dataFolder, readState, stateFile, writeState } from '../node-red/files.ts';
import { wordError } from '../node-red/wording.ts';
import { asLinewatchError, LinewatchError } from '../shared/errors.ts';
import type { DropInfo } from '../shared/messages.ts';
import { wordCause } from './detect/cause.ts';
import { finite, readMessage } from './detect/read-message.ts';
import { type Outcome, Scorer, type ScorerOptions } from './detect/scorer.ts';

/** Gateways have flash: state is written at most so often, and on close. */
const SAVE_MS = 5 * 60_000;
/** A status line that changes faster than this can not be read. */
const STATUS_MS = 1000;
const LEARN_RESULTS = 300;
const LEARN_SAMPLES = 150;

export default defineNode<ScorerOptions>({
  type: 'linewatch-anomaly-score',
  url: import.meta.url,

  read(fields) {
    const learnCount = fields.optionalNumber('learnCount', { min: 50, max: 10_000, integer: true });
    return {
      falseAlarms: fields.choice('falseAlarms', ['hour', 'day', 'week', 'month'], 'week'),
      learnResults: learnCount ?? LEARN_RESULTS,
      learnSamples: learnCount ?? LEARN_SAMPLES,
    };
  },

  start({ config, clock, node, RED, language, status, text }) {
    const warn = (thrown: unknown) => node.warn(wordError(asLinewatchError(thrown), language));
    const folder = dataFolder(RED.settings as Parameters<typeof dataFolder>[0]);
    const file = folder === undefined ? undefined : stateFile(folder, node.id);
    let scorer = new Scorer(config);
    try {
      if (file !== undefined) scorer = readState(file, (content) => Scorer.restore(config, content)) ?? scorer;
    } catch (thrown) {
      warn(thrown);
    }

    let saved = clock.now();
    let saving = Promise.resolve();
    let shown = { kind: '', at: Number.NEGATIVE_INFINITY };
    let warnedOfTable = false;

    const save = () => {
      if (file === undefined) return;
      const state = scorer.toState();
      const release = clock.hold();
      saved = clock.now();
      saving = saving
        .then(() => writeState(file, state))
        .catch(warn)
        .finally(release);
    };
    /** At most once a second, unless the kind of status changes. */
    const show = (kind: string, set: () => void) => {
      if (kind === shown.kind && Math.abs(clock.now() - shown.at) < STATUS_MS) return;
      shown = { kind, at: clock.now() };
      set();
    };
    const showPhase = () => show('phase', () => (scorer.paused ? status('grey', 'paused') : status('grey', 'waiting')));
    const showOutcome = ({ anomaly, progress }: Exclude<Outcome, { dropped: string }>) => {
      const score = anomaly.score.toFixed(2);
      if (anomaly.phase === 'paused') return show('paused', () => status('grey', 'paused'));
      if (anomaly.phase === 'learning')
        return show('learning', () => status('yellow', 'learning', { percent: Math.floor(progress * 100) }));
      if (!anomaly.isAnomaly) return show('normal', () => status('green', 'normal', { score }));
      const [tag] = Object.entries(anomaly.contributions).sort((a, b) => b[1] - a[1])[0] ?? [''];
      return show(`anomaly ${tag}`, () => status('red', 'anomaly', { score, tag }, 'dot'));
    };

    showPhase();
    return {
      input(message, send) {
        try {
          if (message.command !== undefined) {
            scorer.command(message.command);
            shown = { kind: '', at: 0 };
            showPhase();
            save();
            return;
          }
          const outcome = scorer.score(readMessage(message), finite(message.timestamp) ?? clock.now());
          if ('dropped' in outcome) {
            const dropped: DropInfo = { reason: text(`reason.${outcome.dropped}`) };
            show('dropped', () => status('yellow', 'dropped', { ...dropped }));
            send([null, { ...message, dropped } as Message]);
            return;
          }
          for (const tag of outcome.adapted) node.warn(text('adapted', { tag }));
          if (outcome.badHealthy && !warnedOfTable) warn(new LinewatchError('score-healthy'));
          warnedOfTable ||= outcome.badHealthy;
          message.anomaly = { ...outcome.anomaly, cause: wordCause(outcome.evidence, text) };
          showOutcome(outcome);
          send([message, null]);
        } catch (thrown) {
          // The error takes the status line; the next message must be able to take it back at once.
          shown = { kind: 'error', at: 0 };
          throw thrown;
        }
        if (Math.abs(clock.now() - saved) >= SAVE_MS) save();
      },

      async close() {
        save();
        await saving;
      },
    };
  },
});
