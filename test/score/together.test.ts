import assert from 'node:assert/strict';
import { Together, type TogetherOptions, type Value } from '../../nodes/score/detect/together/together.ts';
import { normal, type Random, seededRandom } from '../../nodes/shared/random.ts';

const THRESHOLD = -Math.log(604_800);
const usual: TogetherOptions = { warmUp: 3600, method: 'residual', follow: true };

/** A pump: flow, pressure and power follow from its load; a temperature that wanders; nothing in common with it, the level. */
class Plant {
  readonly #random: Random;
  #load = 0;
  #heat = 20;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  sample(change: (plant: Record<string, number | undefined>) => void = () => {}): Value[] {
    const noise = () => normal(this.#random);
    this.#load = 0.97 * this.#load + 0.25 * noise();
    this.#heat += 0.02 * noise();
    const values: Record<string, number | undefined> = {
      flow: 100 + 8 * this.#load + 0.3 * noise(),
      pressure: 4 + 0.3 * this.#load + 0.01 * noise(),
      power: 20 + 3 * this.#load + 0.1 * noise(),
      temperature: this.#heat,
      level: 3000 + 20 * noise(),
    };
    change(values);
    return Object.entries(values).map(([tag, value]) => ({ tag, value, unit: '' }));
  }
}

/** Judges `count` samples, one a second. @returns at which of them it was an anomaly */
function watch(
  together: Together,
  plant: Plant,
  from: number,
  count: number,
  change?: (plant: Record<string, number | undefined>) => void,
): number[] {
  const odd: number[] = [];
  for (let at = from; at < from + count; at++) {
    together.judge(plant.sample(change), at * 1000, THRESHOLD);
    if (together.logP <= THRESHOLD) odd.push(at);
  }
  return odd;
}

const heaviest = (together: Together) => [...together.contributions()].sort((one, other) => other[1] - one[1])[0]?.[0];

const deviationOf = (together: Together) => {
  const evidence = together.evidence('power', 'kW');
  return evidence?.kind === 'together' ? evidence.value - evidence.expected : Number.NaN;
};

function learned(options: Partial<TogetherOptions> = {}, seed = 1): { together: Together; plant: Plant } {
  const together = new Together({ ...usual, ...options });
  const plant = new Plant(seed);
  watch(together, plant, -6000, 8000);
  return { together, plant };
}

