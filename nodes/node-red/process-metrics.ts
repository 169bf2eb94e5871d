import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Family } from '../shared/metrics.ts';

/** What the monitor's timer waits: its values are the delay and this. A wake-up each 20 ms costs nothing that shows. */
const RESOLUTION_MS = 20;
/** Two who read shortly after one another see the same span, not one a long and the other an empty one. */
const SHORTEST_SPAN_MS = 10_000;

/**
 * Metrics of Node-RED's own process. The delay of the event loop (how late timers are: what a flow feels) is watched from the first reading on.
 * @param now ms, monotonic
 */
export function processMetrics(now: () => number = () => performance.now()): () => Family[] {
  let monitor: ReturnType<typeof monitorEventLoopDelay> | undefined;
  let since = 0;
  let delays: { p99: number; max: number } | undefined;

  const readDelays = () => {
    if (monitor === undefined) {
      monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      monitor.enable();
      since = now();
    } else if (delays === undefined || now() - since >= SHORTEST_SPAN_MS) {
      if (monitor.count === 0) return;
      const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3);
      delays = { p99: seconds(monitor.percentile(99)), max: seconds(monitor.max) };
      monitor.reset();
      since = now();
    }
  };

  return () => {
    readDelays();
    const { user, system } = process.cpuUsage();
    const gauge = (name: string, help: string, value: number | undefined): Family => ({
      name: `linewatch_node_red_${name}`,
      help,
      type: 'gauge',
      samples: value === undefined ? [] : [{ value }],
    });
    const span = 'since the reading before, at least 10 s.';
    return [
      gauge('event_loop_delay_p99_seconds', `How late Node-RED's timers were, 99th percentile, ${span}`, delays?.p99),
      gauge('event_loop_delay_max_seconds', `How late Node-RED's timers were at worst, ${span}`, delays?.max),
      gauge('resident_bytes', "Memory of Node-RED's own process.", process.memoryUsage.rss()),
      {
        name: 'linewatch_node_red_cpu_seconds_total',
        help: "Processor time of Node-RED's own process.",
        type: 'counter',
        samples: [{ value: (user + system) / 1e6 }],
      },
    ];
  };
}
