/** The process that loads the native library once, says what it found, and ends. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { NativeLibrary } from './list-backends.ts';
import { supportedBackends } from './runtime.ts';

process.send?.(await probe(), () => process.disconnect?.());

async function probe(): Promise<NativeLibrary> {
  const require = createRequire(import.meta.url);
  let path: string | undefined;
  try {
    path = dirname(dirname(require.resolve('onnxruntime-node')));
    const backends = await supportedBackends();
    const { version } = require(join(path, 'package.json')) as { version: string };
    return { loads: true, version, path, backends };
  } catch (thrown) {
    const reason = (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0] ?? '';
    return { loads: false, reason, ...(path === undefined ? {} : { path }) };
  }
}
