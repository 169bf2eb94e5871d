import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DrawOptions, drawOnPicture } from '../../nodes/media/image/draw.ts';
import { Colours, colourOf, inkOn, markColours } from '../../nodes/media/image/draw-colours.ts';
import { heatPixels, placeHeat } from '../../nodes/media/image/draw-heat.ts';
import { type Mark, type Marks, Overlay } from '../../nodes/media/image/draw-marks.ts';
import { charactersOf, glyphOf } from '../../nodes/media/image/draw-stroke-font.ts';
import { escapeXml, shortened } from '../../nodes/media/image/draw-text.ts';
import { loadSharp } from '../../nodes/media/image/sharp.ts';
import type { Placement } from '../../nodes/shared/messages.ts';

const style = () => ({ labels: 'score' as const, colours: new Colours(new Map([['part', '#ff0000']])), thickness: 2, textSize: 20 });
const options = (given: Partial<DrawOptions> = {}): DrawOptions => ({
  style: style(),
  longest: 4000,
  format: 'png',
  quality: 80,
  property: 'msg.image.buffer',
  ...given,
});
const none: Marks = { objects: [], zones: [] };
const object = (x: number, y: number, width: number, height: number, label = 'part'): Mark => ({
  label,
  score: 0.9,
  box: { x, y, width, height },
});

/** A grey picture of one value. */
const plain = (width: number, height: number, value = 200) => ({
  width,
  height,
  channels: 1 as const,
  data: new Uint8Array(width * height).fill(value),
});

async function pixelsOf(picture: Uint8Array) {
  const sharp = await loadSharp();
  const { data, info } = await sharp(picture).removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  assert.equal(info.channels, 3);
  const at = (x: number, y: number) => [...data.subarray(3 * (y * info.width + x), 3 * (y * info.width + x) + 3)];
  return { width: info.width, height: info.height, at };
}
const isRed = ([red = 0, green = 0, blue = 0]: number[]) => red > 200 && green < 80 && blue < 80;

