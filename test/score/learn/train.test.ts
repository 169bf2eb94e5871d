import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Layer } from '../../../nodes/score/learn/arithmetic/network.ts';
import type { TrainingRequest } from '../../../nodes/score/learn/contract.ts';
import { fitPca } from '../../../nodes/score/learn/methods/pca.ts';
import { measureScaling, scaled } from '../../../nodes/score/learn/methods/scaling.ts';
import { windowShape } from '../../../nodes/score/learn/methods/shape.ts';
import { LinewatchError } from '../../../nodes/shared/errors.ts';
import { normal, seededRandom } from '../../../nodes/shared/random.ts';
import { type Change, columns, eventsOf, is, learned, machineRows, off, requestFor, START } from './machine.ts';

const width = columns.length;

describe('learning what is normal', () => {
  it('reports progress, how it learned and what is typical', () => {
    const events = eventsOf(requestFor(machineRows(600), { method: 'autoencoder' }));
    const progress = events.filter((event) => event.kind === 'progress');
    const shares = progress.map(({ share }) => share);
    assert.ok(shares.length > 5 && shares.every((share, i) => share >= (shares[i - 1] ?? 0) && share <= 1), 'progress rises from 0 to 1');
    const done = events.at(-1);
    assert.ok(done?.kind === 'done');
    const { report, manifest, onnx } = done;
    assert.equal(report.method, 'autoencoder');
    assert.ok(report.curve.length >= 5);
    assert.ok((report.curve.at(-1)?.heldOutError as number) < (report.curve[0]?.heldOutError as number) / 2, 'the learning curve falls');
    assert.deepEqual([report.from, report.to], [START, START + 599 * 10_000]);
    const { training, stopping, heldOut, all } = report.windows;
    assert.equal(all, 600);
    // Two windows are lost at each of the nine borders between parts that differ.
    assert.equal(training + stopping + heldOut, 600 - 9 * 2);
    const typical = report.healthy?.errors[0] as number;
    assert.ok(typical > 0.5 && typical < 2, `the typical error is about 1: ${typical}`);
    assert.equal(manifest.sha256, createHash('sha256').update(onnx).digest('hex'));
    assert.equal(manifest.task, 'reconstruction');
  });

  it('gives the same bytes for the same seed and windows, and others for another seed', () => {
    for (const method of ['pca', 'autoencoder', 'isolation-forest'] as const) {
      const request = (seed: number) => requestFor(machineRows(300), { method, seed });
      const [one, two] = [learned(request(7)), learned(request(7))];
      assert.deepEqual(one.onnx, two.onnx);
      assert.deepEqual(one.manifest, two.manifest);
      if (method !== 'pca') assert.notDeepEqual(one.onnx, learned(request(8)).onnx);
    }
  });

  it('auto compares the methods on values exchanged between windows and takes the one that finds most', () => {
    const { report } = learned(requestFor(machineRows(900), { method: 'auto' }));
    assert.deepEqual(
      report.compared?.map(({ method }) => method),
      ['pca', 'isolation-forest', 'autoencoder'],
    );
    const found = (method: string) => report.compared?.find((result) => result.method === method)?.found as number;
    assert.ok(found(report.method) >= Math.max(...(report.compared ?? []).map((result) => result.found)) - 0.041);
    assert.ok(found('pca') > found('isolation-forest'), 'a forest sees no relation between tags');
  });

  it('learns a column that never changed as constant: any change of it is then far off', () => {
    const { report, manifest } = learned(requestFor(machineRows(400, { change: is(4, 55) })));
    assert.deepEqual(report.constant, ['temperature mean']);
    const { columns: described } = (manifest.inputs as { columns: { scale: number }[] }[])[0] as { columns: { scale: number }[] };
    assert.ok(Math.abs((described[4]?.scale as number) - 0.55) < 0.01, 'a hundredth of its size');
  });

  it('a healthy column of deviations that falls to nothing, as of a sensor that hangs, is far off', () => {
    const { manifest } = learned(requestFor(machineRows(600)));
    const { columns: described } = (manifest.inputs as { columns: { floor?: number; scale: number }[] }[])[0] as {
      columns: { floor?: number; scale: number }[];
    };
    const { floor, scale } = described[1] as { floor: number; scale: number };
    assert.ok(
      Math.log(0.3 / floor) / scale > 9,
      `the usual deviation of 0.3 is ${Math.log(0.3 / floor) / scale} typical errors above nothing`,
    );
  });

  it('tells how far it is while it looks for what is not normal, also at large windows', () => {
    const request = requestFor(machineRows(3000 * 50), {
      inputDims: [1, 50, width],
      method: 'pca',
      columns: columns.map((column) => ({ ...column, feature: 'raw' })),
    });
    const shares = eventsOf(request).flatMap((event) => (event.kind === 'progress' ? [event.share] : []));
    assert.ok(shares.filter((share) => share < 0.15).length >= 15, shares.join());
  });

  it('a few wild windows all over the time do not stop it', () => {
    const wild: Change = (row, index) => {
      if (index % 211 === 5) row[2] = -1e6;
    };
    assert.equal(learned(requestFor(machineRows(900, { change: wild }))).report.method, 'pca');
  });
});

