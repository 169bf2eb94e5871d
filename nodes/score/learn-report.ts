import type { Message, NodeContext } from '../node-red/define-node.ts';
import { type Language, wordError } from '../node-red/wording.ts';
import { asLinewatchError, type ErrorCode, type ErrorContext, LinewatchError } from '../shared/errors.ts';
import type { Refusal } from './learn/collect/state.ts';
import type { TrainingReport } from './learn/contract.ts';
import type { ModelFolder } from './learn/model-folder.ts';

type Context = Pick<NodeContext<{ modelName: string }>, 'config' | 'clock' | 'language' | 'node' | 'send' | 'text'>;

/** What `learn normal` tells of trainings: reports on its second output, and lines in the log. */
export function learnReport({ config, clock, language, node, send, text }: Context, { file, modelPath: model }: ModelFolder) {
  const word = (thrown: unknown) => wordError(asLinewatchError(thrown), language);
  const wordRefusal = ({ code, context }: Refusal, as: Language = language) =>
    wordError(new LinewatchError(code as ErrorCode, context as ErrorContext), as);
  const report = (payload: object, more: object = {}) =>
    send([null, { payload: { ...payload, file, model }, ...more } as unknown as Message]);

  return {
    wordRefusal,
    warn: (thrown: unknown) => node.warn(word(thrown)),
    /** @param awaitsDeploy whether the model takes other windows than the one in use */
    learned(done: TrainingReport, awaitsDeploy: boolean) {
      const warnings = done.warnings.map((warning) => wordRefusal(warning));
      if (awaitsDeploy) warnings.push(text('otherInputs'));
      for (const warning of warnings) node.warn(warning);
      report({ ...done, warnings, learnedAt: clock.now() }, { topic: config.modelName });
    },
    /** The model from before serves on. */
    kept({ code, context }: LinewatchError) {
      const reason = wordRefusal({ code, context });
      node.warn(text('kept', { reason }));
      report({ kept: true, code, context, reason });
    },
    given: (label: string, count: number) => node.log(text('given', { label: label.trim(), count })),
    lost: () => node.warn(text('lost', { file })),
    changed: () => node.warn(text('changed')),
  };
}
