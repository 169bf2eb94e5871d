import type { Family } from '../../../shared/metrics.ts';

/** What one node has read since it started. */
export interface ScanFigures {
  /** The node's id and name. */
  labels: { id: string; node: string };
  tags: number;
  /** Of the last scan, with quality Good. */
  good: number;
  /** Requests that a scan takes at present. */
  requests: number;
  scans: number;
  skipped: number;
}

/** The figures of all nodes, as Prometheus reads them. */
export function scanFamilies(nodes: Iterable<ScanFigures>): Family[] {
  const all = [...nodes];
  const family = (type: 'counter' | 'gauge', name: string, help: string, value: (figures: ScanFigures) => number): Family => ({
    name: `linewatch_modbus_${name}`,
    help,
    type,
    samples: all.map((figures) => ({ labels: figures.labels, value: value(figures) })),
  });
  return [
    family('counter', 'scans_total', 'Scans of a modbus in node.', ({ scans }) => scans),
    family('counter', 'scans_skipped_total', 'Scans left out because the one before was still under way.', ({ skipped }) => skipped),
    family('gauge', 'scan_requests', 'Requests that one scan takes.', ({ requests }) => requests),
    family('gauge', 'tags', 'Tags of a modbus in node.', ({ tags }) => tags),
    family('gauge', 'tags_good', 'Tags that the last scan read with quality Good.', ({ good }) => good),
  ];
}
