import { Host } from '../host/host.ts';
import { type HandleContext, ModelHandle } from './model-handle.ts';
import type { ModelSettings } from './model-settings.ts';

/** All models of this Node-RED by the id of their node: a deploy makes new nodes, the models go on. */
const handles = new Map<string, ModelHandle>();
const sharedHosts = new Map<string, Host>();

export function modelHandles(): Iterable<ModelHandle> {
  return handles.values();
}

/** The handle of a node, with the settings that it has now. */
export function acquireHandle(id: string, settings: ModelSettings, context: Omit<HandleContext, 'sharedHost'>): ModelHandle {
  const whole = { ...context, sharedHost };
  const present = handles.get(id);
  if (present !== undefined && present.host === settings.host && present.hasFolders(context.folders)) {
    present.apply(settings, whole);
    return present;
  }
  // Another process is another life.
  void present?.rest();
  const handle = new ModelHandle(id, settings, whole);
  handles.set(id, handle);
  return handle;
}

/** The node is gone for good. */
export async function dropHandle(handle: ModelHandle): Promise<void> {
  if (handles.get(handle.id) === handle) handles.delete(handle.id);
  await handle.rest();
}

/** Drops what is left of nodes that are not there any more: those of a deleted subflow are closed without being told that they are removed. */
export function dropOrphans(isThere: (id: string) => boolean): void {
  for (const handle of [...handles.values()]) if (!isThere(handle.id)) void dropHandle(handle);
}

function sharedHost(name: string): Host {
  for (const [key, host] of sharedHosts) if (host.isEmpty) sharedHosts.delete(key);
  const host = sharedHosts.get(name) ?? new Host();
  sharedHosts.set(name, host);
  return host;
}