describe('drawing on a picture', () => {
  it('puts a box where it is, in the colour of its label', async () => {
    const { data } = await drawOnPicture(plain(200, 120), { ...none, objects: [object(40, 50, 100, 60)] }, options());
    const { at } = await pixelsOf(data);
    for (const [x, y] of [
      [40, 80],
      [139, 80],
      [90, 50],
      [90, 109],
    ] as const)
      assert.ok(isRed(at(x, y)), `${x}, ${y}: ${at(x, y)}`);
    assert.deepEqual(at(90, 80), [200, 200, 200]);
  });

  it('turns the picture upright first: coordinates are those of the upright picture', async () => {
    const sharp = await loadSharp();
    const lying = await sharp({ create: { width: 120, height: 200, channels: 3, background: '#888' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const { data, width, height } = await drawOnPicture(lying, { ...none, objects: [object(150, 60, 40, 40)] }, options());
    assert.deepEqual([width, height], [200, 120]);
    assert.ok(isRed((await pixelsOf(data)).at(150, 80)));
  });

  it('makes a large picture smaller, and what is drawn with it', async () => {
    const { data, width, height } = await drawOnPicture(
      plain(1600, 800),
      { ...none, objects: [object(400, 400, 800, 200)] },
      options({ longest: 400 }),
    );
    assert.deepEqual([width, height], [400, 200]);
    const { at } = await pixelsOf(data);
    assert.ok(isRed(at(100, 120)));
    assert.ok(isRed(at(299, 120)));
  });

  it('takes coordinates of another size than the picture has', async () => {
    const coordinates = { width: 400, height: 400 };
    const { data } = await drawOnPicture(plain(200, 100), { ...none, objects: [object(200, 200, 100, 100)] }, options({ coordinates }));
    assert.ok(isRed((await pixelsOf(data)).at(100, 62)));
  });

  it('gives JPEG or PNG', async () => {
    const [jpeg, png] = await Promise.all([
      drawOnPicture(plain(50, 50), none, options({ format: 'jpeg' })),
      drawOnPicture(plain(50, 50), none, options()),
    ]);
    assert.equal(jpeg.data.subarray(0, 3).toString('hex'), 'ffd8ff');
    assert.equal(png.data.subarray(1, 4).toString(), 'PNG');
  });

  it('passes the picture where there is nothing to draw', async () => {
    const { at } = await pixelsOf((await drawOnPicture(plain(50, 40), none, options())).data);
    assert.deepEqual(
      [at(0, 0), at(49, 39)],
      [
        [200, 200, 200],
        [200, 200, 200],
      ],
    );
  });

  it('draws an outline, its points and a zone', async () => {
    const marks: Marks = {
      objects: [
        {
          ...object(0, 0, 1, 1),
          label: 'part',
          outline: [
            [20, 60],
            [80, 40],
            [90, 60],
            [30, 80],
          ],
          points: [[150, 90]],
        },
      ],
      zones: [
        {
          name: 'gate',
          points: [
            [110, 20],
            [190, 20],
            [190, 110],
            [110, 110],
          ],
          count: 1,
        },
      ],
    };
    const { at } = await pixelsOf((await drawOnPicture(plain(200, 120, 100), marks, options())).data);
    assert.ok(isRed(at(50, 50)), `${at(50, 50)}`);
    assert.ok(isRed(at(150, 90)), `${at(150, 90)}`);
    // Within the zone it is lighter.
    assert.ok((at(170, 60)[0] ?? 0) > 110);
    assert.deepEqual(at(100, 10), [100, 100, 100]);
  });

  it('puts a heat map where the model looked, and nothing of it on the rest', async () => {
    // A letterbox: the map is square, the picture twice as wide as high; the hot half of the map is its right one.
    const values = Float32Array.from({ length: 64 }, (_, index) => (index % 8 >= 4 ? 1 : 0));
    const placement: Placement = {
      width: 8,
      height: 8,
      x: 0,
      y: -50,
      scaleX: 25,
      scaleY: 25,
      region: { x: 0, y: 0, width: 200, height: 100 },
    };
    const heat = () => ({ width: 8, height: 8, values, placement, from: 0, to: 1, opacity: 1 });
    const { at } = await pixelsOf((await drawOnPicture(plain(200, 100), none, options({ heat }))).data);
    assert.deepEqual(at(20, 50), [200, 200, 200]);
    assert.deepEqual(at(180, 50), [230, 0, 30]);
    assert.deepEqual(at(180, 2), [230, 0, 30]);
  });

  it('names the property of a picture that can not be read', async () => {
    const half = (await drawOnPicture(plain(400, 400), none, options({ format: 'jpeg' }))).data.subarray(0, 400);
    await assert.rejects(drawOnPicture(half, none, options()), /msg\.image\.buffer: the JPEG picture is damaged/);
  });

  for (const [what, label] of [
    ['markup', '<script>alert("1")</script> & \' ]]>'],
    ['an emoji of several characters', '👩‍🏭 🇩🇪 ok'],
    ['half of one', '\ud83d broken'],
    ['control characters', '\u0000\u0008\u001b[31m\ufffe\uffff'],
    ['10,000 letters', 'w'.repeat(10_000)],
    ['a letter with 10,000 accents', `a${'\u0301'.repeat(10_000)}`],
    ['right-to-left text', '\u202eقطعة'],
  ] as const) {
    it(`draws a label with ${what}`, async () => {
      const { data } = await drawOnPicture(plain(300, 100), { ...none, objects: [object(10, 50, 50, 40, label)] }, options());
      const { width, at } = await pixelsOf(data);
      assert.equal(width, 300);
      // The box is there, so the drawing as a whole is.
      assert.notDeepEqual(at(10, 70), [200, 200, 200]);
    });
  }

  it('draws a picture full of intricate outlines within seconds, each object at least as its box', async function () {
    this.timeout(20_000);
    // A star of 500 corners, as a model that is not what its manifest says may give a thousand times.
    const star = Array.from({ length: 500 }, (_, index): [number, number] => [100 + 90 * Math.cos(index), 100 + 90 * Math.sin(index)]);
    const objects = Array.from({ length: 1000 }, (_, index) => ({ ...object(index % 180, 20, 10, 10), outline: star, points: star }));
    const zones = Array.from({ length: 1000 }, (_, index) => ({ name: `zone ${index}`, points: star.slice(0, 4) }));
    const overlay = new Overlay({ objects, zones }, { width: 200, height: 200 }, { width: 200, height: 200 }, style());
    const svg = overlay.svg(new Set());
    assert.equal(svg.match(/<polygon/g)?.length, 2 * (50 + 1000));
    assert.ok(svg.length < 4e6, `${svg.length}`);
    assert.equal((await drawOnPicture(plain(200, 200), { objects, zones }, options())).width, 200);
  });

  it('draws the surest 1000 of 100,000 boxes, wherever they are', async function () {
    this.timeout(20_000);
    const far = [Number.MAX_VALUE, -Number.MAX_VALUE, 1e9, -1e9];
    const objects = Array.from({ length: 100_000 }, (_, index) =>
      object(far[index % 4] ?? 0, index % 300, 1e300, 20, `kind ${index % 50}`),
    );
    const overlay = new Overlay({ ...none, objects }, { width: 300, height: 300 }, { width: 300, height: 300 }, style());
    const svg = overlay.svg(new Set());
    assert.equal(svg.match(/<polygon/g)?.length, 2000);
    assert.ok(svg.length < 2e6);
    assert.equal((await drawOnPicture(plain(300, 300), { ...none, objects }, options())).width, 300);
  });
});

describe('labels', () => {
  it('have strokes of our own for all of ASCII, and for the letters of Europe', () => {
    const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
    const letters = charactersOf(
      'ÄÖÜäöüßÀÂÇÉÈÊËÎÏÔÙÛŸàâçéèêëîïôùûÿñÑõãÅåØøÆæĄĆĘŁŃÓŚŹŻąćęłńóśźżČŠŽčšžěřůďťőűğş°µ²³±×÷·–—…Ω'.normalize('NFD'),
    );
    for (const character of [...ascii, ...letters]) assert.ok(glyphOf(character), JSON.stringify(character));
    assert.equal(glyphOf('好'), undefined);
  });

  it('say what they say without any font on the system', () => {
    const script = join(import.meta.dirname, 'draw-without-fonts.ts');
    const folder = mkdtempSync(join(tmpdir(), 'linewatch-fonts-'));
    try {
      const config = join(folder, 'fonts.conf');
      writeFileSync(
        config,
        `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><cachedir>${folder}</cachedir></fontconfig>`,
      );
      const run = (env: object) =>
        JSON.parse(execFileSync(process.execPath, [script], { env: { ...process.env, ...env }, encoding: 'utf8' }));
      const without = run({ FONTCONFIG_FILE: config });
      assert.deepEqual(without.system, []);
      assert.ok(without.ink > 300, `${without.ink} dark pixels`);
      // Ours are drawn the same with fonts and without.
      const own = run({});
      assert.equal(own.ink, without.ink);
      // What no font can have is a box with its code inside, and no letter.
      assert.ok(!own.system.includes('\u0378') && !own.system.includes('\u{4fffd}'), own.system.join(' '));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }).timeout(20_000);

  it('are cut off at 40 letters', () => {
    assert.deepEqual(shortened('abcdef', 4), ['a', 'b', 'c', '…']);
    assert.equal(shortened('x'.repeat(100_000), 40).join('').length, 40);
    assert.deepEqual(shortened('one\n\ttwo', 40).join(''), 'one two');
  });

  it('are no XML', () => {
    assert.equal(escapeXml('<a b="c">&\'\u0001\ud800'), '&#60;a b=&#34;c&#34;&#62;&#38;&#39;');
  });

  it('stand above their box, but below where another stands there, and within the picture', () => {
    const size = { width: 400, height: 300 };
    const objects = [object(100, 100, 120, 50), object(110, 100, 120, 50), object(390, 0, 30, 30)];
    const svg = new Overlay({ ...none, objects }, size, size, style()).svg(new Set());
    const places = [...svg.matchAll(/<rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)"/g)].map(([, x, y, width]) =>
      [x, y, width].map(Number),
    );
    assert.equal(places[0]?.[1], 79);
    assert.equal(places[1]?.[1], 151);
    const [x = 0, y = 0, width = 0] = places[2] ?? [];
    assert.ok(x + width <= 400.01 && y >= 0, `${x}, ${y}, ${width}`);
  });

  it('can be read on their colour', () => {
    assert.deepEqual(['#ffd21f', '#e6194b', '#000000', '#ffffff'].map(inkOn), ['#000', '#fff', '#fff', '#000']);
  });

  it('keep their colour, and have each their own while there are enough', () => {
    const colours = new Colours(new Map([['chosen', '#123456']]));
    const names = Array.from({ length: markColours.length }, (_, index) => `label ${index}`);
    const first = names.map((name) => colours.of(name));
    assert.equal(new Set(first).size, markColours.length);
    assert.deepEqual(
      names.map((name) => colours.of(name)),
      first,
    );
    assert.equal(colours.of('chosen'), '#123456');
    assert.equal(colours.of('one more'), colourOf('one more'));
  });
});

describe('a heat map', () => {
  const placement: Placement = { width: 8, height: 8, x: 0, y: 0, scaleX: 1, scaleY: 1, region: { x: 0, y: 0, width: 8, height: 8 } };
  const map = { width: 4, height: 1, values: [0, 0.5, 1, Number.NaN], placement, from: 0, to: 1, opacity: 1 };

  it('is clear where nothing is odd or no number stands, and red where it is hottest', () => {
    const pixels = heatPixels(map);
    assert.deepEqual([pixels[3], pixels[11], pixels[15]], [0, 255, 0]);
    assert.deepEqual([...pixels.subarray(8, 11)], [230, 0, 30]);
    assert.ok((pixels[7] as number) > 100 && (pixels[7] as number) < 255);
  });

  it('goes from clear blue to red in steps too small to see', () => {
    const values = Float32Array.from({ length: 5000 }, (_, index) => index / 4999);
    const pixels = heatPixels({ ...map, width: 5000, values });
    const shade = (index: number) => [...pixels.subarray(4 * index, 4 * index + 4)];
    const corners = [
      [0.001, [40, 90, 255]],
      [0.25, [0, 200, 160]],
      [0.5, [255, 225, 0]],
      [0.75, [255, 120, 0]],
      [1, [230, 0, 30]],
    ] as const;
    for (const [share, colour] of corners) {
      const got = shade(Math.round(share * 4999));
      assert.ok(
        colour.every((value, channel) => Math.abs(value - (got[channel] as number)) <= 3),
        `${share}: ${got}`,
      );
    }
    for (let index = 4; index < 5000; index++) {
      const before = shade(index - 1);
      assert.ok(
        shade(index).every((value, channel) => Math.abs(value - (before[channel] as number)) <= 2),
        `${index}`,
      );
    }
  });

  it('shows the hottest where all above the least is without end, and nothing where all is the same', () => {
    const same = { ...map, from: 7, to: 7 };
    assert.deepEqual([...heatPixels({ ...same, values: [7, 7, 7, 7] })], Array(16).fill(0));
    assert.equal(heatPixels({ ...same, values: [7, Infinity, -Infinity, 7] })[7], 255);
  });

  it('is left out where it is placed at no size that can be drawn', () => {
    for (const scale of [1e9, 1e300]) {
      const far = { ...map, placement: { ...placement, scaleX: scale, scaleY: scale } };
      assert.equal(placeHeat(far, { width: 100, height: 100 }, { width: 100, height: 100 }), undefined);
    }
  });

  it('leaves out what lies beyond the picture before anything grows', () => {
    // One map pixel is as large as a thousand pictures.
    const huge = { ...map, width: 100, height: 100, placement: { ...placement, scaleX: 1e6, scaleY: 1e6 } };
    const place = placeHeat(huge, { width: 100, height: 100 }, { width: 100, height: 100 });
    assert.deepEqual(place?.part, { x: 0, y: 0, width: 1, height: 1 });
    assert.equal(
      placeHeat({ ...map, placement: { ...placement, x: 500 } }, { width: 100, height: 100 }, { width: 100, height: 100 }),
      undefined,
    );
  });
});
