import type { Clock } from '../../../shared/clock.ts';
import { asLinewatchError, LinewatchError } from '../../../shared/errors.ts';
import type { TagValue, WriteOutcome } from '../../../shared/messages.ts';
import { writeMayHaveHappened } from '../protocol/fault.ts';
import type { Reader, WriteRequest, Writer } from '../protocol/request.ts';
import type { Tag } from '../tag/tag.ts';
import { holds, masked, readPresent } from './present-value.ts';
import { rawText } from './write-record.ts';

/** Where writes go. */
export interface Target {
  connection: Reader & Writer;
  unit: number;
  tag: Tag;
  clock: Clock;
}

export interface SendOptions {
  /** Functions 15 and 16 only. */
  multiple: boolean;
  /** Acknowledged is then only what was read back as it was sent. */
  readBack: boolean;
  /** Where the device has no mask write: read, change and write the whole register. */
  maskFallback: boolean;
}

export interface Sent {
  outcome: WriteOutcome;
  error?: LinewatchError;
}

/** A device that takes a value over in its next cycle still shows the old one: it is looked at again after this. */
const TAKE_OVER_MS = 300;

/** Sends writes, each once, and tells how they ended. It never rejects. */
export class Sender {
  readonly #target: Target;
  readonly #options: SendOptions;
  #hasNoMask = false;

  constructor(target: Target, options: SendOptions) {
    this.#target = target;
    this.#options = options;
  }

  /** @param values what the request stands for, in the tag's unit */
  async send(request: WriteRequest, values: readonly TagValue[]): Promise<Sent> {
    const { connection, unit, tag } = this.#target;
    const { maskFallback, readBack } = this.#options;
    try {
      if (request.kind === 'mask' && this.#hasNoMask && maskFallback) {
        const sent = await this.#changeRegister(request);
        if (sent !== undefined) return sent;
      } else {
        await connection.write(unit, request, tag.name);
      }
    } catch (thrown) {
      const error = asLinewatchError(thrown);
      if (request.kind !== 'mask' || error.code !== 'modbus-illegal-function') return endedBy(error);
      if (!maskFallback) return { outcome: 'failed', error: new LinewatchError('modbus-write-mask', { tag: tag.name, unit }, error) };
      this.#hasNoMask = true;
      return this.send(request, values);
    }
    return readBack ? this.#verify(request, values) : { outcome: 'acknowledged' };
  }

  /** @returns how it ended where the register could not be read: nothing was written then */
  async #changeRegister(request: Extract<WriteRequest, { kind: 'mask' }>): Promise<Sent | undefined> {
    const { connection, unit, tag } = this.#target;
    const { address } = request;
    let old: number;
    try {
      old = (await connection.read(unit, 'holding', address, 1, { urgent: true }))[0] as number;
    } catch (thrown) {
      return { outcome: 'failed', error: asLinewatchError(thrown) };
    }
    const word = masked(old, request);
    await connection.write(
      unit,
      this.#options.multiple ? { kind: 'registers', address, words: [word] } : { kind: 'register', address, word },
      tag.name,
    );
    return undefined;
  }

  async #verify(request: WriteRequest, values: readonly TagValue[]): Promise<Sent> {
    const { connection, unit, tag, clock } = this.#target;
    try {
      let present = await readPresent(connection, unit, tag, values.length);
      if (!holds(present.raw, request)) {
        await new Promise<void>((resolve) => clock.after(TAKE_OVER_MS, resolve));
        present = await readPresent(connection, unit, tag, values.length);
      }
      if (holds(present.raw, request)) return { outcome: 'acknowledged' };
      const context = { tag: tag.name, unit, held: present.values.join(', '), heldRaw: present.rawText };
      const sent = { sent: values.join(', '), sentRaw: rawText(request) };
      return { outcome: 'failed', error: new LinewatchError('modbus-write-differs', { ...context, ...sent }) };
    } catch (thrown) {
      // Who asks for it does not trust the confirmation alone; without the proof, nobody knows.
      const cause = asLinewatchError(thrown);
      const context = { tag: tag.name, unit, reason: cause.message };
      return { outcome: 'unknown', error: new LinewatchError('modbus-write-unverified', context, cause) };
    }
  }
}

const endedBy = (error: LinewatchError): Sent => ({ outcome: writeMayHaveHappened(error) ? 'unknown' : 'failed', error });
