/** The test data through onnxruntime-node alone. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '../../../../nodes/shared/tensor.ts';
import { apart } from '../../gateway/apart.ts';
import { fromOrt, toOrt } from '../../gateway/onnxruntime.ts';
import { FOLDER, type Outcome, readCases } from './cases.ts';
import { mismatch } from './compare.ts';

/** In a process of its own, and in a further one where native code ended that. */
export async function bareOutcomes(files: string[]): Promise<Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), 'linewatch-bench-'));
  const log = join(folder, 'outcomes.jsonl');
  const outcomes: Outcome[] = [];
  while (outcomes.length < files.length) {
    writeFileSync(log, '');
    const end = await apart(import.meta.url, runBare, files.slice(outcomes.length), log).catch((thrown: Error) => thrown.message);
    const written = readFileSync(log, 'utf8').trimEnd();
    if (written !== '') outcomes.push(...written.split('\n').map((line) => JSON.parse(line) as Outcome));
    const file = files[outcomes.length];
    if (file !== undefined) outcomes.push({ file, reason: `ended the process (${String(end).split('\n')[0]})` });
  }
  rmSync(folder, { recursive: true });
  return outcomes;
}

/** Writes each outcome at once: the next model may end the process. */
export async function runBare(files: string[], log: string): Promise<number> {
  for (const file of files) {
    let reason: string | undefined;
    try {
      reason = await runOne(file);
    } catch (thrown) {
      reason = (thrown as Error).message;
    }
    appendFileSync(log, `${JSON.stringify({ file, reason })}\n`);
  }
  return files.length;
}

async function runOne(file: string): Promise<string | undefined> {
  const { InferenceSession, Tensor: Class } = await import('onnxruntime-node');
  const cases = await readCases(file);
  const session = await InferenceSession.create(join(FOLDER, file), { logSeverityLevel: 4 });
  for (const { inputs, outputs } of cases) {
    const feeds = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, toOrt(Class, tensor)]));
    const results = Object.entries(await session.run(feeds));
    const wrong = mismatch(outputs, Object.fromEntries(results.map(([name, tensor]): [string, Tensor] => [name, fromOrt(tensor)])));
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