const between = (from: number, to: number, change: Change): Change => {
  return (row, index) => {
    if (index >= from && index < to) change(row, index);
  };
};
const nothing = machineRows(0);
const labelsOf = (count: number, ...names: string[]) => Array.from({ length: count }, (_, i) => names[i % names.length] as string);

describe('training refuses, and says what to do', () => {
  const cases: [what: string, request: TrainingRequest, message: RegExp][] = [
    ['no windows', requestFor(nothing), /^too little to learn from: expected at least \d+ windows, got 0; collect longer/],
    ['too few windows', requestFor(machineRows(60)), /^too little to learn from: expected at least 1\d\d windows, got 60/],
    [
      'constant windows',
      requestFor(machineRows(300, { change: (row) => row.fill(4) })),
      /^nothing to learn from: none of the 5 columns ever changed/,
    ],
    [
      'an episode in the middle unlike all the rest',
      requestFor(machineRows(600, { change: between(300, 330, off(3, 6)) })),
      /^30 windows from (2026-10-05 )?\d\d:\d\d:\d\d to \S+ are unlike all others, most of all in pressure mean; if the machine was not well then, learn again/,
    ],
    ...(
      [
        ['a twentieth', [[400, 490]]],
        ['a fifth', [[400, 760]]],
        ['two fifths', [[400, 1100]]],
        [
          'a fortieth, twice',
          [
            [300, 345],
            [1300, 1345],
          ],
        ],
        [
          'a twentieth, twice',
          [
            [300, 390],
            [1300, 1390],
          ],
        ],
      ] as const
    ).map(([what, spans]): [string, TrainingRequest, RegExp] => [
      `a fault that lasted ${what}`,
      requestFor(
        machineRows(1800, {
          change(row, index) {
            if (!spans.some(([from, to]) => index >= from && index < to)) return;
            row[2] = 40;
            row[4] = (row[4] as number) + 40;
          },
        }),
      ),
      /^\d+ windows from \S+ to \S+ are unlike all others, most of all in (temperature|flow) mean/,
    ]),
    [
      'a machine that is another one from the middle on',
      requestFor(machineRows(600, { change: between(280, 600, off(4, 40)) })),
      /^the machine changed meanwhile, most of all in temperature mean: what came after/,
    ],
    ...(
      [
        ['its last third', 200, 300],
        ['its last tenth', 270, 300],
        ['its first fifth', 0, 60],
        ['all but its first third', 100, 300],
      ] as const
    ).map(([what, from, to]): [string, TrainingRequest, RegExp] => [
      `a machine that is another one in ${what}`,
      requestFor(machineRows(300, { change: between(from, to, off(4, 200)) })),
      /^the machine changed meanwhile, most of all in temperature mean: what came after/,
    ]),
    [
      'raw windows that are others from the middle on',
      requestFor(machineRows(1200, { change: between(600, 1200, off(3, 8)) }), {
        inputDims: [1, 4, width],
        columns: columns.map((column, index) => ({ ...column, tag: `${column.tag} ${index}`, feature: 'raw' })),
      }),
      /^the machine changed meanwhile, most of all in pressure 3( std)?: what came after/,
    ],
    [
      'a number that is none',
      requestFor(machineRows(300, { change: between(12, 13, is(2, Number.NaN)) })),
      /^window 13, flow mean: expected a finite number, got NaN/,
    ],
    [
      'an infinite one',
      requestFor(machineRows(300, { change: between(0, 1, is(1, Number.POSITIVE_INFINITY)) })),
      /^window 1, current std: expected a finite number, got Infinity/,
    ],
    ['too wide windows', requestFor(new Float32Array(2050), { inputDims: [1, 205, 10] }), /at most 1024 values in a window, got 2050/],
    ['columns that do not fit', requestFor(machineRows(10), { columns: columns.slice(1) }), /^columns: expected 5 of them, got 4/],
    [
      'times that run backwards',
      requestFor(machineRows(3), { times: Float64Array.of(3, 2, 4) }),
      /^times, row 2: expected a date, and never falling, got 2/,
    ],
    [
      'a time that is no date',
      requestFor(machineRows(3), { times: Float64Array.of(1, 2, 9e15) }),
      /^times, row 3: expected a date, and never falling, got 9000000000000000/,
    ],
    [
      'a target that is no tag',
      requestFor(machineRows(300), { task: 'predict', target: 'level' }),
      /^target: expected a tag of the windows \(current, flow, pressure, temperature\), got level/,
    ],
    [
      'a target without others',
      requestFor(new Float32Array(300), { task: 'predict', target: 'flow', columns: columns.slice(2, 3), inputDims: [1, 1] }),
      /^target: the windows have no other tag than flow/,
    ],
    [
      'a target that the others say nothing about',
      requestFor(machineRows(600, { change: is(3, (index) => (index * 7919) % 101) }), {
        task: 'predict',
        target: 'pressure',
      }),
      /^the other tags say nothing about pressure: with them its error is (9\d|1\d\d) % of that of a constant/,
    ],
    ['no labels', requestFor(machineRows(100), { task: 'classes' }), /^expected at least two labels, got none/],
    [
      'one label',
      requestFor(machineRows(100), { task: 'classes', labels: labelsOf(100, 'ok') }),
      /^expected at least two labels, got "ok"/,
    ],
    [
      'a label that is taken',
      requestFor(machineRows(100), { task: 'classes', labels: labelsOf(100, 'ok', 'unknown') }),
      /^label: expected a text other than "", "unknown", got "unknown"/,
    ],
    [
      'a label with few windows',
      requestFor(machineRows(100), { task: 'classes', labels: [...labelsOf(95, 'ok'), ...labelsOf(5, 'leak')] }),
      /^label leak: expected at least 10 windows, got 5; teach it longer/,
    ],
    [
      'a label whose windows all overlap',
      requestFor(machineRows(100), { task: 'classes', labels: [...labelsOf(88, 'ok'), ...labelsOf(12, 'leak')], windowMs: 100_000 }),
      /^label leak: expected at least (1[3-9]|2\d) windows, got 12/,
    ],
  ];
  for (const [what, request, message] of cases) {
    it(what, () => {
      const events = eventsOf(request);
      const last = events.at(-1);
      assert.equal(events.filter(({ kind }) => kind !== 'progress').length, 1);
      assert.ok(last?.kind === 'refused', JSON.stringify(last?.kind));
      assert.match(new LinewatchError(last.code, last.context).message, message);
    });
  }

  it('but what looks anomalous is learned, with a warning, where it is accepted', () => {
    const rows = machineRows(600, { change: between(300, 330, off(3, 6)) });
    const { report, manifest } = learned(requestFor(rows, { accept: true }));
    // What was accepted is ordinary now, and hides what is no further off.
    const codes = ['learn-anomalous', 'learn-weak'];
    assert.deepEqual(
      report.warnings.map(({ code }) => code),
      codes,
    );
    assert.deepEqual((manifest.learned as { warnings: string[] }).warnings, codes);
  });

  it('nor what finds next to nothing, but warns of it', () => {
    const random = seededRandom(4);
    // Two tags that have nothing to do with one another, and are wild by themselves now and then.
    const rows = Float32Array.from({ length: 1200 }, () => normal(random) * (random() < 0.04 ? 8 : 1));
    const pair = ['level', 'noise'].map((tag) => ({ tag, feature: 'raw', unit: '' }));
    const { report } = learned(requestFor(rows, { columns: pair, inputDims: [1, 2], windowMs: 0, accept: true }));
    const found = report.compared?.[0]?.found as number;
    assert.ok(found < 0.25, `${found}`);
    const weak = report.warnings.find(({ code }) => code === 'learn-weak');
    assert.ok(weak !== undefined, JSON.stringify(report.warnings));
    assert.match(
      new LinewatchError(weak.code, weak.context).message,
      new RegExp(
        `^the model finds only ${Math.round(100 * found)} % of test anomalies .*below 25 % .*: take tags that depend on one another`,
      ),
    );
    assert.deepEqual(learned(requestFor(machineRows(600))).report.warnings, []);
  });

  it('no ordinary run of a healthy machine', () => {
    for (let seed = 100; seed < 130; seed++) {
      const last = eventsOf(requestFor(machineRows(600, { seed }))).at(-1);
      assert.equal(last?.kind, 'done', `seed ${seed}: ${JSON.stringify(last)}`);
    }
  });
});

