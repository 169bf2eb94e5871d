/** The test data through onnx model and onnx infer. */
import { isTensor, type Tensor } from '../../../../nodes/shared/tensor.ts';
import { type Gateway, type Line, startNodeRed } from '../../gateway/node-red.ts';
import { Traffic, until } from '../../gateway/traffic.ts';
import { type Case, FOLDER, type Outcome, readCases } from './cases.ts';
import { mismatch } from './compare.ts';

/** So many models in a flow at a time, in one shared process. */
const BATCH = 50;
const ANSWER_TIMEOUT_MS = 60_000;

export async function outcomesThroughNodes(userDir: string, files: string[]): Promise<Outcome[]> {
  const gateway = await startNodeRed(userDir, [], {
    linewatch: { modelFolders: [FOLDER] },
    // A refused model is a result here; its words are taken from the message.
    logging: { console: { level: 'fatal' } },
  });
  const outcomes: Outcome[] = [];
  for (let start = 0; start < files.length; start += BATCH) {
    const batch = files.slice(start, start + BATCH);
    await gateway.deploy(batch.map((file): Line => ({ id: idOf(file), model: { path: file, host: 'testdata' } })));
    for (const file of batch) outcomes.push({ file, ...(await outcomeOf(gateway, file)) });
  }
  return outcomes;
}

const idOf = (file: string) => file.replace(/\W/g, '-');

async function outcomeOf(gateway: Gateway, file: string): Promise<{ reason?: string }> {
  let cases: Case[];
  try {
    cases = await readCases(file);
  } catch (thrown) {
    // The node's own words say more, where it refuses the model too.
    return { reason: (await run(gateway, file, {})).refusal ?? (thrown as Error).message };
  }
  for (const { inputs, outputs } of cases) {
    const { refusal, payload } = await run(gateway, file, inputs);
    const reason = refusal ?? mismatch(outputs, byName(payload, Object.keys(outputs)));
    if (reason !== undefined) return { reason };
  }
  return {};
}

async function run(gateway: Gateway, file: string, inputs: Record<string, Tensor>): Promise<{ refusal?: string; payload?: unknown }> {
  let payload: unknown;
  const traffic = new Traffic(
    gateway.line(idOf(file)),
    () => inputs,
    ({ message }) => {
      payload = message.payload;
    },
  );
  traffic.send();
  if (!(await until(() => traffic.open === 0, ANSWER_TIMEOUT_MS))) return { refusal: 'no answer and no error' };
  const [refusal] = traffic.reasons.keys();
  return refusal === undefined ? { payload } : { refusal };
}

/** A model's only output stands alone in the payload. */
function byName(payload: unknown, names: string[]): Record<string, Tensor> {
  return isTensor(payload) ? { [names[0] as string]: payload } : (payload as Record<string, Tensor>);
}
