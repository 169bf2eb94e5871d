import { join } from 'node:path';
import { awaitFile } from '../node-red/awaited-files.ts';
import { defineNode, type Message, type NodeContext } from '../node-red/define-node.ts';
import { LinewatchError } from '../shared/errors.ts';
import { readRow } from './learn/collect/read-row.ts';
import { methods, tasks } from './learn/contract.ts';
import { ModelFolder } from './learn/model-folder.ts';
import { registerLearnAdmin, showToDialog } from './learn-admin.ts';
import { obeyCommand } from './learn-command.ts';
import { learnFolder } from './learn-folder.ts';
import { type LearnConfig, LearnSession } from './learn-session.ts';

const HOUR_MS = 3_600_000;
const repeats = { never: 0, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS };

export default defineNode<LearnConfig>({
  type: 'linewatch-learn-normal',
  url: import.meta.url,

  read(fields) {
    const task = fields.choice('task', tasks, 'normal');
    const inHours = task !== 'classes' && fields.choice('measure', ['windows', 'hours'], 'windows') === 'hours';
    const windows = () =>
      task === 'classes'
        ? fields.number('perLabel', { min: 10, max: 2000, integer: true, default: 60 })
        : fields.number('windows', { min: 10, max: 1_000_000, integer: true, default: 1000 });
    const hours = () => fields.number('hours', { min: 0.01, max: 1000, default: 1 });
    const modelName = fields.text('modelName');
    const method = fields.choice('method', methods, 'auto');
    const target = task === 'predict' ? fields.text('target') : '';
    return {
      modelName,
      task,
      method,
      target,
      // The method is one of task normal.
      recipe: JSON.stringify([modelName, task === 'normal' ? method : '', target]),
      amount: inHours ? { ms: hours() * HOUR_MS } : { windows: windows() },
      everyMs: task === 'classes' ? 0 : repeats[fields.choice('repeat', ['never', 'day', 'week'], 'never')],
    };
  },

  start: (context) => startLearning(context),

  register: registerLearnAdmin,
});

function startLearning(context: NodeContext<LearnConfig>) {
  const { config, clock, node, RED, text } = context;
  const data = learnFolder(RED.settings as Parameters<typeof learnFolder>[0]);
  const folder = new ModelFolder(join(data, 'models'), config.modelName);
  const awaited = awaitFile(folder.file, node.id);
  if (awaited === undefined) throw new LinewatchError('learn-name-taken', { got: config.modelName });
  const session = new LearnSession(context, data, folder);
  const { collector, status } = session;
  const takeBack = showToDialog(node.id, {
    view(language) {
      const { phase, paused, progress, collected, wanted, labels, skipped, learned } = collector;
      const { isAcceptable } = session;
      const refusal = collector.refusal && session.report.wordRefusal(collector.refusal, language);
      return { phase, paused, progress, collected, wanted, labels, skipped, learned, refusal, isAcceptable, file: folder.file };
    },
    accept: () => obeyCommand(session, { do: 'train', accept: true }),
  });
  let isToldOfColumns = false;
  status.phase();
  void session.begin();

  return {
    input(message: Message, send: (message: (Message | null)[]) => void): void | Promise<void> {
      try {
        if (message.command !== undefined) return obeyCommand(session, message.command).catch(rethrow);
        collect(message);
        send([message, null]);
      } catch (thrown) {
        rethrow(thrown);
      }
    },

    close(removed: boolean) {
      takeBack();
      awaited();
      return session.close(removed && !isInFlows());
    },
  };

  /** Takes what it can use of a message, which then says how far learning is. */
  function collect(message: Message): void {
    const added = collector.add(readRow(message, clock.now()));
    const skipped = added.kind === 'skipped' ? text(`reason.${added.reason}`) : undefined;
    const isOther = added.kind === 'skipped' && added.reason === 'columns';
    if (added.kind === 'skipped' && collector.phase === 'collecting') status.skipped(added.reason);
    else if (isOther && collector.phase === 'learned') status.otherColumns();
    if (isOther && !isToldOfColumns) node.warn(text('columns'));
    if (added.kind !== 'skipped' || isOther) isToldOfColumns = isOther;
    if (added.kind === 'other') node.warn(text('other'));
    if (added.kind === 'collected' || added.kind === 'complete' || added.kind === 'other') session.changed();
    if (!session.isTraining) {
      if (added.kind === 'complete') session.train();
      else if (collector.isDue(clock.now())) session.train({ isOwn: true });
      else if (added.kind !== 'skipped' && collector.phase !== 'refused') status.phase();
    }
    const { phase, paused, progress, collected, wanted, label } = collector;
    const learning = { phase, paused, progress, collected, wanted, label, skipped };
    for (const [key, value] of Object.entries(learning)) if (value === undefined) delete learning[key as keyof typeof learning];
    message.learning = learning;
  }

  /** Whether it was only disabled, and will be wanted again. */
  function isInFlows(): boolean {
    let isThere = false;
    RED.nodes.eachNode(({ id }) => {
      isThere ||= id === node.id;
    });
    return isThere;
  }

  function rethrow(thrown: unknown): never {
    status.taken();
    throw thrown;
  }
}
