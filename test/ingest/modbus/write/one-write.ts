/** A process that writes 42 to holding register 10: `node one-write.ts <log> <port>`. */
import { ModbusConnection } from '../../../../nodes/ingest/modbus/link/connection.ts';
import { TagWriter } from '../../../../nodes/ingest/modbus/write/tag-writer.ts';
import { WriteLog } from '../../../../nodes/ingest/modbus/write/write-log.ts';
import { realClock } from '../../../../nodes/shared/clock.ts';
import { usualOptions } from './options.ts';
import { tagOf } from './tag.ts';

const [, , path, port] = process.argv as [string, string, string, string];
const connection = new ModbusConnection({ host: '127.0.0.1', port: Number(port), timeoutMs: 5000 }, realClock, Math.random);
const subject = { node: 'n1', name: '', connection: connection.label, unit: 1, tag: 'set-point', area: 'holding', address: 10 };
const target = { connection, unit: 1, tag: tagOf({}), clock: realClock };
void new TagWriter(target, usualOptions, subject, new WriteLog(path), () => true).write(42);
