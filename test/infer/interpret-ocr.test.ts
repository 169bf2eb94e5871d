import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { LoadedModel } from '../../nodes/infer/host/runtime.ts';
import { labelLines } from '../../nodes/infer/interpret/labels-file.ts';
import { interpret } from '../../nodes/infer/interpret/tasks.ts';
import { prepareRegions } from '../../nodes/media/image/prepare-picture.ts';
import { preset } from '../../nodes/media/image/presets.ts';
import type { ObjectsResult, TextResult } from '../../nodes/shared/messages.ts';
import { isInstalled } from '../../scripts/debian.ts';
import { ocrModels, open, runOn, settingsOf } from './interpret-models.ts';

/** What stands on labels of machines, drums and parcels. */
const latin = [
  ['PMP-1042A'],
  ['SERIAL 7K3-99120'],
  ['LOT 20261123'],
  ['EXP 2027-08-31'],
  ['24 V DC 0.8 A'],
  ['7.1 mm/s'],
  ['P/N 6ES7 214-1AG40'],
  ['Batch B-7741', 'Line 3'],
  ['Net 25.0 kg', 'Gross 26.4 kg'],
  ['Made in Germany'],
];
const chinese = [
  ['合格'],
  ['不合格品'],
  ['生产日期 2026-11-23'],
  ['批号 A20261123'],
  ['额定电压 380V'],
  ['小心轻放'],
  ['泵站三号'],
  ['型号 YE3-132M-4'],
  ['温度 85℃', '压力 0.6MPa'],
  ['质量检验员 张伟'],
];

/** A label in a photograph: a light plate on grey, black letters. */
async function renderLabel(lines: readonly string[]): Promise<Buffer> {
  const text = lines
    .map(
      (line, index) =>
        `<text x="60" y="${110 + 70 * index}" font-size="42" font-family="DejaVu Sans, Noto Sans CJK SC, sans-serif">${line}</text>`,
    )
    .join('');
  const height = 160 + 70 * lines.length;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="${height}"><rect width="640" height="${height}" fill="#8a8f94"/>
    <rect x="30" y="30" width="580" height="${height - 60}" fill="#f4f4ef"/>${text}</svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 90 }).toBuffer();
}

describe('reading labels with PaddleOCR', function () {
  this.timeout(120_000);
  let detector: LoadedModel;
  let reader: LoadedModel;
  const labels = labelLines(readFileSync(join(ocrModels, 'ppocr_keys_v1.txt'), 'utf8'));
  before(async function () {
    if (!isInstalled('fonts-noto-cjk')) {
      console.log('      skipped: labels need fonts (as root: apt-get install fonts-noto-cjk)');
      return this.skip();
    }
    detector = await open(join(ocrModels, 'ch_PP-OCRv4_det_infer.onnx'));
    reader = await open(join(ocrModels, 'ch_PP-OCRv4_rec_infer.onnx'));
  });
  after(async () => {
    await detector?.release();
    await reader?.release();
  });

  const findLines = async (picture: Buffer) => {
    const { outputs, image } = await runOn(detector, picture, preset('ocr-detect'));
    const found = interpret({ payload: outputs, image }, { settings: settingsOf({ task: 'textLines' }), manifest: undefined, labels: [] });
    return found.result as ObjectsResult;
  };
  const read = async (picture: Buffer): Promise<TextResult> => {
    const { objects } = await findLines(picture);
    const { tensor, image } = await prepareRegions(
      picture,
      objects.map(({ box }) => box),
      preset('ocr-read'),
    );
    const payload = await reader.run({ x: tensor });
    return interpret({ payload, image }, { settings: settingsOf({ task: 'text' }), manifest: undefined, labels }).result as TextResult;
  };

  for (const lines of [...latin, ...chinese]) {
    it(`reads "${lines.join(' / ')}"`, async () => {
      const { text, lines: found } = await read(await renderLabel(lines));
      // The model was trained to leave out most blanks.
      assert.equal(text.replace(/[ \u3000]/g, ''), lines.join('\n').replaceAll(' ', ''));
      assert.equal(found.length, lines.length);
      for (const { box } of found) assert.ok(box !== undefined && box.x > 40 && box.x < 90 && box.height < 90, JSON.stringify(box));
    });
  }

  it('outlines a line that is slanted', async () => {
    const upright = await renderLabel(['SERIAL 7K3-99120']);
    const slanted = await sharp(upright).rotate(8, { background: '#8a8f94' }).jpeg().toBuffer();
    const [line] = (await findLines(slanted)).objects;
    assert.equal(line?.outline?.length, 4);
    const [[x1, y1], [x2, y2]] = (line as { outline: unknown }).outline as [[number, number], [number, number]];
    const degrees = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI;
    assert.ok(Math.abs(degrees - 8) < 2, `${degrees}°`);
  });
});
