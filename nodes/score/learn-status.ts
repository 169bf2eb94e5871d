import type { NodeContext } from '../node-red/define-node.ts';
import type { Collector } from './learn/collect/collector.ts';
import type { Skipped } from './learn/collect/read-row.ts';
import type { TrainingReport } from './learn/contract.ts';

/** Statuses travel to every open editor: once a second is enough. */
const STATUS_MS = 1000;

type Context = Pick<NodeContext<unknown>, 'status' | 'clock' | 'text'>;

interface Shown {
  readonly collector: Collector;
  /** Why the last training gave no model, in words. */
  readonly refusal: string | undefined;
  readonly awaitsDeploy: boolean;
}

/** What `learn normal` shows: how far it is. A change of phase shows at once. */
export function learnStatus({ status, clock, text }: Context, session: Shown) {
  let shown = { kind: '', at: Number.NEGATIVE_INFINITY };
  const now = (kind: string, set: () => void) => {
    if (kind === shown.kind && Math.abs(clock.now() - shown.at) < STATUS_MS) return;
    shown = { kind, at: clock.now() };
    set();
  };
  const percent = (share: number) => Math.floor(100 * share);

  return {
    phase() {
      const { options, phase, paused, progress, collected, wanted, label, labels, learned } = session.collector;
      const reason = session.refusal;
      if (paused) return now('paused', () => status('grey', 'paused'));
      if (phase === 'collecting' && label !== undefined) {
        return now(`label ${label}`, () => status('blue', 'teaching', { label, collected, wanted: wanted ?? collected }));
      }
      if (phase === 'collecting' && wanted !== undefined) {
        return now('collecting', () => status('blue', 'collecting', { collected: Math.min(collected, wanted), wanted }));
      }
      if (phase === 'collecting')
        return now('collecting', () => status('blue', 'collectingTime', { percent: percent(progress), collected }));
      if (phase === 'training') return now('training', () => status('blue', 'training', { percent: 0 }));
      if (learned !== undefined) {
        const values = { time: shortTime(learned.at, clock.now()), result: text(...resultOf(learned.report)) };
        const { refusal } = session.collector;
        if (refusal?.code === 'learn-moved') {
          return now('moved', () => status('yellow', 'moved', { ...values, column: String(refusal.context.column) }));
        }
        if (reason !== undefined) return now('kept', () => status('yellow', 'kept', values));
        if (session.awaitsDeploy) return now('deploy', () => status('yellow', 'deploy'));
        const weak = learned.report.warnings.find(({ code }) => code === 'learn-weak');
        if (weak !== undefined) return now('weak', () => status('yellow', 'weak', { ...values, percent: Number(weak.context.percent) }));
        const leftOut = learned.report.classes?.leftOut;
        if (leftOut !== undefined) {
          const without = leftOut.map(({ label }) => label).join(', ');
          return now('leftOut', () => status('yellow', 'leftOut', { ...values, labels: without }));
        }
        return now('learned', () => status('green', 'learned', values));
      }
      if (reason !== undefined) return now('refused', () => status('red', 'refused', { reason }));
      if (labels.length > 0)
        return now('taught', () => status('grey', 'taught', { labels: labels.map((one) => `${one.label} (${one.windows})`).join(', ') }));
      return now('idle', () => status('grey', options.task === 'classes' ? 'untaught' : 'idle'));
    },
    training(share: number) {
      now('training', () => status('blue', 'training', { percent: percent(share) }));
    },
    /** It has learned, but what comes now has other columns. */
    otherColumns() {
      now('otherColumns', () => status('yellow', 'otherColumns'));
    },
    skipped(reason: Skipped) {
      now(`skipped ${reason}`, () => status('yellow', 'skipped', { reason: text(`reason.${reason}`) }));
    },
    /** Something else has taken the line: the next phase shows at once. */
    taken() {
      shown = { kind: 'taken', at: clock.now() };
    },
  };
}

/** The one figure of a model that says most, as a text of the catalogue. */
export function resultOf({ method, windows, explained, classes }: TrainingReport): [key: string, values: Record<string, string | number>] {
  if (classes !== undefined) return ['result.classes', { percent: Math.round(100 * classes.accuracy) }];
  if (explained !== undefined) return ['result.explained', { percent: Math.round(100 * explained) }];
  return [`result.${method}`, { count: windows.all }];
}

/** Of today the time, of other days the date too; local. */
function shortTime(at: number, now: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const when = new Date(at);
  const time = `${two(when.getHours())}:${two(when.getMinutes())}`;
  if (when.toDateString() === new Date(now).toDateString()) return time;
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())} ${time}`;
}
