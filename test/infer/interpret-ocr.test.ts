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

/** Others than those on which the defaults were looked at: other words, fonts, sizes and colours. */
const heldOut: [text: string, look: Partial<Look>][] = [
  ['MOTOR 3~ IE3', { font: 'DejaVu Serif' }],
  ['5.5kW 1465rpm', { font: 'DejaVu Serif', size: 34 }],
  ['COS 0.84 50Hz', { size: 56 }],
  ['IP55 CLASS F', { font: 'DejaVu Sans Mono', size: 30 }],
  ['ART-90817263', { font: 'DejaVu Sans Mono', size: 48 }],
  ['QTY 1200 PCS', { weight: 'bold', size: 30 }],
  ['FRAGILE', { weight: 'bold', size: 64 }],
  ['Zone 2B-17', { ink: '#f4f4ef', plate: '#1c2733' }],
  ['MAX 250 bar', { ink: '#f4f4ef', plate: '#8c1d18', size: 50 }],
  ['Made 2024-02-29', { size: 24 }],
  ['Part 77-4410/B', { size: 28, font: 'DejaVu Serif' }],
  ['DIN 912 M8x40', { weight: 'bold', size: 38, ink: '#173a7a' }],
  ['出厂编号 88213', { size: 34 }],
  ['严禁烟火', { size: 64, weight: 'bold', ink: '#f4f4ef', plate: '#8c1d18' }],
  ['净重 50kg', { font: 'Noto Serif CJK SC' }],
  ['额定转速 1450', { size: 28 }],
  ['冷却水泵', { font: 'Noto Serif CJK SC', size: 56 }],
  ['检验日期 2025-06-07', { size: 30, ink: '#173a7a' }],
  ['上海机床厂', { weight: 'bold', size: 50 }],
  ['防护等级 IP65', { ink: '#f4f4ef', plate: '#1c2733', size: 36 }],
];

interface Look {
  font: string;
  /** Pixels. */
  size: number;
  weight: string;
  ink: string;
  plate: string;
}

const usual: Look = { font: 'DejaVu Sans', size: 42, weight: 'normal', ink: '#000', plate: '#f4f4ef' };

/** A label in a photograph: a plate on grey with letters. */
async function renderLabel(lines: readonly string[], look: Partial<Look> = {}): Promise<Buffer> {
  const { font, size, weight, ink, plate } = { ...usual, ...look };
  const text = lines
    .map(
      (line, index) =>
        `<text x="60" y="${110 + 70 * index}" font-size="${size}" font-weight="${weight}" font-family="${font}, Noto Sans CJK SC, sans-serif" fill="${ink}">${line}</text>`,
    )
    .join('');
  const height = 160 + 70 * lines.length;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="${height}"><rect width="640" height="${height}" fill="#8a8f94"/>
    <rect x="30" y="30" width="580" height="${height - 60}" fill="${plate}"/>${text}</svg>`;
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

  it('reads labels of other fonts, sizes and colours', async () => {
    const wrong: string[] = [];
    for (const [label, look] of heldOut) {
      const { text } = await read(await renderLabel([label], look));
      if (text.replace(/[ \u3000]/g, '') !== label.replaceAll(' ', '')) wrong.push(`${label} → ${text}`);
    }
    // One may differ by a letter, as x from X beside numbers.
    assert.ok(wrong.length <= 1, wrong.join('\n'));
  });

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
