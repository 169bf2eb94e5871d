import { normal, type Random } from '../../shared/random.ts';

/** What happens around the pump: how much its consumers take, the level of the tank before it, the air. */
export class PumpProcess {
  /** How far the consumers open: 1 gives 100 m³/h at nominal speed. */
  demand: number;
  /** The process controller's correction of the speed, relative: −0.08..0.08. */
  trim: number;
  /** Level of the suction tank, m. */
  level: number;
  /** Air, °C. */
  ambient = 22;
  /** Slow beating of the vibration, a factor around 1. */
  beat = 1;

  readonly #random: Random;
  readonly #stepS: number;
  #from: { demand: number; trim: number };
  #to: { demand: number; trim: number };
  /** Seconds since the last change of the demand, how long the change takes, and when the next comes. */
  #sinceS = 0;
  #changeS = 1;
  #nextS: number;
  #wander: number;
  #weather: number;
  #levelOff: number;
  #beatOff: number;

  /** Begins somewhere in the middle of a day's work, settled. */
  constructor(random: Random, stepS: number, epochMs: number) {
    this.#random = random;
    this.#stepS = stepS;
    this.#to = this.#draw();
    this.#from = this.#to;
    this.#nextS = 60 + 180 * random();
    this.#wander = 0.02 * normal(random);
    this.#weather = 0.7 * normal(random);
    this.#levelOff = 0.6 * normal(random);
    this.#beatOff = 0.02 * normal(random);
    this.demand = this.#to.demand;
    this.trim = this.#to.trim;
    this.level = 6;
    this.#derive(epochMs, 1);
  }

  /** One step on. The demand changes every 2 to 6 minutes, over 6 to 40 s. */
  step(epochMs: number): void {
    const random = this.#random;
    this.#sinceS += this.#stepS;
    if (this.#sinceS >= this.#nextS) {
      this.#from = this.#to;
      this.#to = this.#draw();
      this.#sinceS = 0;
      this.#changeS = 6 + 34 * random();
      this.#nextS = 120 + 240 * random();
    }
    this.#wander = ornsteinUhlenbeck(this.#wander, 0.02, 25, this.#stepS, random);
    this.#levelOff = ornsteinUhlenbeck(this.#levelOff, 0.6, 1500, this.#stepS, random);
    this.#weather = ornsteinUhlenbeck(this.#weather, 0.7, 3600, this.#stepS, random);
    this.#beatOff = ornsteinUhlenbeck(this.#beatOff, 0.02, 30, this.#stepS, random);
    const done = Math.min(1, this.#sinceS / this.#changeS);
    this.#derive(epochMs, done * done * (3 - 2 * done));
  }

  #derive(epochMs: number, share: number): void {
    const { demand, trim } = this.#to;
    this.demand = Math.max(0.3, this.#from.demand + (demand - this.#from.demand) * share + this.#wander);
    this.trim = this.#from.trim + (trim - this.#from.trim) * share;
    this.level = Math.min(8, Math.max(4, 6 + this.#levelOff));
    this.ambient = 22 + this.#weather + 4 * Math.sin((2 * Math.PI * (epochMs / 3_600_000 - 9)) / 24);
    this.beat = Math.max(0.8, 1 + this.#beatOff);
  }

  #draw(): { demand: number; trim: number } {
    return { demand: 0.68 + 0.52 * this.#random(), trim: 0.08 * (2 * this.#random() - 1) };
  }
}

/**
 * One step of a mean-reverting walk around 0 (Ornstein and Uhlenbeck 1930).
 * @param deviation its standard deviation in the long run
 * @param timeConstantS seconds over which it forgets
 */
function ornsteinUhlenbeck(value: number, deviation: number, timeConstantS: number, stepS: number, random: Random): number {
  const share = stepS / timeConstantS;
  return value * (1 - share) + deviation * Math.sqrt(2 * share) * normal(random);
}
