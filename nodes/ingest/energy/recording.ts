import { normal, seededRandom } from '../../shared/random.ts';

/**
 * A Monday at midnight, local time of the plant: the recording has no time zone, as most meters have none. In these weeks no clock is
 * put forward or back anywhere.
 */
const START = Date.UTC(2026, 3, 6);
const QUARTER_MS = 900_000;
const QUARTERS_PER_DAY = 96;
const DAYS = 56;
const NIGHT_KW = 18;
const NOISE_KW = 0.6;

/** What is wrong in the recorded weeks: days from the start, and the hours of the first day between which it lasts. */
export const meterFaults = {
  /** Compressors run through a night: 45 kW where 18 kW are usual, in the midst of all that the meter has ever shown. */
  nightLoad: { from: 43 + 22 / 24, to: 44 + 5 / 24, addsKw: 27 },
  /** The meter, or its transmitter, gives the same number all the time. */
  frozen: { from: 51 + 8 / 24, to: 51 + 18 / 24 },
} as const;

/** How much of the production runs at an hour of a working day, 0..1: two shifts with a break, ramps of an hour. */
function shift(hour: number): number {
  const ramp = (from: number, to: number) => Math.min(1, Math.max(0, hour - from)) * Math.min(1, Math.max(0, to - hour));
  const lunch = hour >= 12 && hour < 12.75 ? 0.7 : 1;
  return ramp(5.5, 22) * lunch;
}

/** Power by day of the week, Monday first: Saturday the early shift only at half load, Sunday none. */
function usualKw(day: number, hour: number): number {
  const weekday = day % 7;
  const share = weekday < 5 ? shift(hour) : weekday === 5 ? 0.5 * shift(hour) * (hour < 14 ? 1 : Math.max(0, 15 - hour)) : 0;
  return NIGHT_KW + 74 * share;
}

/**
 * Eight weeks of the main energy meter of a small plant, a mean power each quarter of an hour, as CSV. The seventh and eighth week
 * have their faults (`meterFaults`); all else is healthy. About 130 kB.
 */
export function recordEnergyMeter(): string {
  const random = seededRandom(11);
  const lines = ['time,power [kW]'];
  let frozen: string | undefined;
  let wander = 0;
  for (let quarter = 0; quarter < DAYS * QUARTERS_PER_DAY; quarter++) {
    const day = quarter / QUARTERS_PER_DAY;
    const hour = (quarter % QUARTERS_PER_DAY) / 4;
    // Load wanders a little over hours, as people and weather make it do.
    wander = 0.95 * wander + 0.2 * normal(random);
    const { nightLoad } = meterFaults;
    const extra = day >= nightLoad.from && day < nightLoad.to ? nightLoad.addsKw : 0;
    const usual = usualKw(Math.floor(day), hour);
    let cell = (usual + extra + wander + NOISE_KW * (usual / 60 + 0.5) * normal(random)).toFixed(1);
    frozen = day >= meterFaults.frozen.from && day < meterFaults.frozen.to ? (frozen ?? cell) : undefined;
    cell = frozen ?? cell;
    lines.push(`${new Date(START + quarter * QUARTER_MS).toISOString().slice(0, 16)},${cell}`);
  }
  return `${lines.join('\n')}\n`;
}
