import assert from 'node:assert/strict';
import modbusConnection from '../../nodes/ingest/modbus-connection.ts';
import modbusIn from '../../nodes/ingest/modbus-in.ts';
import { defineNode, type NodeContext } from '../../nodes/node-red/define-node.ts';
import { Fields } from '../../nodes/node-red/fields.ts';
import { realClock } from '../../nodes/shared/clock.ts';
import { type RunningFlow, startFlow } from './flow.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a node', () => {
  let flow: RunningFlow | undefined;
  let context: NodeContext<unknown>;
  const node = defineNode({
    type: 'linewatch-test',
    url: import.meta.url,
    read: () => ({}),
    start(given) {
      context = given;
      return {};
    },
  });
  const nodes = [
    { id: 'tab', type: 'tab' },
    { id: 'test', z: 'tab', type: 'linewatch-test', wires: [[]] },
    { id: 'catch', z: 'tab', type: 'catch', wires: [['errors']] },
    { id: 'errors', z: 'tab', type: 'helper' },
  ];
  afterEach(async () => {
    await flow?.stop();
    flow = undefined;
  });

  it('whose timer throws shows an error that can be caught, and Node-RED goes on', async () => {
    flow = await startFlow([node], nodes, { clock: realClock });
    context.clock.after(0, () => {
      throw new Error('first');
    });
    assert.match((await flow.next('errors')).error.message, /first/);
    const cancel = context.clock.every(5, async () => {
      throw new Error('again');
    });
    assert.match((await flow.next('errors')).error.message, /again/);
    assert.match((await flow.next('errors')).error.message, /again/);
    cancel();
    await flow.status('test', ({ fill }) => fill === 'red');
  });

  it('shows no status after it was closed', async () => {
    flow = await startFlow([node], nodes);
    const shown: unknown[] = [];
    context.node.status = (status) => void shown.push(status);
    context.status('green', 'a');
    await flow.stop();
    context.status('red', 'b');
    context.fail(new Error('late'));
    assert.deepEqual(shown, [{ fill: 'green', shape: 'dot', text: 'status.a' }]);
  });

  it('does not show the same status twice in a row', async () => {
    flow = await startFlow([node], nodes);
    for (const key of ['a', 'a', 'b', 'a']) context.status('green', key);
    assert.deepEqual(
      flow.statuses('test').map(({ text }) => text),
      ['status.a', 'status.b', 'status.a'],
    );
  });

  it('is one of many that wait for the start with a single listener', async () => {
    const warnings: string[] = [];
    const warned = ({ message }: Error) => warnings.push(message);
    process.on('warning', warned);
    const connections = Array.from({ length: 12 }, (_, index) => ({
      id: `c${index}`,
      type: 'linewatch-modbus-connection',
      host: '127.0.0.1',
      port: 502,
    }));
    flow = await startFlow([modbusConnection], connections);
    await pause(20);
    process.removeListener('warning', warned);
    assert.deepEqual(warnings, []);
  });

  it('asks for the right config node where another kind is named', async () => {
    const reader = { id: 'in', z: 'tab', type: 'linewatch-modbus-in', connection: 'other', wires: [[]] };
    const other = defineNode({
      type: 'linewatch-other',
      url: import.meta.url,
      read: () => ({}),
      start: () => ({ service: { open() {} } }),
    });
    const tags = [{ name: 'speed', area: 'holding', address: 0, type: 'uint16' }];
    flow = await startFlow(
      [other, modbusIn],
      [{ id: 'other', type: 'linewatch-other' }, { ...reader, tags }, ...nodes.filter(({ id }) => id !== 'test')],
    );
    assert.match((await flow.next('errors')).error.message, /connection: no modbus connection is chosen/);
  });
});

describe('fields', () => {
  it('replace environment variables in lists of names too', () => {
    const fields = new Fields({ columns: ['a', '$' + '{TAG}'], text: 'x, $' + '{TAG}' }, () => 'flow');
    assert.deepEqual(
      [fields.names('columns'), fields.names('text')],
      [
        ['a', 'flow'],
        ['x', 'flow'],
      ],
    );
  });
});
