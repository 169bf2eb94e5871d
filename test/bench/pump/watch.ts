/** The simulated pump skid as anomaly score sees it: healthy days, then each fault at each severity, a sample a second. */
import { PumpSimulation } from '../../../nodes/ingest/pump/simulation.ts';
import { readMessage } from '../../../nodes/score/detect/read-message.ts';
import { Scorer, type ScorerOptions } from '../../../nodes/score/detect/scorer.ts';
import type { AnomalyInfo } from '../../../nodes/shared/messages.ts';

/** Lost-link is not among them: it leaves no values to judge. */
export const FAULTS = ['bearing-wear', 'cavitation', 'blocked-outlet', 'stuck-sensor'] as const;
export const SEVERITIES = [30, 100] as const;
/** A fault that trips no limit counts as missed after so many seconds. */
export const PATIENCE_S = 1200;
/** The tags in which a fault shows by the physics of the simulation (nodes/ingest/pump/faults.ts). */
const shownBy: Record<(typeof FAULTS)[number], readonly string[]> = {
  // Friction costs power.
  'bearing-wear': ['vibration_rms', 'bearing_temperature', 'motor_current'],
  cavitation: ['suction_pressure', 'discharge_pressure', 'vibration_rms', 'flow'],
  'blocked-outlet': ['flow', 'discharge_pressure', 'vibration_rms'],
  'stuck-sensor': ['flow'],
};
/** What must stop the machine: C/D of ISO 20816-3, mm/s, and the bearing metal, °C. Other tags trip where they leave what they have been in health. */
const hardLimits: Record<string, number> = { vibration_rms: 7.1, bearing_temperature: 90 };

export interface FaultOutcome {
  fault: string;
  severity: number;
  /** Seconds from the fault to the first anomaly, and to the hard limit; null: never. */
  foundAfterS: number | null;
  limitAfterS: number | null;
  /** The tag that weighed most when the anomaly began. */
  named: string;
  isFound: boolean;
  isRight: boolean;
}

export interface PumpOutcome {
  /** Anomalies that began in health, as the second and the tag that weighed most. */
  falseAlarms: { second: number; named: string; kind: string }[];
  faults: FaultOutcome[];
}

/** As the node is when dragged in. */
const usual: ScorerOptions = { falseAlarms: 'week', learnResults: 300, learnSamples: 150, together: 'auto', follow: true };

/** @param days healthy ones, the learning included */
export function watchPump(seed: number, days: number, options: Partial<ScorerOptions> = {}): PumpOutcome {
  const config = { ...usual, ...options };
  const startMs = Date.UTC(2026, 2, 1) + seed * 29 * 3_600_000;
  const simulation = new PumpSimulation({ seed, startMs });
  let now = startMs;
  let scorer = new Scorer(config);
  const range = new Map<string, [number, number]>();
  let evidenceKind = '';
  const second = (): AnomalyInfo | undefined => {
    now += 1000;
    simulation.advanceTo(now);
    const outcome = scorer.score(readMessage({ payload: { ...simulation.signals() }, timestamp: now }), now);
    if (!('anomaly' in outcome)) return undefined;
    evidenceKind = outcome.evidence[0]?.kind ?? '';
    return outcome.anomaly as AnomalyInfo;
  };

  const falseAlarms: PumpOutcome['falseAlarms'] = [];
  for (let at = 0; at < days * 86_400; at++) {
    const anomaly = second();
    for (const [tag, value] of Object.entries(simulation.signals())) {
      const [low, high] = range.get(tag) ?? [value, value];
      range.set(tag, [Math.min(low, value), Math.max(high, value)]);
    }
    if (anomaly?.alarm) falseAlarms.push({ second: at, named: heaviest(anomaly), kind: evidenceKind });
  }

  const healthy = JSON.stringify(scorer.toState());
  const faults = SEVERITIES.flatMap((severity) =>
    FAULTS.map((fault) => {
      scorer = Scorer.restore(config, JSON.parse(healthy)) as Scorer;
      // What is called an anomaly already is not found any more.
      let wasOdd = false;
      for (let at = 0; at < 120; at++) wasOdd = second()?.isAnomaly === true;
      const limits = (tag: string, value: number) => {
        const [low, high] = range.get(tag) as [number, number];
        const limit = hardLimits[tag];
        return limit === undefined ? value < low || value > high : value > limit;
      };
      simulation.setFault(fault, severity);
      const outcome: FaultOutcome = { fault, severity, foundAfterS: null, limitAfterS: null, named: '', isFound: false, isRight: false };
      for (let at = 1; at <= PATIENCE_S && outcome.foundAfterS === null; at++) {
        const anomaly = second();
        if (anomaly?.isAnomaly && !wasOdd) Object.assign(outcome, { foundAfterS: at, named: heaviest(anomaly) });
        wasOdd = wasOdd && anomaly?.isAnomaly === true;
        if (outcome.limitAfterS === null && Object.entries(simulation.signals()).some(([tag, value]) => limits(tag, value)))
          outcome.limitAfterS = at;
      }
      outcome.isFound = outcome.foundAfterS !== null && outcome.foundAfterS <= (outcome.limitAfterS ?? PATIENCE_S);
      outcome.isRight = shownBy[fault].includes(outcome.named);
      simulation.setFault(fault, 0);
      // A bearing cools slowly; all else is over in minutes.
      for (let at = 0; at < (fault === 'bearing-wear' ? 3000 : 600); at += 100) {
        now += 100_000;
        simulation.advanceTo(now);
      }
      return outcome;
    }),
  );
  return { falseAlarms, faults };
}

const heaviest = ({ contributions }: AnomalyInfo) => Object.entries(contributions).sort((one, other) => other[1] - one[1])[0]?.[0] ?? '';