describe('several tags together', () => {
  it('of a healthy plant raise no anomaly in 6 h, for each of 4 seeds', () => {
    for (const seed of [1, 2, 3, 4]) assert.deepEqual(watch(new Together(usual), new Plant(seed), 0, 21_600), [], `seed ${seed}`);
  });

  it('are learned first, with progress', () => {
    const together = new Together(usual);
    const plant = new Plant(1);
    watch(together, plant, 0, 1800);
    assert.equal(together.ready, false);
    assert.ok(together.progress > 0.3 && together.progress < 0.7, `${together.progress}`);
    watch(together, plant, 1800, 1900);
    assert.equal(together.ready, true);
    assert.equal(together.progress, 1);
  });

  for (const [tag, by] of [
    ['flow', 3],
    ['pressure', -0.1],
    ['level', 60],
  ] as const) {
    it(`find that ${tag} alone is off by less than it moves by itself, and name it`, () => {
      const { together, plant } = learned();
      const off = (plant: Record<string, number | undefined>) => {
        plant[tag] = (plant[tag] as number) + by;
      };
      const odd = watch(together, plant, 2000, 60, off);
      assert.ok(odd.length > 20, `found ${odd.length} times`);
      assert.equal(heaviest(together), tag);
      const evidence = together.evidence(tag, 'bar');
      assert.equal(evidence?.kind, 'together');
      if (evidence?.kind === 'together') assert.equal(Math.sign(evidence.value - evidence.expected), Math.sign(by));
    });
  }

  it('find a sensor that stands still while the others show that it should not', () => {
    const { together, plant } = learned();
    const odd = watch(together, plant, 2000, 300, (plant) => {
      plant.flow = 100;
    });
    assert.ok(odd.length > 0);
    assert.equal(heaviest(together), 'flow');
  });

  it('take an anomaly for one until the plant is itself again, and learn nothing of it', () => {
    const { together, plant } = learned();
    const off = (plant: Record<string, number | undefined>) => {
      plant.pressure = (plant.pressure as number) - 0.3;
    };
    const odd = watch(together, plant, 2000, 600, off);
    assert.ok(odd.length > 580 && odd.at(-1) === 2599, `${odd.length} samples`);
    const after = watch(together, plant, 2600, 600);
    assert.ok(after.length < 120, `${after.length} samples after it was over`);
    assert.ok(watch(together, plant, 3200, 100, off).length > 90, 'found again');
  });

  it('learn a change that lasts as the new normal, or only say so', () => {
    for (const follow of [true, false]) {
      const { together, plant } = learned({ follow });
      const said: (string | undefined)[] = [];
      for (let at = 2000; at < 12_000; at++) {
        const sample = plant.sample((plant) => {
          plant.pressure = (plant.pressure as number) - 0.3;
        });
        said.push(together.judge(sample, at * 1000, THRESHOLD));
      }
      assert.deepEqual(
        said.filter((one) => one !== undefined),
        [follow ? 'adapted' : 'drifted'],
      );
      assert.equal(together.logP <= THRESHOLD, !follow);
    }
  });

  it('accept what an operator calls normal', () => {
    const { together, plant } = learned();
    const off = (plant: Record<string, number | undefined>) => {
      plant.flow = (plant.flow as number) + 3;
    };
    assert.ok(watch(together, plant, 2000, 120, off).length > 0);
    together.accept();
    assert.ok(watch(together, plant, 2120, 600, off).length === 0);
  });

  it('are not judged while one of them is missing, and not poisoned by it', () => {
    const { together, plant } = learned();
    assert.deepEqual(
      watch(together, plant, 2000, 500, (plant) => {
        plant.pressure = undefined;
      }),
      [],
    );
    assert.deepEqual(watch(together, plant, 2500, 500), []);
    const lonely = together.judge([{ tag: 'flow', value: 1e30, unit: '' }], 3_000_000, THRESHOLD);
    assert.equal(lonely, undefined);
    assert.equal(together.logP, 0);
  });

  it('let a tag join that comes later, without forgetting the others', () => {
    const { together, plant } = learned();
    const withSpeed = (plant: Record<string, number | undefined>) => {
      plant.speed = 1480 + Math.sin(((plant.level as number) * 1e3) % 7);
    };
    assert.deepEqual(watch(together, plant, 2000, 3000, withSpeed), []);
    assert.equal(together.ready, true, 'the others are watched meanwhile');
    assert.deepEqual(watch(together, plant, 5000, 3000, withSpeed), []);
    assert.ok(together.contributions().has('speed') && together.ready);
    const odd = watch(together, plant, 8000, 60, (plant) => {
      withSpeed(plant);
      plant.speed = (plant.speed as number) + 12;
    });
    assert.ok(odd.length > 20, `${odd.length}`);
    assert.equal(heaviest(together), 'speed');
  });

  it('are judged without one that stays away, and with it again when it has come back', () => {
    const { together, plant } = learned();
    const withoutPressure = (plant: Record<string, number | undefined>) => {
      plant.pressure = undefined;
    };
    assert.deepEqual(watch(together, plant, 2000, 4500, withoutPressure), []);
    const off = watch(together, plant, 6500, 60, (plant) => {
      withoutPressure(plant);
      plant.flow = (plant.flow as number) + 6;
    });
    assert.ok(off.length > 20, `${off.length}`);
    // Of two that no longer agree, nothing but the third says which is wrong.
    assert.ok(['flow', 'power'].includes(heaviest(together) as string), heaviest(together));
    watch(together, plant, 6560, 200, withoutPressure);
    assert.deepEqual(watch(together, plant, 6760, 4500), []);
    const odd = watch(together, plant, 11_260, 60, (plant) => {
      plant.pressure = (plant.pressure as number) - 0.1;
    });
    assert.ok(odd.length > 20, `${odd.length}`);
    assert.equal(heaviest(together), 'pressure');
  });

  it('are judged on while one of them is missing now and then', () => {
    const { together, plant } = learned();
    let at = 0;
    const now = (plant: Record<string, number | undefined>) => {
      if (++at % 4 !== 0) plant.level = undefined;
    };
    assert.deepEqual(watch(together, plant, 2000, 3000, now), []);
    const odd = watch(together, plant, 5000, 60, (plant) => {
      now(plant);
      plant.flow = (plant.flow as number) + 3;
    });
    assert.ok(odd.length > 20, `${odd.length}`);
    assert.equal(heaviest(together), 'flow');
  });

  it('find what moves a tag although the same tag is there twice', () => {
    const together = new Together(usual);
    const plant = new Plant(2);
    const twin = (by: number) => (plant: Record<string, number | undefined>) => {
      plant.flow = (plant.flow as number) + by;
      plant.twin = plant.flow * 3.6 - 7;
    };
    assert.deepEqual(watch(together, plant, 0, 8000, twin(0)), []);
    assert.equal(together.ready, true);
    const odd = watch(together, plant, 8000, 60, twin(3));
    assert.ok(odd.length > 20, `${odd.length}`);
    assert.equal(heaviest(together), 'flow');
  });

  it('learned by one method are learned afresh by the other', () => {
    const { together } = learned({ method: 'pca' });
    assert.equal(together.ready, true);
    assert.equal(new Together(usual, together.toState()).ready, false);
  });

  it('bear constant and collinear tags', () => {
    const together = new Together(usual);
    const plant = new Plant(3);
    const twin = (plant: Record<string, number | undefined>) => {
      plant.constant = 7;
      plant.twin = plant.flow;
      plant.sum = (plant.flow as number) + (plant.pressure as number);
    };
    assert.deepEqual(watch(together, plant, 0, 6000, twin), []);
    assert.ok([...together.contributions().values()].every(Number.isFinite));
  });

  it('get over one wild value within a minute', () => {
    const { together, plant } = learned();
    watch(together, plant, 2000, 1, (plant) => {
      plant.flow = 3e38;
    });
    assert.deepEqual(watch(together, plant, 2060, 1000), []);
  });

  for (const method of ['residual', 'pca'] as const) {
    it(`go on from their state bit for bit (${method})`, () => {
      const { together, plant } = learned({ method });
      const { plant: samePlant } = learned({ method });
      const restored = new Together({ ...usual, method }, JSON.parse(JSON.stringify(together.toState())));
      assert.deepEqual(restored.toState(), together.toState());
      for (let at = 2000; at < 3000; at++) {
        const off = (plant: Record<string, number | undefined>) => {
          if (at > 2300 && at < 2400) plant.flow = (plant.flow as number) + 5;
          if (at >= 2600 && at < 2700) plant.level = undefined;
        };
        together.judge(plant.sample(off), at * 1000, THRESHOLD);
        restored.judge(samePlant.sample(off), at * 1000, THRESHOLD);
        assert.equal(restored.logP, together.logP, `at ${at}`);
      }
      assert.deepEqual(restored.toState(), together.toState());
    });
  }

  describe('that hang together by a curve', function () {
    this.timeout(60_000);

    /** Speed wanders, flow follows it and the demand; head goes with its square, power with its cube. */
    function* machine(seed: number): Generator<Record<string, number>> {
      const random = seededRandom(seed);
      let speed = 0;
      let demand = 0;
      for (;;) {
        speed += -0.01 * speed + 0.02 * normal(random);
        demand += -0.02 * demand + 0.02 * normal(random);
        const turning = 1 + 0.12 * Math.tanh(speed * 4);
        yield {
          speed: 1480 * turning + 2 * normal(random),
          flow: 100 * turning * (1 + demand) + 0.5 * normal(random),
          head: 32 * turning ** 2 + 0.06 * normal(random),
          power: 11 * turning ** 3 + 0.02 * normal(random),
        };
      }
    }

    const run = (together: Together, from: number, count: number, plant: Generator<Record<string, number>>, off = 0) => {
      const odd: number[] = [];
      for (let at = from; at < from + count; at++) {
        const values = plant.next().value as Record<string, number>;
        const sample = Object.entries({ ...values, power: (values.power as number) + off });
        together.judge(
          sample.map(([tag, value]) => ({ tag, value, unit: '' })),
          at * 1000,
          THRESHOLD,
        );
        if (together.logP <= THRESHOLD) odd.push(at);
      }
      return odd;
    };

    it('find in each of three machines that one tag is off by what a straight line is off anyway; with at most one false alarm in 33 h', () => {
      let falseAlarms = 0;
      for (const seed of [6, 7, 8]) {
        const plant = machine(seed);
        const together = new Together(usual);
        falseAlarms += run(together, 0, 40_000, plant).filter((at, index, odd) => odd[index - 1] !== at - 1).length;
        assert.ok(run(together, 40_000, 150, plant, 0.06).length > 0, `machine ${seed}`);
        assert.equal(heaviest(together), 'power');
        assert.ok(Math.abs(0.06 - deviationOf(together)) < 0.04, `${deviationOf(together)}`);
      }
      assert.ok(falseAlarms <= 1, `${falseAlarms}`);
    });

    it('go on from their state bit for bit', () => {
      const plant = machine(6);
      const same = machine(6);
      const together = new Together({ ...usual, warmUp: 1500 });
      for (const [count, off] of [
        [900, 0],
        [800, 0],
        [16_000, 0],
        [100, 0.5],
      ] as const) {
        run(together, 0, count, plant, off);
        run(new Together({ ...usual, warmUp: 1500 }), 0, count, same, off);
        const restored = new Together({ ...usual, warmUp: 1500 }, JSON.parse(JSON.stringify(together.toState())));
        const odd = run(together, 20_000, 300, plant, off);
        assert.deepEqual(run(restored, 20_000, 300, same, off), odd);
        assert.deepEqual(restored.toState(), together.toState());
      }
    });
  });

  it('do not depend on the units of the tags', () => {
    const { together, plant } = learned();
    const { together: other, plant: samePlant } = (() => {
      const together = new Together(usual);
      const plant = new Plant(1);
      watch(together, plant, -6000, 8000, toPascal);
      return { together, plant };
    })();
    for (let at = 2000; at < 2100; at++) {
      together.judge(plant.sample(), at * 1000, THRESHOLD);
      other.judge(samePlant.sample(toPascal), at * 1000, THRESHOLD);
      assert.ok(Math.abs(together.logP - other.logP) < 1e-6);
    }
  });

  it('by principal components find that two tags no longer hang together', () => {
    const { together, plant } = learned({ method: 'pca' });
    const odd = watch(together, plant, 2000, 200, (plant) => {
      plant.pressure = (plant.pressure as number) - 1;
    });
    assert.ok(odd.length > 50, `${odd.length}`);
  });

  it('are at most 32, the first that move', () => {
    const together = new Together(usual);
    const random = seededRandom(5);
    for (let at = 0; at < 60; at++) {
      const sample = Array.from({ length: 200 }, (_, tag) => ({ tag: `t${tag}`, value: tag === 0 ? 1 : random(), unit: '' }));
      together.judge(sample, at * 1000, THRESHOLD);
    }
    const names = [...together.contributions().keys()];
    assert.deepEqual([names.length, names[0], names.at(-1)], [32, 't1', 't32']);
  });

  it('refuse a state that is none', () => {
    const state = learned().together.toState();
    const { watch } = state;
    for (const broken of [
      { ...watch, numbers: watch.numbers.slice(0, 80) },
      { ...watch, roster: { ...watch.roster, members: [] } },
      { ...watch, roster: { ...watch.roster, samples: Number.NaN } },
    ]) {
      assert.throws(() => new Together(usual, { ...state, watch: broken }));
      assert.throws(() => new Together(usual, { ...state, next: broken }));
    }
    assert.throws(() => new Together(usual, { ...state, leftOut: null as unknown as string[] }), /a part is missing/);
  });
});

function toPascal(plant: Record<string, number | undefined>): void {
  plant.pressure = (plant.pressure as number) * 1e5;
}
