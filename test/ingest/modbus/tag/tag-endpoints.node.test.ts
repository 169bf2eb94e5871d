import assert from 'node:assert/strict';
import modbusConnection from '../../../../nodes/ingest/modbus-connection.ts';
import modbusIn from '../../../../nodes/ingest/modbus-in.ts';
import { type RunningFlow, startAdmin, startFlow } from '../../../node-red/flow.ts';
import { startRawServer, startServer, type TestServer } from '../server.ts';

const row = (more: object = {}) => ({ name: 'flow', area: 'holding', address: '40001', type: 'float32', unit: 'm³/h', ...more });

describe('what the dialog of modbus in asks of the gateway', () => {
  let server: TestServer;
  let silent: Awaited<ReturnType<typeof startRawServer>>;
  let flow: RunningFlow;
  let admin: Awaited<ReturnType<typeof startAdmin>>;

  before(async () => {
    server = await startServer({ missing: [500] });
    silent = await startRawServer(() => undefined);
    const connection = { type: 'linewatch-modbus-connection', transport: 'tcp', host: '127.0.0.1', timeoutMs: 200 };
    flow = await startFlow(
      [modbusConnection, modbusIn],
      [
        { id: 'tab', type: 'tab' },
        { id: 'plc', ...connection, port: server.port },
        { id: 'counted', ...connection, port: server.port, units: [{ unit: '1', oneBased: true }] },
        { id: 'silent', ...connection, port: silent.port },
      ],
    );
    admin = await startAdmin();
  });
  after(async () => {
    await admin?.stop();
    await flow?.stop();
    await server?.close();
    await silent?.close();
  });

  const post = async (what: string, body: unknown, type = 'application/json') => {
    const response = await fetch(`${admin.url}/linewatch/modbus-in/${what}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };
  const readNow = async (more: object, connection = 'plc') => (await post('read-now', { connection, unit: 1, row: row(more) })).body;

  it('is the value of a row and its raw registers', async () => {
    server.holding.set([0x42f6, 0xe979], 0);
    assert.deepEqual(await readNow({}), {
      hex: ['0x42F6', '0xE979'],
      value: 123.45600128173828,
      unit: 'm³/h',
      quality: 'Good',
      wireAddress: 0,
    });
  });

  it('is a coil', async () => {
    server.coils[16] = true;
    const { hex, value, wireAddress } = await readNow({ area: 'coil', address: '00017', type: 'bool' });
    assert.deepEqual({ hex, value, wireAddress }, { hex: ['1'], value: true, wireAddress: 16 });
  });

  it('is raw registers where they hold no value', async () => {
    server.holding.set([0x12ab], 9);
    const { hex, value, quality } = await readNow({ address: '9', type: 'bcd16' });
    assert.deepEqual({ hex, value, quality }, { hex: ['0x12AB'], value: null, quality: 'BadOutOfRange' });
  });

  it('is at an address that counts from 1 where the connection says so', async () => {
    server.holding.set([77], 29);
    const { value, wireAddress } = await readNow({ address: '30', type: 'uint16' }, 'counted');
    assert.deepEqual({ value, wireAddress }, { value: 77, wireAddress: 29 });
  });

  const errors: [string, object, string, RegExp][] = [
    ['an address that the device does not have', { address: '500' }, 'plc', /^unit 1 .*(exception 2)/],
    ['a row that is wrong', { address: '4x0' }, 'plc', /^tag "flow": address: references of area holding begin at 40001/],
    ['a connection that is not deployed', {}, 'new', /^connection: it is not deployed yet/],
    ['a device that is silent', {}, 'silent', /^unit 1 at .* gave no answer/],
  ];
  for (const [what, more, connection, message] of errors) {
    it(`is in words what is wrong with ${what}`, async () => assert.match((await readNow(more, connection)).error, message));
  }

  it('is the rows of a file, or what is wrong with it by row and column, of many problems the first 20', async () => {
    const good = await post('import-tags', { text: 'name,area,address\na,holding,40001' });
    assert.equal(good.body.rows[0].address, '40001');
    const { rows, problems, more } = (
      await post('import-tags?lng=zh-CN', { text: `name,area,address\n${'a,holding,x\n'.repeat(3)}${'b,holding,70000\n'.repeat(22)}` })
    ).body;
    assert.equal(rows, undefined);
    assert.deepEqual([problems.length, more], [20, 5]);
    assert.deepEqual([problems[0].row, problems[0].column], [2, 'address']);
    assert.match(problems[0].message, /^变量“a”：地址应为/);
  });

  it('is the rows of pasted cells without a heading, and words that name the column of a file that is refused', async () => {
    const cells = await post('import-tags', { text: 'a\tholding\t40001', heading: 'optional', oneBased: false });
    assert.equal(cells.body.rows[0].name, 'a');
    const { problems } = (await post('import-tags', { text: 'name;area;Adresse\na;holding;40001' })).body;
    assert.deepEqual(
      problems.map(({ message }: { message: string }) => message.split(';')[0]),
      ['column "Adresse" is not known', 'column "address" is missing'],
    );
  });

  it('takes nothing that is not JSON, and no file that is too large', async () => {
    assert.equal((await post('read-now', {}, 'text/plain')).status, 415);
    const { problems } = (await post('import-tags', { text: 'a,b\n'.repeat(1_000_001) })).body;
    assert.equal(problems[0].message, 'expected a text of at most 4 MB');
  });
});