describe('bad reads among healthy windows', () => {
  const healthyFlow = (change: Change) => {
    const { manifest } = learned(requestFor(machineRows(1800, { change })));
    return (manifest.inputs as { columns: { scale: number }[] }[])[0]?.columns[2]?.scale as number;
  };
  it('do not make the model deaf', () => {
    const clean = healthyFlow(() => {});
    for (const rows of [[675], [75], [610, 700, 1400]]) {
      const scale = healthyFlow((row, index) => {
        if (rows.includes(index)) row[2] = 2000;
      });
      assert.ok(scale < 1.3 * clean, `rows ${rows}: typical error ${scale}, without them ${clean}`);
    }
  });

  it('do not widen what principal components explain', () => {
    const bad = machineRows(600, {
      change(row, index) {
        if (index === 75) row[2] = 2000;
      },
    });
    const rangeOf = (rows: Float32Array) => {
      const shape = windowShape([1, width], columns);
      const [into] = fitPca(scaled(rows, measureScaling(rows, shape)), width, seededRandom(1)).layers;
      const { activation } = into as Layer;
      assert.ok(typeof activation === 'object');
      return activation.high.map((high, i) => high - (activation.low[i] as number));
    };
    const [with1, without] = [rangeOf(bad), rangeOf(machineRows(600))];
    assert.ok(Math.max(...with1) < 1.5 * Math.max(...without), `${with1} / ${without}`);
  });
});

