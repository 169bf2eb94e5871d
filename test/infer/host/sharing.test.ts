import assert from 'node:assert/strict';
import { ENDLESS } from '../models.ts';
import { first, hostRig, turns, until, vector } from './open-host.ts';

describe('a process that several models share', () => {
  const { open } = hostRig();
  const two = async () => {
    const triple = open('triple.onnx');
    const loop = open('loop.onnx', { host: triple.host, deadlineMs: 400 });
    await Promise.all([triple.run(vector(1, 2, 3)), loop.run(turns(0, 1n))]);
    return { triple, loop };
  };

  it('runs all of them, each with its own answers', async () => {
    const { triple, loop } = await two();
    assert.equal(triple.model.process, loop.model.process);
    const answers = await Promise.all([triple.run(vector(1, 1, 1)), loop.run(turns(5, 2n)), triple.run(vector(2, 2, 2))]);
    assert.deepEqual(answers.map(first), [[3, 3, 3], [7], [6, 6, 6]]);
  });

  it('errors the run of the model that hung; the others go on in the next process', async () => {
    const { triple, loop } = await two();
    const hung = loop.run(turns(0, ENDLESS));
    const waiting = [triple.run(vector(1, 1, 1)), loop.run(turns(5, 2n)), triple.run(vector(2, 2, 2))];
    await assert.rejects(hung, { code: 'model-deadline' });
    assert.deepEqual((await Promise.all(waiting)).map(first), [[3, 3, 3], [7], [6, 6, 6]]);
    assert.equal(triple.model.crashes, 0, 'it is not its fault');
  });

  it('breaks only the model that keeps falling', async () => {
    const { triple, loop } = await two();
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => loop.run(turns(0, ENDLESS))));
    assert.equal(outcomes.at(-1)?.status, 'rejected');
    assert.equal(loop.model.state.kind, 'broken');
    assert.deepEqual(first(await triple.run(vector(1, 2, 3))), [3, 6, 9]);
  });

  it('goes on with the others when one is taken out, and ends with the last', async () => {
    const { triple, loop } = await two();
    const pid = triple.host.pid ?? 0;
    await loop.close();
    assert.deepEqual(first(await triple.run(vector(1, 2, 3))), [3, 6, 9]);
    assert.equal(triple.host.pid, pid);
    await triple.close();
    await until(() => {
      try {
        return !process.kill(pid, 0);
      } catch {
        return true;
      }
    });
  });
});
