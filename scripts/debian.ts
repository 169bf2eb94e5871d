/** Installs Debian packages that tests need, where this machine is Debian and the user is root; else says how. */
import { spawnSync } from 'node:child_process';

/** Package → the command it brings (or, for a library, the file that shows it is there) and what needs it. */
const packages = {
  chromium: { command: 'chromium', for: 'the editor tests' },
  mbpoll: { command: 'mbpoll', for: 'reading the simulator with a foreign Modbus client' },
  'python3-pymodbus': { command: 'dpkg-query -W python3-pymodbus', for: 'judging our Modbus by pymodbus' },
  'python3-serial-asyncio': { command: 'dpkg-query -W python3-serial-asyncio', for: 'judging our Modbus by pymodbus on a serial line' },
  'libmodbus-dev': { command: 'dpkg-query -W libmodbus-dev', for: 'judging our Modbus by libmodbus, and reading through spoilt answers' },
  gcc: { command: 'gcc', for: 'compiling a server made of libmodbus' },
  'libc6-dev': { command: 'dpkg-query -W libc6-dev', for: 'compiling a server made of libmodbus' },
  socat: { command: 'socat', for: 'serial lines without hardware' },
  ffmpeg: { command: 'ffmpeg', for: 'reading an RTSP camera' },
  'python3-gi': { command: 'dpkg-query -W python3-gi', for: 'an RTSP camera made of GStreamer' },
  'gir1.2-gst-rtsp-server-1.0': { command: 'dpkg-query -W gir1.2-gst-rtsp-server-1.0', for: 'an RTSP camera made of GStreamer' },
  'gstreamer1.0-plugins-base': { command: 'dpkg-query -W gstreamer1.0-plugins-base', for: 'an RTSP camera made of GStreamer' },
  'gstreamer1.0-plugins-good': { command: 'dpkg-query -W gstreamer1.0-plugins-good', for: 'an RTSP camera made of GStreamer' },
  'fonts-noto-cjk': { command: 'dpkg-query -W fonts-noto-cjk', for: 'Chinese letters in the screenshots' },
} as const;

export type DebianPackage = keyof typeof packages;

const shell = (command: string) => spawnSync('sh', ['-c', command], { encoding: 'utf8' });

export function isInstalled(name: DebianPackage): boolean {
  const { command } = packages[name];
  return shell(command.includes(' ') ? command : `command -v ${command}`).status === 0;
}

/** Makes the packages present where it can; returns one line for each that is missing, with the way to get it. */
export function ensureInstalled(names: DebianPackage[] = Object.keys(packages) as DebianPackage[]): string[] {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return [];
  if (process.getuid?.() === 0 && shell('command -v apt-get').status === 0) {
    console.log(`installing ${missing.join(', ')}`);
    const install = `DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${missing.join(' ')}`;
    const result = shell(`apt-get update -qq && ${install}`);
    if (result.status !== 0) console.log(result.stderr.slice(-2000));
  }
  return missing
    .filter((name) => !isInstalled(name))
    .map((name) => `skipped: ${packages[name].for} (missing ${name}; as root: apt-get install ${name})`);
}
