import type { Diagnosis } from './advice.ts';
import type { Facts, Folder, Run } from './facts.ts';

const folderStates: Record<Folder['state'], string> = {
  writable: 'writable',
  readable: 'read only',
  creatable: 'not there yet, will be made',
  missing: 'not there',
};

/** Of a reason: most backends of the list need hardware that is not there, and say so at length. */
const LONGEST = 110;

/** The report as lines of text. */
export function reportLines(facts: Facts, diagnosis: Diagnosis): string[] {
  const { system, processor, memory, native, pictures, runs, folders } = facts;
  const { libc } = system;
  const cores =
    processor.coreLimit === undefined ? `${processor.cores} cores` : `${processor.cores} cores, limited to ${processor.coreLimit}`;
  const limit = memory.limitMb === undefined ? '' : `, limited to ${memory.limitMb} MB`;
  return [
    ...block('Machine', [
      ['system', [system.platform, system.arch, libc && `${libc.name} ${libc.version ?? ''}`.trim()].filter(Boolean).join(', ')],
      ['Node.js', system.nodeVersion],
      ['processor', `${processor.model || 'unknown'}, ${cores}`],
      ['features', processor.featuresKnown ? processor.features.join(' ') || 'none that helps' : 'unknown'],
      ['memory', `${memory.availableMb} MB of ${memory.totalMb} MB free${limit}`],
    ]),
    ...block('ONNX Runtime', [
      ['native library', native.loads ? `${native.version}, ${native.path}` : `does not load: ${native.reason}`],
      ...(native.loads
        ? [
            [
              'knows',
              native.backends.map(({ name, bundled }) => (bundled ? name : `${name} (needs its own libraries)`)).join(', '),
            ] as const,
          ]
        : []),
    ]),
    ...block('Pictures', [['sharp', pictures.loads ? pictures.version : `does not load: ${pictures.reason}`]]),
    ...block(
      'A small model (models/pump-autoencoder.onnx) on',
      runs.map((run) => [run.backend, runText(run)] as const),
    ),
    ...block(
      'Model folders',
      folders.map(({ path, state }) => [folderStates[state], path] as const),
    ),
    ...block('Models will run on', [[diagnosis.backend ?? 'nothing', diagnosis.why]]),
    ...problemLines(diagnosis),
  ];
}

function runText(run: Run): string {
  if ('reason' in run) return `does not run: ${run.reason.length > LONGEST ? `${run.reason.slice(0, LONGEST - 1)}…` : run.reason}`;
  const memory = run.memoryMb === undefined ? '' : `, process of ${Math.round(run.memoryMb)} MB`;
  return `${run.medianUs.toFixed(0)} µs a run (median), loaded in ${run.loadMs.toFixed(0)} ms${memory}`;
}

function block(title: string, lines: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...lines.map(([name]) => name.length));
  return [title, ...lines.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`), ''];
}

function problemLines({ problems }: Diagnosis): string[] {
  if (problems.length === 0) return ['No problem found.'];
  return ['What to do', ...problems.flatMap(({ what, advice, isFatal }) => [`  ${isFatal ? '✘' : '!'} ${what}`, `    → ${advice}`])];
}