describe('splitting in time', () => {
  it('asks for as many windows as overlap needs, also after a pause of days', () => {
    const times = Float64Array.from({ length: 100 }, (_, i) => START + i * 1000 + (i >= 60 ? 3 * 86_400_000 : 0));
    const refusal = eventsOf(requestFor(machineRows(100), { times, windowMs: 60_000 })).at(-1);
    assert.ok(refusal?.kind === 'refused');
    assert.ok(Number(refusal.context.expected) > 700, `${refusal.context.expected}`);
  });

  it('expects as many windows as it says are enough', () => {
    const rows = machineRows(400);
    const refusal = eventsOf(requestFor(rows.slice(0, 30 * width))).at(-1);
    assert.ok(refusal?.kind === 'refused');
    const enough = Number(refusal.context.expected);
    assert.equal(eventsOf(requestFor(rows.slice(0, enough * width), { accept: true })).at(-1)?.kind, 'done');
  });
});

describe('learning labels', () => {
  /** Windows of labels in turn, each with a pressure of its own. */
  const labelled = (counts: Record<string, number>, change: Change = () => {}) => {
    const labels = Object.entries(counts).flatMap(([label, count]) => new Array<string>(count).fill(label));
    const names = Object.keys(counts);
    const rows = machineRows(labels.length, {
      change(row, index) {
        row[3] = (row[3] as number) + 3 * names.indexOf(labels[index] as string);
        change(row, index);
      },
    });
    return requestFor(rows, { task: 'classes', labels, windowMs: 10_000 });
  };

  it('leaves a label with too few windows out, and says so', () => {
    const { report, manifest } = learned(labelled({ ok: 60, leak: 40, worn: 9 }));
    assert.deepEqual(report.classes?.labels, ['leak', 'ok']);
    assert.deepEqual(report.classes?.counts, [40, 60]);
    assert.deepEqual(report.classes?.leftOut, [{ label: 'worn', windows: 9, needed: 10 }]);
    assert.deepEqual([report.windows.all, report.to], [100, START + 99 * 10_000]);
    assert.deepEqual(manifest.labels, ['leak', 'ok', 'unknown']);
    const [warning] = report.warnings;
    assert.ok(warning !== undefined);
    assert.equal(
      new LinewatchError(warning.code, warning.context).message,
      'label worn is left out of the model: it has 9 windows, at least 10 are needed; teach it longer',
    );
  });

  it('leaves out nothing where all have enough', () => {
    const { report } = learned(labelled({ ok: 12, leak: 12, worn: 12 }));
    assert.deepEqual([report.classes?.labels.length, report.classes?.leftOut, report.warnings], [3, undefined, []]);
  });

  it('is measured on windows that had no part in any choice: whatever they are, what was trained and chosen stays the same', () => {
    const counts = { ok: 80, leak: 80 };
    // The last quarter of each label is held out.
    const isHeldOut = (index: number) => index % 80 >= 60;
    const plain = learned(labelled(counts)).report;
    const spoilt = learned(
      labelled(counts, (row, index) => {
        if (isHeldOut(index)) row.reverse();
      }),
    ).report;
    const trainingErrors = ({ curve }: typeof plain) => curve.map(({ trainingError }) => trainingError);
    assert.deepEqual(trainingErrors(spoilt), trainingErrors(plain));
    assert.deepEqual(spoilt.classes?.chosen, plain.classes?.chosen);
    assert.ok((plain.classes?.accuracy as number) > 0.95);
    assert.ok((spoilt.classes?.accuracy as number) < 0.2, `${spoilt.classes?.accuracy}`);
  });

  it('makes a head less sure where its labels can not be told apart', () => {
    const chosen = (request: TrainingRequest) => learned(request).report.classes?.chosen ?? assert.fail('nothing was chosen');
    const same = chosen(requestFor(machineRows(160), { task: 'classes', labels: labelsOf(160, 'one', 'two'), windowMs: 0 }));
    const apart = chosen(labelled({ ok: 80, leak: 80 }));
    assert.ok(same.temperature > apart.temperature || same.ridge > apart.ridge, JSON.stringify([same, apart]));
  });
});

describe('the memory of a run', () => {
  const batchingOf = (count: number, more: Partial<TrainingRequest>) => {
    const wide = Array.from({ length: count }, (_, index) => ({ tag: `t${index}`, feature: 'mean', unit: '' }));
    const rows = machineRows(Math.ceil((130 * count) / width)).slice(0, 130 * count);
    return learned(requestFor(rows, { columns: wide, inputDims: [1, count], windowMs: 0, accept: true, ...more })).manifest.batching;
  };

  it('is bounded by how many windows share it, where each of their columns is put back once', () => {
    assert.equal(batchingOf(16, { method: 'isolation-forest' }), true);
    const forest = batchingOf(300, { method: 'isolation-forest' }) as { max: number };
    assert.ok(forest.max >= 8 && forest.max * 301 * 300 * 4 <= 32 * 2 ** 20, JSON.stringify(forest));
    // Of so many columns principal components give the plain errors only.
    assert.equal(batchingOf(300, { method: 'pca' }), true);
  });
});
