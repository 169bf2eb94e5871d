import { defineNode, type Message } from '../node-red/define-node.ts';
import { dataFolder, readState, stateFile } from '../node-red/files.ts';
import { wordError } from '../node-red/wording.ts';
import { asLinewatchError, LinewatchError } from '../shared/errors.ts';
import type { DropInfo } from '../shared/messages.ts';
import { registerAnomalyAdmin } from './anomaly-admin.ts';
import { wordCause } from './detect/cause.ts';
import type { PauseReason } from './detect/pause.ts';
import { readMessage, usableTime } from './detect/read-message.ts';
import { Scorer, type ScorerOptions } from './detect/scorer.ts';
import { readOptions } from './read-options.ts';
import { forgetRecording, recordingOf } from './replay/recordings.ts';
import { Saving } from './saving.ts';
import { registerStateAdmin, type StateService } from './state-admin.ts';
import { StatusLine } from './status-line.ts';

/** So many tags are named in one line of the log. */
const NAMED = 5;

export default defineNode<ScorerOptions>({
  type: 'linewatch-anomaly-score',
  url: import.meta.url,
  read: readOptions,
  register(RED) {
    registerAnomalyAdmin(RED, import.meta.url, readOptions);
    registerStateAdmin(RED);
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
    const saving = new Saving({ file, clock, pieces: () => scorer.toJson(), failed: warn });
    const line = new StatusLine(({ colour, key, values, shape }) => status(colour, key, values, shape), config.running?.tag);
    const recording = recordingOf(node.id);
    let warnedOfTable = false;
    let pausedBefore: PauseReason | undefined;

    const showPhase = (time: number) => {
      const paused = scorer.paused(time);
      if (paused === undefined) line.waiting(clock.now());
      else line.paused(paused, scorer.pausedUntil, clock.now());
    };
    /** @returns what leaves on the last output, where the command asked for something */
    const obey = ({ command, ...rest }: { command: unknown; payload?: unknown }): Message | undefined => {
      const done = scorer.command(command, clock.now(), rest.payload);
      if (done.do === 'export') return { ...rest, payload: done.exported } as Message;
      saving.changedByCommand();
      line.forget();
      if (done.do !== 'normal') showPhase(clock.now());
      return undefined;
    };
    const warnOfMoved = (key: string, tags: string[]) => {
      const named = tags.slice(0, NAMED).join(', ');
      if (tags.length > 0) node.warn(text(key, { tag: tags.length > NAMED ? `${named} (+${tags.length - NAMED})` : named }));
    };

    const judge = (message: Message): [Message | null, Message | null] => {
      const time = usableTime(message.timestamp) ?? clock.now();
      const reading = readMessage(message, config.running?.tag);
      const outcome = scorer.score(reading, time);
      const paused = 'anomaly' in outcome ? outcome.anomaly.paused : undefined;
      if (paused === 'command') recording.interrupt();
      else recording.push(reading, time, config.running?.tag);
      // While paused nothing is learned: there is nothing new to write.
      if (paused === undefined || paused !== pausedBefore) saving.changed();
      pausedBefore = paused;
      if ('absorbed' in outcome) {
        showPhase(time);
        return [null, null];
      }
      if ('dropped' in outcome) {
        const dropped: DropInfo = { reason: text(`reason.${outcome.dropped}`) };
        line.dropped(dropped.reason, clock.now());
        return [null, { ...message, dropped } as Message];
      }
      warnOfMoved('adapted', outcome.adapted);
      warnOfMoved('drifted', outcome.drifted);
      if (outcome.badHealthy && !warnedOfTable) warn(new LinewatchError('score-healthy'));
      warnedOfTable ||= outcome.badHealthy;
      message.anomaly = { ...outcome.anomaly, cause: wordCause(outcome.evidence, text) };
      if (paused === undefined) line.outcome(outcome, clock.now());
      else line.paused(paused, scorer.pausedUntil, clock.now());
      return [message, null];
    };

    const service: StateService = {
      pieces: () => scorer.toJson(),
      takeOver: (state) => void obey({ command: { do: 'import', state } }),
    };

    showPhase(clock.now());
    return {
      service,
      input(message, send) {
        try {
          if (message.command === undefined) {
            send(judge(message));
          } else {
            const answer = obey(message as Message & { command: unknown });
            if (answer !== undefined) send([null, answer]);
          }
        } catch (thrown) {
          // The error takes the status line; the next message must be able to take it back at once.
          line.forget();
          throw thrown;
        }
      },

      close(removed) {
        if (removed) forgetRecording(node.id);
        return saving.close();
      },
    };
  },
});
