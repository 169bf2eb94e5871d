import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { LinewatchError } from '../../shared/errors.ts';

/**
 * Where ffmpeg is.
 * @param wanted `linewatch.ffmpeg` of settings.js: a path, or a name to be looked for
 * @throws LinewatchError camera-ffmpeg-missing
 */
export async function findFfmpeg(wanted: string | undefined, searchPath = process.env.PATH ?? ''): Promise<string> {
  const name = wanted || 'ffmpeg';
  const endings = process.platform === 'win32' ? ['', '.exe'] : [''];
  const folders = isAbsolute(name) ? [''] : searchPath.split(delimiter).filter((folder) => isAbsolute(folder));
  for (const path of folders.flatMap((folder) => endings.map((ending) => join(folder, name + ending)))) {
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  throw new LinewatchError('camera-ffmpeg-missing');
}

export interface Running {
  process: ChildProcess;
  stdout: AsyncIterable<Buffer>;
  /** Resolves when the process is gone, with the last it said. */
  exited: Promise<string>;
}

const MOST_WORDS = 2000;

/**
 * Has ffmpeg turn a stream into JPEGs, as `multipart/x-mixed-replace` with the boundary `ffmpeg`. It reads nothing from Node-RED's environment but PATH.
 * @param picturesPerSecond of what comes out at most; a camera that sends more costs decoding all the same
 */
export function startFfmpeg(path: string, address: string, picturesPerSecond: number): Running {
  const input = ['-rtsp_transport', 'tcp', '-fflags', 'nobuffer', '-flags', 'low_delay', '-i', address];
  // The first of each interval, in whatever order the camera's times come; then with even times, as ffmpeg would fill gaps with the same picture again.
  const rate = String(picturesPerSecond);
  const filter = `select=1-eq(floor(t*${rate})\\,floor(prev_selected_t*${rate})),setpts=N/(${rate}*TB)`;
  // Quality 3 of 2..31: hardly to be told from the stream.
  const output = ['-an', '-sn', '-vf', filter, '-r', rate, '-c:v', 'mjpeg', '-q:v', '3', '-f', 'mpjpeg', 'pipe:1'];
  const child = spawn(path, ['-hide_banner', '-nostdin', '-loglevel', 'error', ...input, ...output], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
    windowsHide: true,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MOST_WORDS);
  });
  const exited = new Promise<string>((resolve) => {
    child.once('error', (thrown) => resolve(thrown.message));
    child.once('close', () => resolve(said));
  });
  return { process: child, stdout: child.stdout as AsyncIterable<Buffer>, exited };
}
