import { normal, seededRandom } from '../../shared/random.ts';
import { FAULTS, type Fault, faultEffects, linkState, stuckDeadband } from './faults.ts';
import {
  bearingRise,
  dischargePressure,
  motorCurrent,
  NOMINAL_RPM,
  operatingFlow,
  pumpHead,
  shaftPower,
  soundVibration,
  suctionPressure,
} from './hydraulics.ts';
import { PumpProcess } from './process.ts';

/** What the transmitters of the skid say. Units: A, rpm, °C, mm/s RMS, bar (gauge), bar (gauge), m³/h. */
export interface PumpSignals {
  motor_current: number;
  speed: number;
  bearing_temperature: number;
  vibration_rms: number;
  suction_pressure: number;
  discharge_pressure: number;
  flow: number;
}

const STEP_MS = 200;
const STEP_S = STEP_MS / 1000;
/** How long a run of steps may be made up for; what is older is skipped, as if the skid had stood still in it. */
const CATCH_UP_STEPS = (10 * 60_000) / STEP_MS;
/** The converter's ramp, and how fast the stopped pump slows down, rpm/s. */
const RAMP = 150;
/** The mean over a day, m³/h: a bearing that is warm remembers the last quarter of an hour, not the present load. */
const USUAL_FLOW = 92;
const BEARING_TIME_CONSTANT_S = 480;
const FLOW_TIME_CONSTANT_S = 0.6;
const FAULT_TIME_CONSTANT_S = 2;

export const SETPOINT_MIN = 300;
export const SETPOINT_MAX = 1800;

/**
 * A pump skid. It moves in steps of 200 ms counted from `startMs`, and only when someone reads: the same seed and the same commands at the same
 * times give the same values to the last bit, however often it is read (as long as it is read every ten minutes).
 */
export class PumpSimulation {
  /** Switched on. A stopped pump slows down, its flow and current go to 0. */
  running = true;
  /** rpm. The process controller corrects it by up to 8 %. */
  speedSetpoint = NOMINAL_RPM;

  readonly #seed: number;
  readonly #startMs: number;
  readonly #process: PumpProcess;
  /** Severities asked for, 0..1, and (for those that need an onset) reached. */
  readonly #asked: Record<Fault, number> = { 'bearing-wear': 0, cavitation: 0, 'blocked-outlet': 0, 'stuck-sensor': 0, 'lost-link': 0 };
  readonly #reached = { wear: 0, cavitation: 0, blockage: 0 };
  #linkFaultSinceMs = 0;
  #step = 0;
  #rpm: number;
  #flow: number;
  #bearing: number;
  /** What the stuck flow transmitter holds. */
  #held: number | undefined;

  /** The pump runs and is warm. @param options.startMs epoch ms */
  constructor(options: { seed: number; startMs: number }) {
    this.#seed = Math.trunc(options.seed) | 0;
    this.#startMs = options.startMs;
    this.#process = new PumpProcess(seededRandom(this.#seed), STEP_S, options.startMs);
    this.#rpm = NOMINAL_RPM * (1 + this.#process.trim);
    this.#flow = operatingFlow(this.#rpm / NOMINAL_RPM, this.#process.demand, this.#process.level);
    this.#bearing = this.#process.ambient + bearingRise(1, shaftPower(1, USUAL_FLOW));
  }

  /** Epoch ms of the step that the simulation has reached. */
  get now(): number {
    return this.#startMs + this.#step * STEP_MS;
  }

