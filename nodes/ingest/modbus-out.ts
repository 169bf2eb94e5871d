import { defineNode, type Message, serviceOf } from '../node-red/define-node.ts';
import { asLinewatchError, LinewatchError } from '../shared/errors.ts';
import type { WriteResult } from '../shared/messages.ts';
import { encodeWrite } from './modbus/codec.ts';
import type { ModbusConnection } from './modbus/connection.ts';
import { writeMayHaveHappened } from './modbus/fault.ts';
import { isBitArea, readTag } from './modbus/tag.ts';

/** Errors after which it is certain that nothing was sent, because the value or the tag is wrong. */
const refused = /^modbus-write-/;

/** Writes one tag of one unit with each message. A write ends exactly once, and is never repeated by itself. */
export default defineNode({
  type: 'linewatch-modbus-out',
  url: import.meta.url,
  read(fields) {
    const area = fields.choice('area', ['coil', 'holding']);
    const name = fields.text('tag', { default: `${area} ${fields.text('address')}` });
    // A node's `type` is Node-RED's own, and its `unit` is the device here.
    const tag = readTag(fields, name, { type: 'dataType', unit: 'tagUnit' });
    const minimum = isBitArea(area) ? undefined : fields.optionalNumber('minimum');
    const maximum = isBitArea(area) ? undefined : fields.optionalNumber('maximum');
    if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
      throw new LinewatchError('config-range', { property: 'maximum', min: minimum, max: '', got: maximum });
    }
    return {
      connection: fields.text('connection', { optional: true }),
      unit: fields.number('unit', { default: 1, min: 0, max: 255, integer: true }),
      tag,
      minimum: minimum ?? Number.NEGATIVE_INFINITY,
      maximum: maximum ?? Number.POSITIVE_INFINITY,
    };
  },
  start({ config, clock, RED, status }) {
    const { unit, tag, minimum, maximum } = config;
    const connection = serviceOf<ModbusConnection>(RED, 'connection', config.connection, 'modbus-connection');
    const address = `${connection.endpoint.host}:${connection.endpoint.port}`;
    const checkGuard = (amount: unknown, slack: number) => {
      if (typeof amount === 'number' && (amount < minimum - slack || amount > maximum + slack)) {
        throw new LinewatchError('modbus-write-guard', { tag: tag.name, got: amount, min: wordLimit(minimum), max: wordLimit(maximum) });
      }
    };
    // What an integer register rounds to must be permitted as well; floats lose some digits at most.
    const roundingSlack = tag.type.startsWith('float') ? Number.POSITIVE_INFINITY : Math.abs(tag.scale) * 1e-6;
    const unsubscribe = connection.onState(({ phase }) => {
      if (phase === 'connecting') status('yellow', 'connecting', { address });
      else if (phase === 'up') status('green', 'ready');
      else if (phase === 'down') status('red', 'notConnected', { address });
    });

    return {
      async input(message, send) {
        const value = message.payload;
        checkGuard(value, 0);
        checkGuard(encodeWrite(tag, value).value, roundingSlack);
        const finish = (result: Omit<WriteResult, 'tag' | 'timestamp'>) =>
          send({ ...message, write: { tag: tag.name, timestamp: clock.now(), ...result } } as Message);
        try {
          const written = await connection.write(unit, tag, value);
          status('green', 'written', { value: String(written), unit: tag.unit });
          finish({ value: written, outcome: 'acknowledged' });
        } catch (thrown) {
          const error = asLinewatchError(thrown);
          if (!refused.test(error.code)) {
            const outcome = writeMayHaveHappened(error) ? 'unknown' : 'failed';
            finish({ value: value as WriteResult['value'], outcome, error: error.message });
          }
          throw error;
        }
      },
      close: unsubscribe,
    };
  },
});

const wordLimit = (limit: number) => String(limit).replace('Infinity', '∞');
