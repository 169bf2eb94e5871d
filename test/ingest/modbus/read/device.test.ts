import assert from 'node:assert/strict';
import { defaultUnitSettings, type UnitSettings } from '../../../../nodes/ingest/modbus/link/unit-settings.ts';
import { exceptionError } from '../../../../nodes/ingest/modbus/protocol/fault.ts';
import type { RawValues, ReadOptions } from '../../../../nodes/ingest/modbus/protocol/request.ts';
import { Device } from '../../../../nodes/ingest/modbus/read/device.ts';
import { SampleMaker } from '../../../../nodes/ingest/modbus/read/sample.ts';
import type { Area, Tag } from '../../../../nodes/ingest/modbus/tag/tag.ts';
import { LinewatchError } from '../../../../nodes/shared/errors.ts';
import { FastClock } from '../../../../nodes/shared/fast-clock.ts';
import { bitsOf, coils, count, float, tag, text, word, words } from './tags.ts';

type Answer = (request: { area: Area; address: number; length: number; options?: ReadOptions }) => RawValues | LinewatchError;

function deviceOf(tags: Tag[], answer: Answer, settings: Partial<UnitSettings> = {}) {
  const clock = new FastClock(1000);
  let asked = 0;
  const reader = {
    async read(_unit: number, area: Area, address: number, length: number, options?: ReadOptions): Promise<RawValues> {
      asked++;
      const given = answer({ area, address, length, options });
      if (given instanceof Error) throw given;
      return given;
    },
  };
  const device = new Device({ reader, unit: 7, tags, settings: { ...defaultUnitSettings, ...settings }, clock });
  return { device, asked: () => asked };
}

const addresses: Answer = ({ address, length }) => count(length, (index) => address + index);

