/**
 * The steady relations of a 15 kW centrifugal pump skid: water, a 4-pole motor (1480 rpm) behind a frequency converter.
 * `speed` is relative to nominal throughout (1 = 1480 rpm), flow is in m³/h, head in m of water, power in kW.
 */

export const NOMINAL_RPM = 1480;
/** Flow at the best-efficiency point at nominal speed, m³/h. */
export const BEST_FLOW = 100;
/** Flow relative to the best-efficiency flow of a speed is only meaningful where the shaft turns. */
const MIN_SPEED = 0.02;

/** Head without flow at nominal speed, m: 25 % above the 32 m at the best-efficiency point (API 610, 6.1: at least 10 % rise to shut-off). */
const SHUT_OFF_HEAD = 40;
/** Fall of the head curve, m/(m³/h)². */
const HEAD_FALL = 8 / BEST_FLOW ** 2;
/** From the surface of the suction tank's datum to the consumer, m; the level of the tank helps. */
const LIFT = 14;
/** Head of the whole system at the best-efficiency point, with the tank at its usual 6 m. */
const SYSTEM_HEAD = SHUT_OFF_HEAD - (LIFT - 6);
/** 1 m of water at 20 °C, bar (ρ·g / 10⁵). */
const BAR_PER_METRE = 0.0979;
/** Loss of the suction line at 100 m³/h, bar. */
const SUCTION_LOSS = 0.15;

const LINE_VOLTAGE = 400;
const MOTOR_EFFICIENCY = 0.91;
/** Magnetising current, A: about 40 % of the rated 28 A, as catalogues give for 15 kW, 4 poles. */
const NO_LOAD_CURRENT = 10;

/**
 * Where the pump's curve meets the system's: H = f·(40·n² − k·Q²) and H = static + R·Q² (affinity laws: Q ∝ n, H ∝ n²).
 * @param demand how far the consumers open: 1 gives 100 m³/h at nominal speed
 * @param level of the suction tank, m
 * @param headFactor f, 1 for a sound pump
 * @returns m³/h; 0 where the head does not reach the consumer (a check valve keeps it from running back)
 */
export function operatingFlow(speed: number, demand: number, level: number, headFactor = 1): number {
  const driving = headFactor * SHUT_OFF_HEAD * speed * speed - (LIFT - level);
  if (driving <= 0 || demand <= 0) return 0;
  const resistance = SYSTEM_HEAD / (BEST_FLOW * demand) ** 2 - HEAD_FALL;
  return Math.sqrt(driving / (resistance + headFactor * HEAD_FALL));
}

/** Head of the pump, m. */
export function pumpHead(speed: number, flow: number, headFactor = 1): number {
  return Math.max(0, headFactor * (SHUT_OFF_HEAD * speed * speed - HEAD_FALL * flow * flow));
}

/** Flow relative to the best-efficiency flow at this speed. */
export function loading(speed: number, flow: number): number {
  return flow / (BEST_FLOW * Math.max(speed, MIN_SPEED));
}

/**
 * Power at the shaft, kW (P ∝ n³). A radial pump needs 44 % of its best-efficiency power (11.8 kW, efficiency 74 %) against a closed
 * valve and rises with flow (Karassik, Pump Handbook, ch. 2: radial wheels).
 */
export function shaftPower(speed: number, flow: number): number {
  const share = loading(speed, flow);
  return speed * speed * speed * (5.2 + 8.2 * share - 1.6 * share * share);
}

/** Current of the running motor, A. The converter keeps voltage ∝ speed, so the active part is ∝ torque; the magnetising part stays. */
export function motorCurrent(speed: number, power: number): number {
  const active = (power * 1000) / (MOTOR_EFFICIENCY * Math.sqrt(3) * LINE_VOLTAGE * Math.max(speed, MIN_SPEED));
  return Math.sqrt(active * active + NO_LOAD_CURRENT * NO_LOAD_CURRENT);
}

/** Pressure at the suction flange, bar (gauge). `extraLoss` adds to the line's loss at 100 m³/h. */
export function suctionPressure(level: number, flow: number, extraLoss = 0): number {
  return BAR_PER_METRE * level - (SUCTION_LOSS + extraLoss) * (flow / BEST_FLOW) ** 2;
}

/** Pressure at the discharge flange, bar (gauge). */
export function dischargePressure(suction: number, head: number): number {
  return suction + BAR_PER_METRE * head;
}

/**
 * Vibration velocity of a sound pump, mm/s RMS. 1.65 at the best-efficiency point (zone A of ISO 10816-7 ends at 3.2 for category II, ≤ 200 kW);
 * it rises with speed, and on both sides of the best-efficiency flow (ANSI/HI 9.6.4).
 */
export function soundVibration(speed: number, flow: number): number {
  const off = loading(speed, flow) - 1;
  return speed * speed * (1.65 + 4 * Math.min(off * off, 1));
}

/** How far a bearing gets warmer than the air, K, once settled: friction ∝ speed, and a part of the motor's losses. */
export function bearingRise(speed: number, power: number): number {
  return 14 * speed + power;
}
