import { describe, LinewatchError } from '../shared/errors.ts';
import type { LearnSession } from './learn-session.ts';

/**
 * Does what `msg.command` of a `learn normal` says.
 * @throws LinewatchError input-command, learn-busy, learn-nothing, learn-label…, learn-forget, learn-rollback, learn-unwritten
 */
export async function obeyCommand(session: LearnSession, command: unknown): Promise<void> {
  const { collector } = session;
  const { do: order, label, last, seconds, accept } = (Object(command) ?? {}) as Record<string, unknown>;
  switch (order) {
    case 'learn':
      // At once where nothing is under way: the next window is the first of the new collection.
      if (session.isTraining) await session.stopTraining();
      collector.learn();
      break;
    case 'train':
      if (session.isTraining) throw new LinewatchError('learn-busy');
      session.train({ accept: accept === true });
      break;
    case 'pause':
      if (collector.paused) return;
      collector.pause();
      break;
    case 'resume':
      if (!collector.paused) return;
      collector.resume();
      break;
    case 'cancel':
      if (session.isTraining) await session.stopTraining();
      else if (collector.phase === 'collecting') collector.cancel();
      else return session.giveUp();
      break;
    case 'label': {
      const { kind, given } = collector.teach(label, spanOf(last, seconds));
      if (given > 0) session.report.given(String(label), given);
      if (kind === 'complete' && !session.isTraining) session.train();
      break;
    }
    case 'forget':
      collector.forget(label);
      break;
    case 'rollback':
      if (session.isTraining) throw new LinewatchError('learn-busy');
      await session.folder.rollback();
      collector.rolledBack();
      await session.compareInputs();
      break;
    default:
      throw new LinewatchError('input-command', {
        expected: '{ do: "learn" }, "train", "pause", "resume", "cancel", "label", "forget", "rollback"',
        got: describe(order === undefined ? command : order),
      });
  }
  if (!session.isTraining) session.status.phase();
  session.changedByCommand();
}

/** Which of the last windows a label is meant for; undefined: those that come. @throws LinewatchError learn-label-span */
function spanOf(last: unknown, seconds: unknown): { windows: number } | { ms: number } | undefined {
  if (last === undefined && seconds === undefined) return undefined;
  const [property, value] = last === undefined ? ['seconds', seconds] : ['last', last];
  if (typeof value !== 'number' || !(value > 0)) {
    throw new LinewatchError('learn-label-span', { property: String(property), got: describe(value) });
  }
  return last === undefined ? { ms: 1000 * value } : { windows: Math.ceil(value) };
}
