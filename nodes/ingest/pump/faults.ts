/**
 * What each fault does at a severity. Damage shows late: most effects grow faster than severity, so that 30 % is an early stage
 * that hides inside the normal range of each signal, and 100 % is a machine that must be stopped.
 */

export const FAULTS = ['bearing-wear', 'cavitation', 'blocked-outlet', 'stuck-sensor', 'lost-link'] as const;
export type Fault = (typeof FAULTS)[number];

export function isFault(name: unknown): name is Fault {
  return (FAULTS as readonly unknown[]).includes(name);
}

/** What the faults change in the machine, all together. */
export interface FaultEffects {
  /** Added vibration, mm/s RMS at nominal speed. */
  vibration: number;
  /** Added rise of the settled bearing temperature, K at nominal speed. */
  heat: number;
  /** Factor on the shaft power. */
  power: number;
  /** Factor on the head. */
  head: number;
  /** Factor on the demand, i.e. on how far the outlet is open. */
  opening: number;
  /** Added loss of the suction line at 100 m³/h, bar. */
  suctionLoss: number;
  /** Pulsation of flow and discharge pressure, share of the value (1 standard deviation). */
  pulsation: number;
}

/**
 * - Bearing wear: +7.5 mm/s at 100 % brings the healthy 1.65 past 8.5, where zone D of ISO 10816-7 begins (category II, ≤ 200 kW;
 *   ISO 20816-3 puts its C/D limit for such machines at 7.1 on flexible supports). Bearing metal 48 + 42 = 90 °C, next to the limit of
 *   93 °C in API 610 (6.10.2.4). Friction adds 5 % power.
 * - Cavitation: NPSH3 is defined by a head drop of 3 % (ANSI/HI 9.6.1, ISO 9906), reached near 30 %; 20 % at 100 % is broken-down
 *   suction. The cause is a choked suction strainer, which lowers the suction pressure. Broadband vibration reaches 7 mm/s: zone C.
 * - Blocked outlet: the opening goes to 3 %, the pressure to shut-off. Recirculation and obstructed flow shake the pump: ANSI/HI 9.6.3 lets pumps of
 *   this size run from 70 % to 120 % of the best-efficiency flow for that reason.
 *
 * @param severity of each fault, 0..1
 */
export function faultEffects(severity: { wear: number; cavitation: number; blockage: number }): FaultEffects {
  const { wear, cavitation, blockage } = severity;
  const cavity = cavitation * Math.sqrt(cavitation);
  return {
    vibration: 7.5 * wear ** 3 + 5 * cavitation ** 3 + 4 * blockage ** 3,
    heat: 42 * wear ** 2.4,
    power: (1 + 0.05 * wear) * (1 + 0.06 * cavity),
    head: 1 - 0.2 * cavity,
    opening: 1 - 0.97 * blockage * blockage,
    suctionLoss: 0.75 * cavitation ** 2.5,
    pulsation: 0.05 * cavitation + 0.04 * blockage,
  };
}

/** Span of the flow transmitter that the stuck-sensor severity is a share of, m³/h. */
const STUCK_SPAN = 80;

/**
 * A transmitter that sticks holds its reading until the true value has moved by the deadband, then jumps to it (the stick-slip of Choudhury,
 * Thornhill and Shah 2005, "Modelling valve stiction"). @returns m³/h; at severity 1 it never lets go
 */
export function stuckDeadband(severity: number): number {
  return severity >= 1 ? Number.POSITIVE_INFINITY : STUCK_SPAN * severity;
}

const LINK_CYCLE_MS = 20_000;

/**
 * The network interface of a PLC with the lost-link fault is down for `severity` of every 20 s, first thing after the fault began.
 * @returns whether it is up, and ms until that changes (Infinity: never)
 */
export function linkState(severity: number, sinceMs: number, nowMs: number): { up: boolean; changesInMs: number } {
  if (severity <= 0) return { up: true, changesInMs: Number.POSITIVE_INFINITY };
  if (severity >= 1) return { up: false, changesInMs: Number.POSITIVE_INFINITY };
  const downMs = severity * LINK_CYCLE_MS;
  const phase = Math.max(0, nowMs - sinceMs) % LINK_CYCLE_MS;
  return phase < downMs ? { up: false, changesInMs: downMs - phase } : { up: true, changesInMs: LINK_CYCLE_MS - phase };
}
