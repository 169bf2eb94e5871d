import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parsePreparation } from '../../nodes/media/image/parse-preparation.ts';
import type { RawPicture } from '../../nodes/media/image/picture.ts';
import { preparePicture } from '../../nodes/media/image/prepare-picture.ts';
import { presetNames } from '../../nodes/media/image/presets.ts';

interface Case {
  name: string;
  picture: [width: number, height: number];
  preparation: object;
  dims: number[];
  sum: number;
  step: number;
  /** Every `step`-th value. */
  values: number[];
}

/** What reference.py wrote: made by Pillow, numpy and torchvision. */
const cases = JSON.parse(readFileSync(new URL('./reference.json', import.meta.url), 'utf8')) as Case[];

/** The same formula as in reference.py. */
function picture(width: number, height: number): RawPicture {
  const data = new Uint8Array(width * height * 3);
  let state = 12345n;
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      state = (state * 1103515245n + 12345n) % 2n ** 31n;
      const noise = Number((state / 65536n) % 16n);
      data[at++] = ((x * 3 + y * 2) % 240) + noise;
      data[at++] = ((Math.floor(x / 20) + Math.floor(y / 15)) % 2 === 1 ? 200 : 30) + noise;
      data[at++] = (Math.floor((x * y) / 40) % 240) + noise;
    }
  }
  return { width, height, channels: 3, data };
}

/** IEEE 754 binary16. */
function fromFloat16(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 === 0 ? 1 : -1, (bits >> 10) & 31, bits & 1023];
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

async function prepared({ picture: [width, height], preparation }: Case) {
  const { tensor } = await preparePicture(picture(width, height), parsePreparation(preparation));
  const values = Array.from(tensor.data as Float32Array, (value) => (tensor.type === 'float16' ? fromFloat16(value) : value));
  return { ...tensor, values };
}

const isLarge = ({ name }: Case) => name.startsWith('large');

describe('media/image › tensors', () => {
  it('has a reference for every preset', () => {
    for (const name of presetNames)
      assert.ok(
        cases.some((one) => (one.preparation as { preset?: string }).preset === name),
        name,
      );
  });

  for (const one of cases.filter((each) => !isLarge(each))) {
    it(`equals Pillow's and torchvision's to 0.001: ${one.name}`, async () => {
      const { dims, values } = await prepared(one);
      assert.deepEqual(dims, one.dims);
      for (const [index, expected] of one.values.entries()) {
        const got = values[index * one.step] as number;
        assert.ok(Math.abs(got - expected) <= 1e-3, `value ${index * one.step}: expected ${expected}, got ${got}`);
      }
      const sum = values.reduce((total, value) => total + value, 0);
      assert.ok(Math.abs(sum - one.sum) <= 1e-5 * values.length, `sum: expected ${one.sum}, got ${sum}`);
    });
  }

  // libvips sums the same filters in another order and to 1/64 pixel.
  for (const one of cases.filter(isLarge)) {
    it(`is near Pillow's, in levels of 255: ${one.name}`, async () => {
      const { dims, values } = await prepared(one);
      assert.deepEqual(dims, one.dims);
      const errors = one.values.map((expected, index) => Math.abs((values[index * one.step] as number) - expected));
      const mean = errors.reduce((total, error) => total + error, 0) / errors.length;
      const most = Math.max(...errors);
      if (process.env.SHOW) console.log(one.name, mean.toFixed(3), most);
      assert.ok(mean <= 2 && most <= 16, `mean ${mean.toFixed(2)}, most ${most}`);
    });
  }
});
