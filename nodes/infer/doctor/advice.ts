import type { Facts } from './facts.ts';

export interface Problem {
  what: string;
  advice: string;
  /** Whether models can not run at all because of it. */
  isFatal: boolean;
}

export interface Diagnosis {
  /** What `auto` takes; undefined where no model can run. */
  backend: string | undefined;
  why: string;
  problems: Problem[];
}

/** Node.js below this can not load the pack. */
const OLDEST_NODE = [22, 9] as const;
const LITTLE_MEMORY_MB = 256;

/** What the facts mean, and what to do about it. */
export function diagnose(facts: Facts): Diagnosis {
  const works = (backend: string) => facts.runs.some((run) => run.backend === backend && 'medianUs' in run);
  const problems = [
    ...nodeProblems(facts),
    ...nativeProblems(facts),
    ...wasmProblems(facts),
    ...pictureProblems(facts),
    ...machineProblems(facts),
    ...folderProblems(facts),
  ];
  const { native } = facts;
  if (works('cpu') && native.loads)
    return { backend: 'cpu', why: `the native library loads (onnxruntime-node ${native.version})`, problems };
  if (works('wasm')) {
    const reason = native.loads ? reasonOf(facts, 'cpu') : native.reason;
    return { backend: 'wasm', why: `the native library can not be used: ${reason}`, problems };
  }
  return { backend: undefined, why: 'neither the native library nor WebAssembly runs a model here', problems };
}

const reasonOf = ({ runs }: Facts, backend: string): string => {
  const run = runs.find((one) => one.backend === backend);
  return run !== undefined && 'reason' in run ? run.reason : '';
};

function nodeProblems({ system }: Facts): Problem[] {
  const [major = 0, minor = 0] = system.nodeVersion.split('.').map(Number);
  const [oldest, oldestMinor] = OLDEST_NODE;
  if (major > oldest || (major === oldest && minor >= oldestMinor)) return [];
  const advice = 'install Node.js 24 (Node-RED 4.1 needs at least 22.12 for this pack)';
  return [{ what: `Node.js ${system.nodeVersion} is too old: expected ${OLDEST_NODE.join('.')} or newer`, advice, isFatal: true }];
}

function nativeProblems(facts: Facts): Problem[] {
  const { native, system } = facts;
  const problem = (what: string, advice: string): Problem[] => [{ what, advice, isFatal: false }];
  if (native.loads) {
    const reason = reasonOf(facts, 'cpu');
    return reason === '' ? [] : problem(`the native library loads, but runs no model: ${reason}`, `update it: ${INSTALL}`);
  }
  // Otherwise nothing runs, which is another problem of the list.
  const slower = reasonOf(facts, 'wasm') === '' ? 'Models run on WebAssembly, 4 to 8 times slower' : 'Models would run on WebAssembly';
  if (system.libc?.name === 'musl') {
    return problem(
      `this Linux has musl (Alpine); the native library needs glibc. ${slower}`,
      'if that is too slow, use an image based on Debian',
    );
  }
  if (system.arch === 'arm') {
    return problem(
      `the native library does not exist for 32-bit Arm. ${slower}`,
      'if that is too slow, install a 64-bit system: most boards since 2016 can run one',
    );
  }
  if (system.platform === 'darwin' && system.arch === 'x64') {
    return problem(`the native library does not exist for Intel Macs. ${slower}`, 'nothing to do; a gateway with Linux runs it natively');
  }
  if (native.path === undefined) {
    return problem(
      `onnxruntime-node is not installed. ${slower}`,
      `in Node-RED's user directory: ${INSTALL}. Its install script only fetches files for NVIDIA GPUs; that it is blocked or fails is fine`,
    );
  }
  if (/GLIBC(?:XX)?_/.test(native.reason)) {
    return problem(
      `this system is too old for the native library: ${native.reason}. ${slower}`,
      'update it to Debian 12, Ubuntu 22.04 or newer',
    );
  }
  if (/cannot open shared object file/.test(native.reason)) {
    return problem(
      `the native library lacks a library of the system: ${native.reason}. ${slower}`,
      'install the library that is named (libstdc++6, libgomp1)',
    );
  }
  return problem(
    `the native library does not load: ${native.reason}. ${slower}`,
    `install it again in Node-RED's user directory: ${INSTALL}`,
  );
}

const INSTALL = 'npm install --ignore-scripts onnxruntime-node';

function wasmProblems(facts: Facts): Problem[] {
  const reason = reasonOf(facts, 'wasm');
  if (reason === '') return [];
  const isFatal = !facts.runs.some((run) => run.backend === 'cpu' && 'medianUs' in run);
  return [{ what: `WebAssembly does not run: ${reason}`, advice: "install the pack again in Node-RED's user directory", isFatal }];
}

function pictureProblems({ pictures, system }: Facts): Problem[] {
  if (pictures.loads) return [];
  const isKnown = system.arch === 'x64' || system.arch === 'arm64' || system.arch === 'arm';
  const advice = isKnown
    ? `in Node-RED's user directory: npm install --include=optional sharp${system.libc?.name === 'musl' ? ' (it has files for musl)' : ''}`
    : `sharp has no files for ${system.platform} ${system.arch}: install libvips and build it, or prepare pictures on another computer`;
  return [{ what: `pictures can not be decoded: sharp does not load: ${pictures.reason}`, advice, isFatal: false }];
}

function machineProblems({ processor, memory, native }: Facts): Problem[] {
  const problems: Problem[] = [];
  const isSlow = processor.featuresKnown && native.loads && !processor.features.some((name) => name === 'avx2' || name === 'asimd');
  if (isSlow) {
    problems.push({
      what: 'the processor has neither AVX2 nor Neon',
      advice: 'expect models to be several times slower than elsewhere; prefer small ones',
      isFatal: false,
    });
  }
  if (memory.availableMb < LITTLE_MEMORY_MB) {
    problems.push({
      what: `only ${memory.availableMb} MB of memory are free; a model in a process of its own takes about 100 MB`,
      advice: 'let models share a process (onnx model, Advanced), and set memory ceilings',
      isFatal: false,
    });
  }
  return problems;
}

function folderProblems({ folders }: Facts): Problem[] {
  return folders.flatMap(({ path, kind, state }): Problem[] => {
    if (kind === 'own' && state !== 'writable' && state !== 'creatable') {
      const advice = `give Node-RED's user the right: chown -R <user> ${path} (a container: make the volume writable)`;
      return [{ what: `models can not be uploaded: ${path} is not writable`, advice, isFatal: false }];
    }
    if (kind === 'further' && state === 'missing') {
      return [
        { what: `the folder ${path} of linewatch.modelFolders is not there`, advice: 'make it, or mend settings.js', isFatal: false },
      ];
    }
    return [];
  });
}
