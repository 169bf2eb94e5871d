import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeptPictures } from '../../../nodes/infer/input/kept-pictures.ts';
import { parseManifest } from '../../../nodes/infer/model-file/manifest.ts';
import { temporaryFolder } from '../models.ts';
import { picture } from '../picture-models.ts';

const image = { width: 16, height: 16, fit: 'stretch' };
const manifest = (inputs: object) =>
  parseManifest({ inputs: Object.entries(inputs).map(([name, keep]) => ({ name, image, keep })) }, 'model.json');

describe('pictures that a node keeps', () => {
  const folder = temporaryFolder();
  after(() => folder.remove());
  const fail = (error: unknown) => assert.fail(String(error));

  it('stay while models come that have the input, and go when one is kept for a model that has not', async () => {
    const file = join(folder.path, 'state.json');
    const kept = new KeptPictures(file, fail);
    const inFile = () => Object.keys(JSON.parse(readFileSync(file, 'utf8')).pictures);
    const [one, other, third] = [
      manifest({ picture: false, good: true }),
      manifest({ picture: true, good: false }),
      manifest({ x: false, master: true }),
    ];
    await kept.keep(one, undefined, await picture(20, 20));
    await kept.keep(other, undefined, await picture(20, 20));
    assert.deepEqual([inFile(), kept.missing(one), kept.missing(other)], [['good', 'picture'], [], []]);
    await kept.keep(third, undefined, await picture(20, 20));
    assert.deepEqual([inFile(), kept.missing(third), kept.missing(one)], [['master'], [], ['good']]);
    assert.deepEqual(Object.keys(new KeptPictures(file, fail).inputs(third)), ['master']);
  });
});
