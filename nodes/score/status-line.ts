import type { Colour } from '../node-red/define-node.ts';
import type { ErrorContext } from '../shared/errors.ts';
import { readableTime } from '../shared/readable.ts';
import type { PauseReason } from './detect/pause.ts';
import type { Outcome } from './detect/scorer.ts';

/** A status line that changes faster than this can not be read. */
const STATUS_MS = 1000;
/** For so long the line tells of a new normal. */
const NEWS_MS = 3_600_000;

interface Line {
  colour: Colour;
  key: string;
  values?: ErrorContext;
  shape?: 'dot';
}

/** What stands below the node: at most one change a second, unless it is of another kind. */
export class StatusLine {
  readonly #show: (line: Line) => void;
  readonly #runningTag: string;
  #kind = '';
  #at = Number.NEGATIVE_INFINITY;
  #moved: { tag: string; at: number } | undefined;

  constructor(show: (line: Line) => void, runningTag = '') {
    this.#show = show;
    this.#runningTag = runningTag;
  }

  /** The node shows something else, or must say at once how it goes on. */
  forget(): void {
    this.#kind = '';
  }

  waiting(now: number): void {
    this.#set('waiting', now, { colour: 'grey', key: 'waiting' });
  }

  dropped(reason: string, now: number): void {
    this.#set('dropped', now, { colour: 'yellow', key: 'dropped', values: { reason } });
  }

  /** @param until when a pause by command ends, epoch ms */
  paused(reason: PauseReason, until: number | undefined, now: number): void {
    const values = { tag: this.#runningTag };
    const lines: Record<PauseReason, Line> = {
      command:
        until === undefined
          ? { colour: 'grey', key: 'paused' }
          : { colour: 'grey', key: 'pausedUntil', values: { time: readableTime(until, now) } },
      off: { colour: 'grey', key: 'pausedOff', values },
      settling: { colour: 'grey', key: 'settling', values },
      unknown: { colour: 'yellow', key: 'pausedUnknown', values },
    };
    this.#set(`paused ${reason} ${until}`, now, lines[reason]);
  }

  outcome({ anomaly, progress, adapted, drifted }: Extract<Outcome, { anomaly: unknown }>, now: number): void {
    const [moved] = [...adapted, ...drifted];
    if (moved !== undefined) this.#moved = { tag: moved, at: now };
    if (this.#moved !== undefined && Math.abs(now - this.#moved.at) >= NEWS_MS) this.#moved = undefined;
    const score = anomaly.score.toFixed(2);
    if (anomaly.phase === 'learning') {
      const percent = Math.floor(progress * 100);
      this.#set('learning', now, { colour: 'yellow', key: 'learning', values: { percent } });
      return;
    }
    if (!anomaly.isAnomaly) {
      const news = this.#moved === undefined ? '' : 'NewNormal';
      const values = { score, ...(this.#moved && { moved: this.#moved.tag }) };
      this.#set(`normal${news}`, now, { colour: 'green', key: `normal${news}`, values });
      return;
    }
    const [tag] = Object.entries(anomaly.contributions).sort((a, b) => b[1] - a[1])[0] ?? [''];
    const lasting = this.#moved?.tag === tag ? 'Lasting' : '';
    this.#set(`anomaly${lasting} ${tag}`, now, { colour: 'red', key: `anomaly${lasting}`, values: { score, tag }, shape: 'dot' });
  }

  #set(kind: string, now: number, line: Line): void {
    if (kind === this.#kind && Math.abs(now - this.#at) < STATUS_MS) return;
    this.#kind = kind;
    this.#at = now;
    this.#show(line);
  }
}
