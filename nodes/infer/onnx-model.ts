import { defineNode, type NodeContext } from '../node-red/define-node.ts';
import { dataFolder, readState, stateFile, writeState } from '../node-red/files.ts';
import { acquireHandle, dropHandle, dropOrphans, modelHandles } from './model/handles.ts';
import type { ModelSettings } from './model/model-settings.ts';
import { readModelSettings } from './model/model-settings.ts';
import type { SwapMemory } from './model/succession.ts';
import { foldersOf, registerModelAdmin } from './model-admin.ts';
import { registerMetrics } from './model-metrics-admin.ts';

interface Config extends ModelSettings {
  name: string;
}

/** A model and the process it runs in, for all nodes that name it. */
export default defineNode<Config>({
  type: 'linewatch-onnx-model',
  url: import.meta.url,

  read: (fields) => ({ name: fields.text('name', { optional: true }), ...readModelSettings(fields) }),

  start(context) {
    const { config, node, RED } = context;
    const { name, ...settings } = config;
    const label = name === '' ? config.path : name;
    const handle = acquireHandle(node.id, settings, { label, folders: foldersOf(RED.settings), memory: swapMemory(context) });
    return {
      service: handle,
      // Not at a mere deploy: the next node goes on with the model. Where none does, it leaves memory by itself.
      close: (removed) => (removed ? dropHandle(handle) : undefined),
    };
  },

  register(RED) {
    registerModelAdmin(RED);
    registerMetrics(RED, modelHandles);
    RED.events.on('flows:started', () => dropOrphans((id) => Boolean(RED.nodes.getNode(id))));
  },
});

/** A swap by command counts until the path in the dialog is changed. */
function swapMemory({ config, node, RED, fail }: NodeContext<Config>): SwapMemory {
  const folder = dataFolder(RED.settings as Parameters<typeof dataFolder>[0]);
  if (folder === undefined) return { read: () => undefined, write: () => {} };
  const file = stateFile(folder, node.id);
  const { path: configured } = config;
  const write = (content: { instead?: string; of?: string }) => void writeState(file, content).catch(fail);
  return {
    read() {
      try {
        return readState(file, (content) => {
          const { instead, of } = (content ?? {}) as { instead?: unknown; of?: unknown };
          if (of === configured && typeof instead === 'string') return instead;
          if (instead !== undefined) write({});
          return undefined;
        });
      } catch (thrown) {
        fail(thrown);
        return undefined;
      }
    },
    write: (path) => write(path === undefined ? {} : { instead: path, of: configured }),
  };
}
