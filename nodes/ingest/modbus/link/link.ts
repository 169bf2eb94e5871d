import type { LinewatchError } from '../../../shared/errors.ts';
import type { RawValues, WriteRequest } from '../protocol/request.ts';
import type { Area } from '../tag/tag.ts';
import type { AnswerLedger } from './answer-ledger.ts';
import type { Figures } from './figures.ts';
import type { ReadPast } from './read-past.ts';
import type { UnitSettings } from './unit-settings.ts';

/** One open way to the devices. One request at a time: the caller waits for each before the next. */
export interface Link {
  /**
   * @param length registers 1..125, or bits 1..2000
   * @param mayReadPast whether some registers more may be asked for, and cut off again
   * @returns the registers (0..65535) or bits (0, 1), exactly as many as asked for
   * @throws LinewatchError modbus-timeout, modbus-lost, modbus-answer, modbus-line, modbus-overdue, or one for an exception
   */
  read(unit: number, area: Area, address: number, length: number, mayReadPast: boolean): Promise<RawValues>;
  /** Resolves when the device has confirmed exactly this write. @throws as `read`, and modbus-echo, modbus-broadcast */
  write(unit: number, request: WriteRequest): Promise<void>;
  /** Whether any request was answered, an exception included. */
  readonly answered: boolean;
  close(): void;
}

/** What a link needs of its connection, which outlives it. */
export interface LinkContext {
  label: string;
  timeoutMs: number;
  figures: Figures;
  /** Which answers may still come: those of a link before this one as well. */
  ledger: AnswerLedger;
  readPast: ReadPast;
  settingsOf(unit: number): UnitSettings;
  /** What it means that a stream ended which never answered, where that can be told. @param reason its error, if it had one */
  explain?(reason: Error | null): LinewatchError | undefined;
  /** Called once when the link has ended other than by `close`, in-flight requests being rejected already. */
  onClose(link: Link, error: LinewatchError): void;
}

/** The unit id that stands in the answers of a unit. */
export const answersAs = ({ settingsOf }: LinkContext, unit: number): number => settingsOf(unit).answersAs ?? unit;
