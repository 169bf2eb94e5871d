/** ONNX's own operator tests through the nodes, beside onnxruntime-node alone: what the runtime can, the nodes can. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Part } from '../entry.ts';
import { apart } from '../gateway/apart.ts';
import { withUserDirectory } from '../gateway/user-directory.ts';
import { bareOutcomes } from './testdata/bare.ts';
import { FOLDER, modelFiles, type Outcome, PACKAGE } from './testdata/cases.ts';
import { outcomesThroughNodes } from './testdata/through-nodes.ts';

const NAME = 'host.onnx-testdata-matching';

export const testdata: Part = {
  entries: [NAME],
  run: (report) =>
    withUserDirectory({}, async (userDir) => {
      if (!install()) return console.log(`${NAME} skipped: missing ${PACKAGE}; as root: apt-get install ${PACKAGE}`);
      const files = modelFiles();
      const ours = await apart(import.meta.url, throughNodes, userDir);
      const bare = await bareOutcomes(files);
      console.log(`${files.length} models. Refused or not matching through onnx infer (alone, too, but for those named last):`);
      for (const [reason, names] of byReason(ours)) console.log(`  ${names.length} × ${reason}: ${names.join(', ')}`);
      const matchBare = new Set(matching(bare));
      const lost = ours.filter(({ file, reason }) => reason !== undefined && matchBare.has(file));
      console.log(`matching through onnxruntime-node alone but not through onnx infer: ${lost.length}`);
      for (const { file, reason } of lost) console.log(`  ${dirname(file)}: ${reason}`);
      report({ name: NAME, value: matching(ours).length, unit: 'models', peer: 'bare onnxruntime-node', peerValue: matchBare.size });
    }),
};

export async function throughNodes(userDir: string): Promise<Outcome[]> {
  return outcomesThroughNodes(userDir, modelFiles());
}

const matching = (outcomes: Outcome[]) => outcomes.filter(({ reason }) => reason === undefined).map(({ file }) => file);

/** Names of the tests by why they do not match, the most frequent reason first; names and numbers in a reason do not part them. */
function byReason(outcomes: Outcome[]): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const { file, reason } of outcomes) {
    if (reason === undefined) continue;
    const key = reason
      .replaceAll(`${FOLDER}/${file}`, 'MODEL')
      .replaceAll(file, 'MODEL')
      .replace(/(its (?:input|only output)) \S.*? is /, '$1 … is ')
      .replace(/"[^"]*"|'[^']*'|\[[^\]]*\]/g, '…')
      .replace(/-?\d+(\.\d+)?(e-?\d+)?n?/g, '#')
      .slice(0, 140);
    groups.set(key, [...(groups.get(key) ?? []), dirname(file)]);
  }
  return [...groups].sort(([, a], [, b]) => b.length - a.length);
}

function install(): boolean {
  if (!existsSync(FOLDER) && process.getuid?.() === 0) {
    console.log(`installing ${PACKAGE}`);
    spawnSync('sh', ['-c', `apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${PACKAGE}`]);
  }
  return existsSync(FOLDER);
}
