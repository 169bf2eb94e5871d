import { defineNode } from '../node-red/define-node.ts';
import { dataFolder } from '../node-red/files.ts';
import type { BackendChoice } from './host/protocol.ts';
import { listModels, modelFolders } from './model/locate.ts';
import { createModelService } from './model/model-service.ts';

interface Config {
  path: string;
  backend: BackendChoice;
  threads: number;
  deadlineMs: number;
  memoryMb: number;
}

interface Settings {
  userDir?: string;
  linewatch?: { folder?: string; modelFolders?: unknown };
}

const foldersOf = (settings: unknown) => modelFolders(dataFolder(settings as Settings), (settings as Settings).linewatch?.modelFolders);

/** A model and the process it runs in, for all nodes that name it. */
export default defineNode<Config>({
  type: 'linewatch-onnx-model',
  url: import.meta.url,

  read: (fields) => ({
    path: fields.text('path'),
    backend: fields.choice('backend', ['auto', 'native', 'wasm'], 'auto'),
    threads: fields.number('threads', { integer: true, min: 0, max: 256, default: 0 }),
    deadlineMs: fields.number('deadlineMs', { min: 1, max: 3_600_000, default: 10_000 }),
    memoryMb: fields.number('memoryMb', { min: 0, default: 0 }),
  }),

  start({ config, clock, RED }) {
    const service = createModelService({ ...config, clock, folders: foldersOf(RED.settings) });
    return { service, close: () => service.close() };
  },

  register(RED) {
    RED.httpAdmin?.get('/linewatch/models', RED.auth.needsPermission('linewatch.read'), (_request, response) => {
      listModels(foldersOf(RED.settings)).then(
        (models) => response.json(models),
        (error) => response.status(500).json({ message: String(error) }),
      );
    });
  },
});
