import type { Fields } from '../../node-red/fields.ts';
import type { ModelSettings } from './model-settings.ts';
import { ModelSource } from './model-source.ts';
import type { TrialSubject } from './trial.ts';

/**
 * Reads the dialog of `onnx-model`. What a flow of an older version does not have gets its default.
 * @throws LinewatchError config-…, env-missing
 */
export function readModelSettings(fields: Fields): ModelSettings {
  const backend = fields.text('backend', { default: 'auto' });
  return {
    path: fields.text('path'),
    // Flows of version 0.1 say native.
    backend: backend === 'native' ? 'cpu' : backend,
    threads: fields.number('threads', { integer: true, min: 0, max: 256, default: 0 }),
    spinning: fields.choice('spinning', ['yes', 'no'], 'yes') === 'yes',
    optimization: fields.choice('optimization', ['all', 'extended', 'basic', 'disabled'], 'all'),
    deadlineMs: fields.number('deadlineMs', { min: 1, max: 3_600_000, default: 10_000 }),
    memoryMb: fields.number('memoryMb', { min: 0, default: 0 }),
    host: fields.text('host', { optional: true }),
    niceness: fields.number('niceness', { integer: true, min: 0, max: 19, default: 10 }),
    watch: fields.boolean('watch', true),
    batchLimit: fields.number('batchLimit', { integer: true, min: 1, max: 4096, default: 256 }),
    feeds: fields.rows('feeds').map((row) => ({
      input: row.text('input'),
      source: row.choice('source', ['state', 'value'], 'state'),
      from: row.text('from'),
    })),
  };
}

/** Finds a model as the node would. @throws LinewatchError as `resolveModel` */
export async function trialSubject(settings: ModelSettings, folders: string[]): Promise<TrialSubject> {
  const source = new ModelSource(settings, folders, settings.path);
  const setup = await source.setup(settings.path);
  return { setup, fixed: (info) => source.fixed(setup, info), deadlineMs: settings.deadlineMs, memoryMb: settings.memoryMb };
}
