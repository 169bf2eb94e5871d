import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { readState, stateFile, writeState } from '../../nodes/node-red/files.ts';
import { temporaryFolder } from '../infer/models.ts';

describe('the state file of a node', () => {
  const folder = temporaryFolder();
  const file = stateFile(folder.path, 'node.1');
  const stands = () => readState(file, (content) => content);
  after(() => folder.remove());

  it('holds what was written last, where several writes come at once', async () => {
    for (let turn = 0; turn < 50; turn++) {
      await Promise.all([writeState(file, { turn, text: 'x'.repeat(10_000) }), writeState(file, { turn })]);
      assert.deepEqual(stands(), { turn });
    }
    assert.deepEqual(readdirSync(dirname(file)), ['node_1.json'], 'nothing else is left behind');
  });

  it('can be written again after a write that failed', async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.itself = cyclic;
    await assert.rejects(writeState(file, cyclic));
    await writeState(file, { well: true });
    assert.deepEqual(stands(), { well: true });
  });
});
