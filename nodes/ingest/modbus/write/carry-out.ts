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

/** What holds for each request of one write. */
export interface Permit {
  /** When its message came, by `clock.elapsed()`. */
  waitingSince: number;
  /** @throws LinewatchError where nothing may be sent, or nothing any more */
  check(): void;
}

type MaskRequest = Extract<WriteRequest, { kind: 'mask' }>;

/** A device that takes a value over in its next cycle still shows the old one: it is looked at again after this, in the device's time. */
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
  async send(request: WriteRequest, values: readonly TagValue[], permit: Permit): Promise<Sent> {
    try {
      await (request.kind === 'mask' ? this.#putMask(request, permit) : this.#put(request, permit));
    } catch (thrown) {
      const error = asLinewatchError(thrown);
      return { outcome: writeMayHaveHappened(error) ? 'unknown' : 'failed', error };
    }
    return this.#options.readBack ? this.#verify(request, values) : { outcome: 'acknowledged' };
  }

  async #put(request: WriteRequest, { waitingSince, check }: Permit): Promise<void> {
    const { connection, unit, tag } = this.#target;
    check();
    await connection.write(unit, request, tag.name, waitingSince);
  }

  /** Where the device has no mask write, the whole register where that is allowed: once, however that ends. */
  async #putMask(request: MaskRequest, permit: Permit): Promise<void> {
    const { unit, tag } = this.#target;
    const { maskFallback, multiple } = this.#options;
    if (!(this.#hasNoMask && maskFallback)) {
      try {
        return await this.#put(request, permit);
      } catch (thrown) {
        const error = asLinewatchError(thrown);
        if (error.code !== 'modbus-illegal-function') throw error;
        if (!maskFallback) throw new LinewatchError('modbus-write-mask', { tag: tag.name, unit }, error);
        this.#hasNoMask = true;
      }
    }
    const { address } = request;
    const word = masked(await this.#register(address), request);
    await this.#put(multiple ? { kind: 'registers', address, words: [word] } : { kind: 'register', address, word }, permit);
  }

  async #register(address: number): Promise<number> {
    const { connection, unit } = this.#target;
    try {
      return (await connection.read(unit, 'holding', address, 1, { urgent: true }))[0] as number;
    } catch (thrown) {
      const { code, context, cause } = asLinewatchError(thrown);
      // It is the read that failed: no write was sent.
      throw new LinewatchError(code, { ...context, sent: false }, cause);
    }
  }

  async #verify(request: WriteRequest, values: readonly TagValue[]): Promise<Sent> {
    const { connection, unit, tag } = this.#target;
    try {
      let present = await readPresent(connection, unit, tag, values.length);
      if (!holds(present.raw, request)) {
        await new Promise<void>((resolve) => setTimeout(resolve, TAKE_OVER_MS));
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
