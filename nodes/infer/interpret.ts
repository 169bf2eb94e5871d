import { defineNode, serviceOf } from '../node-red/define-node.ts';
import type { ErrorContext } from '../shared/errors.ts';
import { readLabels } from './interpret/labels-file.ts';
import { type PictureService, registerPictureAdmin } from './interpret/last-picture.ts';
import { type InterpretSettings, readSettings } from './interpret/settings.ts';
import { type Interpreted, interpret } from './interpret/tasks.ts';
import type { ModelHandle } from './model/model-handle.ts';
import { foldersOf } from './model-admin.ts';

export default defineNode<InterpretSettings>({
  type: 'linewatch-interpret',
  url: import.meta.url,
  register: registerPictureAdmin,
  read: readSettings,

  start({ config, clock, status, RED }) {
    const model = config.model === '' ? undefined : serviceOf<ModelHandle>(RED, 'model', config.model, 'onnx-model');
    let ofFile: Promise<string[]> | undefined;
    const readFile = async () => {
      if (config.labelsFile === '' || config.labels.length > 0) return config.labels;
      ofFile ??= readLabels(config.labelsFile, foldersOf(RED.settings));
      return ofFile.catch((thrown) => {
        // Perhaps the file is there by the next message.
        ofFile = undefined;
        throw thrown;
      });
    };
    let picture: Uint8Array | undefined;
    let shownAt = Number.NEGATIVE_INFINITY;
    const show = ([key, values]: ReturnType<typeof shortly>) => {
      if (clock.now() - shownAt < 1000) return;
      shownAt = clock.now();
      status('green', key, values);
    };
    const service: PictureService = { picture: () => picture };
    return {
      service,
      async input(message, send) {
        try {
          const buffer = (message.image as { buffer?: unknown } | undefined)?.buffer;
          if (buffer instanceof Uint8Array) picture = buffer;
          const manifest = await model?.manifest();
          const own = await readFile();
          const labels = own.length > 0 ? own : (manifest?.labels ?? []);
          const interpreted = interpret(message, { settings: config, manifest, labels });
          send({ ...message, payload: interpreted.result });
          show(shortly(interpreted));
        } catch (thrown) {
          // After an error the next good result shows at once.
          shownAt = Number.NEGATIVE_INFINITY;
          throw thrown;
        }
      },
      close() {
        picture = undefined;
      },
    };
  },
});

/** A result in one line: the key of the status, and its values. */
function shortly({ task, result }: Interpreted): [key: string, values?: ErrorContext] {
  switch (task) {
    case 'reconstruction':
      return ['error', { error: result.error.toPrecision(3) }];
    case 'classify':
      if (Array.isArray(result)) return counted(result.map(({ label }): [string, number] => [label, 1]));
      return ['label', { label: result.label, score: result.score.toPrecision(2) }];
    case 'anomalyMap':
      return ['map', { score: result.score.toPrecision(3), count: result.count }];
    case 'textLines':
      return ['lines', { count: result.count }];
    case 'text':
      return result.lines.length === 0 ? ['unread'] : ['text', { text: result.text.replaceAll('\n', ' · ') }];
    case 'objects':
      return counted([result].flat().flatMap(({ counts }) => Object.entries(counts)));
  }
}

/** How many there are of each label, of all pictures together. */
function counted(found: readonly (readonly [label: string, count: number])[]): [key: string, values?: ErrorContext] {
  const counts = new Map<string, number>();
  for (const [label, count] of found) counts.set(label, (counts.get(label) ?? 0) + count);
  const labels = [...counts].map(([label, count]) => `${label} ${count}`).join(', ');
  return labels === '' ? ['nothing'] : ['objects', { labels }];
}