describe('modbus device', () => {
  it('gives each tag its value from the request that holds it', async () => {
    const tags = [word(300), ...bitsOf(5, 3), tag('input', 2, 'int16', { scale: 0.1 }), ...coils(8, 9), text(0x4142, 4)];
    const { device, asked } = deviceOf(tags, addresses);
    const { values, good, problem } = await device.scan();
    assert.deepEqual(values, [300, true, false, true, 0.2, true, true, 'ABAC']);
    assert.deepEqual([good, problem, asked(), device.requests], [8, undefined, 5, 5]);
  });

  it('gives a float that is no number the quality BadOutOfRange, and goes on', async () => {
    const { device } = deviceOf([float(0), word(2)], () => [0x7fc0, 0, 5]);
    const { values, qualities, good, problem } = await device.scan();
    assert.deepEqual([values, qualities, good, problem], [[null, 5], ['BadOutOfRange', 'Good'], 1, undefined]);
  });

  const failures: [LinewatchError, string][] = [
    [new LinewatchError('modbus-lost'), 'BadNotConnected'],
    [new LinewatchError('modbus-timeout'), 'BadTimeout'],
    [new LinewatchError('modbus-unit-silent', { seconds: 20 }), 'BadTimeout'],
    [exceptionError(11, 7, 'read'), 'BadNoCommunication'],
  ];
  for (const [failure, quality] of failures) {
    it(`ends the scan at ${failure.code}, and keeps what was read before`, async () => {
      const { device, asked } = deviceOf(words(0, 100, 200), (request) => (request.address === 100 ? failure : addresses(request)));
      const { qualities, problem, good } = await device.scan();
      assert.deepEqual(qualities, ['Good', quality, quality]);
      assert.deepEqual([problem, good, asked()], [failure, 1, 2]);
    });
  }

  it('begins the next scan behind a request that is never answered, so that it keeps no other tag from being read', async () => {
    const { device, asked } = deviceOf(words(0, 100, 200, 300), (request) =>
      request.address === 100 ? new LinewatchError('modbus-timeout') : addresses(request),
    );
    const goodOf = async () => (await device.scan()).qualities.map((quality) => (quality === 'Good' ? 1 : 0)).join('');
    assert.equal(await goodOf(), '1000');
    for (const _ of [1, 2, 3]) assert.equal(await goodOf(), '1011');
    assert.equal(asked(), 2 + 3 * 4, 'one time-out a scan');
  });

  it('finds out why one request is refused though another is never answered', async () => {
    const { device } = deviceOf(words(0, 1, 2, 100), (request) => {
      if (request.address === 100) return new LinewatchError('modbus-timeout');
      return request.address <= 1 && request.address + request.length > 1 ? exceptionError(2, 7, 'read') : addresses(request);
    });
    assert.deepEqual((await device.scan()).qualities, ['Good', 'BadOutOfRange', 'Good', 'BadTimeout']);
  });

  it('does not go after an internal failure that has nothing to do with the length', async () => {
    let isFailing = false;
    const { device, asked } = deviceOf(words(0, 1, 2, 3), (request) => (isFailing ? exceptionError(4, 7, 'read') : addresses(request)));
    await device.scan();
    isFailing = true;
    assert.deepEqual((await device.scan()).qualities, Array(4).fill('BadNoCommunication'));
    assert.equal(asked(), 2);
    isFailing = false;
    assert.equal((await device.scan()).good, 4);
  });

  it('goes on where only one area is refused', async () => {
    const { device, asked } = deviceOf([word(0), tag('input', 0, 'uint16')], (request) =>
      request.area === 'holding' ? exceptionError(1, 7, 'read holding 0..0') : addresses(request),
    );
    const { qualities, problem } = await device.scan();
    assert.deepEqual([qualities, problem?.code, asked()], [['BadNoCommunication', 'Good'], 'modbus-illegal-function', 2]);
  });

  it('concludes nothing of a request that was refused while the device was busy', async () => {
    let isBusy = true;
    const asked: string[] = [];
    const { device } = deviceOf(words(0, 1, 2, 3), ({ address, length, ...request }) => {
      asked.push(`${address}+${length}`);
      if (!isBusy) return addresses({ address, length, ...request });
      return exceptionError(length === 2 ? 6 : 2, 7, 'read');
    });
    assert.equal((await device.scan()).good, 0);
    isBusy = false;
    asked.length = 0;
    assert.equal((await device.scan()).good, 4);
    assert.deepEqual(asked, ['0+4']);
  });

  it('asks nothing more once it is closed', async () => {
    const { device, asked } = deviceOf(words(0, 100, 200), (request) => {
      if (request.address === 100) device.close();
      return addresses(request);
    });
    await device.scan();
    assert.equal(asked(), 2);
  });

  it('says which tags can never be read, gives them bad quality, and reads the others', async () => {
    const { device } = deviceOf([word(0), float(4), text(20, 40), word(6)], addresses, {
      maxRegisters: 10,
      unreadable: [{ area: 'holding', first: 5, last: 5 }],
    });
    assert.deepEqual(
      device.misfits.map(({ message }) => message),
      [
        'tag "holding4": it is not read: holding 4 to 5 touches addresses that the connection declares unreadable for unit 7',
        'tag "holding20": it is not read: it takes 20 registers, and the connection allows 10 in one request to unit 7',
      ],
    );
    const { qualities, problem } = await device.scan();
    assert.deepEqual(qualities, ['Good', 'BadOutOfRange', 'BadOutOfRange', 'Good']);
    assert.equal(problem, undefined, 'said once, not with each scan');
  });

  it('lets the link read past the end where the plan allows it', async () => {
    const seen: (boolean | undefined)[] = [];
    const { device } = deviceOf(
      words(0, 100),
      (request) => {
        seen.push(request.options?.mayReadPast);
        return addresses(request);
      },
      { unreadable: [{ area: 'holding', first: 101, last: 101 }] },
    );
    await device.scan();
    assert.deepEqual(seen, [true, undefined]);
  });

  it('makes a scan that was not tried bad for the reason given', () => {
    const problem = new LinewatchError('modbus-lost');
    const { device, asked } = deviceOf(words(0, 1), addresses);
    const scan = device.failed(problem);
    assert.deepEqual(
      [scan.qualities, scan.values, scan.problem, asked()],
      [['BadNotConnected', 'BadNotConnected'], [null, null], problem, 0],
    );
  });

  it('makes samples that share nothing, so that a flow can change one', async () => {
    const tags = [
      { ...word(1), name: 'speed', unit: 'rpm' },
      { ...word(2), name: '7' },
    ];
    const maker = new SampleMaker(tags);
    const scan = await deviceOf(tags, addresses).device.scan();
    const first = maker.make(scan);
    const expected = {
      payload: { speed: 1, 7: 2 },
      tags: {
        speed: { value: 1, unit: 'rpm', quality: 'Good', timestamp: 1000 },
        7: { value: 2, unit: '', quality: 'Good', timestamp: 1000 },
      },
    };
    assert.deepEqual(first, expected);
    first.payload.speed = 9;
    Object.assign(first.tags.speed as object, { value: 9 });
    assert.deepEqual(maker.make(scan), expected);
  });
});
