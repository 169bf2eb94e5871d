import type { NodeContext } from '../node-red/define-node.ts';
import type { LinewatchError } from '../shared/errors.ts';
import type { HostState } from './host/host-state.ts';
import type { LoadedModelInfo } from './host/protocol.ts';
import type { ModelHandle } from './model/model-handle.ts';
import type { LoadedModel } from './model/model-source.ts';

/** Statuses travel to every open editor: once a second is enough. */
const STATUS_MS = 1000;

/** Whether a node of the flow is going to write the model: nothing is wrong. */
export const isAwaited = (state: HostState) => state.kind === 'broken' && state.error.code === 'model-awaited';

/** What `onnx infer` shows of its model. What went wrong shows at once, and the next good run after it. */
export function modelStatus({ status, clock }: Pick<NodeContext<unknown>, 'status' | 'clock'>, model: ModelHandle) {
  let shownAt = Number.NEGATIVE_INFINITY;
  let isSwapping = false;

  const showFallback = ({ backend, fallbackReason = '' }: LoadedModelInfo) => {
    status('yellow', 'fallback', { backend, reason: fallbackReason.slice(0, 60) });
  };
  const showKept = ({ message }: LinewatchError) => status('yellow', 'kept', { version: model.version, reason: message });

  return {
    state(state: HostState): void {
      shownAt = Number.NEGATIVE_INFINITY;
      if (state.kind === 'starting' || state.kind === 'restarting') status('yellow', state.kind);
      else if (isAwaited(state)) status('grey', 'awaited');
      else if (state.kind === 'broken') status('red', 'broken');
      else if (state.kind !== 'ready') return;
      else if (state.info.fallbackReason !== undefined) showFallback(state.info);
      else status('green', 'ready', { backend: state.info.backend });
    },
    ran(loaded: LoadedModel, runMs: number): void {
      if (isSwapping || clock.now() - shownAt < STATUS_MS) return;
      shownAt = clock.now();
      if (model.kept !== undefined) showKept(model.kept);
      else if (loaded.fallbackReason !== undefined) showFallback(loaded);
      else {
        const ms = runMs < 10 ? runMs.toPrecision(2) : runMs.toFixed(0);
        status('green', 'ran', { backend: loaded.backend, ms, version: loaded.version });
      }
    },
    dropped(reason: string): void {
      status('yellow', 'dropped', { reason });
      shownAt = clock.now();
    },
    keptPicture(input: string): void {
      status('green', 'reference', { input });
      shownAt = clock.now();
    },
    unkept(input: string): void {
      status('yellow', 'unkept', { input });
    },
    failed(): void {
      shownAt = Number.NEGATIVE_INFINITY;
    },
    kept(error: LinewatchError, log: (error: LinewatchError) => void): void {
      log(error);
      showKept(error);
      shownAt = clock.now();
    },
    async swapping(swap: () => Promise<void>): Promise<void> {
      isSwapping = true;
      status('blue', 'swapping');
      try {
        await swap();
        status('green', 'swapped', { version: model.version });
        shownAt = clock.now();
      } finally {
        isSwapping = false;
      }
    },
  };
}