  /** Lets the skid run until `epochMs`; a time already passed changes nothing. */
  advanceTo(epochMs: number): void {
    const target = Math.floor((epochMs - this.#startMs) / STEP_MS);
    const skipped = target - this.#step - CATCH_UP_STEPS;
    if (skipped > 0) {
      this.#step += skipped;
      this.#bearing += (this.#bearingTarget() - this.#bearing) * (1 - Math.exp((-skipped * STEP_S) / BEARING_TIME_CONSTANT_S));
    }
    while (this.#step < target) this.#advance();
  }

  /** Starts, changes or (severity 0) ends a fault from the next step on. @param severity 0..100 % */
  setFault(fault: Fault, severity: number): void {
    const share = Math.min(100, Math.max(0, severity)) / 100;
    if (fault === 'lost-link' && this.#asked[fault] === 0) this.#linkFaultSinceMs = this.now;
    if (fault === 'stuck-sensor') this.#held = share === 0 ? undefined : (this.#held ?? this.signals().flow);
    this.#asked[fault] = share;
  }

  /** The faults that act, with their severities, 0..100 %. */
  get faults(): Partial<Record<Fault, number>> {
    return Object.fromEntries(
      FAULTS.filter((fault) => this.#asked[fault] > 0).map((fault) => [fault, Math.round(this.#asked[fault] * 1e4) / 100]),
    );
  }

  /** Whether the PLC's network interface is up at `epochMs`, and ms until that changes (Infinity: not by itself). */
  link(epochMs: number): { up: boolean; changesInMs: number } {
    return linkState(this.#asked['lost-link'], this.#linkFaultSinceMs, epochMs);
  }

  /** The signals at the step reached, each with the noise of its transmitter. Reading changes nothing. */
  signals(): PumpSignals {
    // The noise is drawn from the step's number, so that it does not depend on who read before.
    const random = seededRandom(this.#seed ^ Math.imul(this.#step + 1, 0x9e3779b1));
    const { beat, level } = this.#process;
    const effects = faultEffects(this.#reached);
    const speed = this.#rpm / NOMINAL_RPM;
    const turning = speed > 0.02;
    const pulse = 1 + effects.pulsation * normal(random);
    const suction = suctionPressure(level, this.#flow, effects.suctionLoss);
    const head = pumpHead(speed, this.#flow, effects.head) * (1 + effects.pulsation * normal(random));
    const current = this.running && turning ? motorCurrent(speed, this.#power()) : 0;
    const vibration = soundVibration(speed, this.#flow) * beat + effects.vibration * speed * speed;
    const flow = this.#flow * pulse + (this.#flow > 0 ? 0.7 : 0.1) * normal(random);
    return {
      motor_current: Math.max(0, current === 0 ? 0 : current + 0.12 * normal(random)),
      speed: Math.max(0, turning ? this.#rpm + 3 * normal(random) : 0),
      bearing_temperature: this.#bearing + 0.15 * normal(random),
      vibration_rms: Math.max(0, 0.02 + vibration * (1 + 0.015 * normal(random))),
      suction_pressure: suction + 0.004 * normal(random),
      discharge_pressure: dischargePressure(suction, head) + 0.015 * normal(random),
      flow: this.#held ?? Math.max(0, flow),
    };
  }

  #advance(): void {
    this.#step++;
    const process = this.#process;
    process.step(this.now);
    const reached = this.#reached;
    reached.wear = approach(reached.wear, this.#asked['bearing-wear']);
    reached.cavitation = approach(reached.cavitation, this.#asked.cavitation);
    reached.blockage = approach(reached.blockage, this.#asked['blocked-outlet']);
    const effects = faultEffects(reached);
    const wanted = this.running ? this.speedSetpoint * (1 + process.trim) : 0;
    this.#rpm += Math.min(RAMP * STEP_S, Math.max(-RAMP * STEP_S, wanted - this.#rpm));
    const settled = operatingFlow(this.#rpm / NOMINAL_RPM, process.demand * effects.opening, process.level, effects.head);
    this.#flow += (settled - this.#flow) * (STEP_S / FLOW_TIME_CONSTANT_S);
    if (this.#flow < 0.05) this.#flow = 0;
    this.#bearing += (this.#bearingTarget() - this.#bearing) * (STEP_S / BEARING_TIME_CONSTANT_S);
    if (this.#held !== undefined && Math.abs(this.#flow - this.#held) > stuckDeadband(this.#asked['stuck-sensor'])) this.#held = this.#flow;
  }

  #power(): number {
    return shaftPower(this.#rpm / NOMINAL_RPM, this.#flow) * faultEffects(this.#reached).power;
  }

  #bearingTarget(): number {
    const speed = this.#rpm / NOMINAL_RPM;
    return this.#process.ambient + bearingRise(speed, this.#power()) + faultEffects(this.#reached).heat * speed;
  }
}

/** A first-order lag that arrives. */
function approach(value: number, target: number): number {
  const next = value + (target - value) * (STEP_S / FAULT_TIME_CONSTANT_S);
  return Math.abs(next - target) < 1e-3 ? target : next;
}
