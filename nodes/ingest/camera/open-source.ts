import { isAbsolute, join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import type { Clock } from '../../shared/clock.ts';
import { LinewatchError } from '../../shared/errors.ts';
import type { CameraConfig, NetworkConfig } from './config.ts';
import { folderSource } from './folder.ts';
import { mjpegSource } from './mjpeg.ts';
import { repeatSource } from './repeat.ts';
import { rtspSource } from './rtsp.ts';
import { snapshotSource } from './snapshot.ts';
import type { PictureSource } from './source.ts';
import { testSource } from './test-source.ts';

/** What the gateway gives a source. */
export interface Surroundings {
  clock: Clock;
  userDir: string | undefined;
  /** File of the folder's pictures that have been sent. */
  journal: string | undefined;
  /** `linewatch.ffmpeg` of settings.js. */
  ffmpeg: string | undefined;
  /** The options of a TLS configuration, by its id. @throws LinewatchError config-node */
  secureOf(id: string): ConnectionOptions;
}

/** The slowest and the fastest that ffmpeg is asked for: a picture a second costs next to nothing, and who asks by message wants a new one. */
const RTSP_PICTURES_PER_SECOND = { least: 1, most: 30, byMessage: 5 };

/** @throws LinewatchError config-node, camera-no-folder */
export function openSource(config: CameraConfig, surroundings: Surroundings): PictureSource {
  const { limitMb } = config;
  const { clock, ffmpeg } = surroundings;
  switch (config.source) {
    case 'test':
      return testSource(config.width, config.height, clock);
    case 'repeat':
      return repeatSource(locate(config.path, surroundings), limitMb);
    case 'folder':
      return folderSource({ ...config, folder: locate(config.path, surroundings), journal: surroundings.journal }, clock);
    case 'snapshot':
      return snapshotSource({ ...config, secure: secureOptions(config, surroundings) });
    case 'mjpeg':
      return mjpegSource({ ...config, secure: secureOptions(config, surroundings) });
    case 'rtsp': {
      const { least, most, byMessage } = RTSP_PICTURES_PER_SECOND;
      const wanted = config.intervalMs === undefined ? byMessage : 1000 / config.intervalMs;
      const picturesPerSecond = Math.min(most, Math.max(least, wanted));
      return rtspSource({ ...config, secure: secureOptions(config, surroundings), ffmpeg, picturesPerSecond });
    }
  }
}

function secureOptions({ tls, anyCertificate }: NetworkConfig, { secureOf }: Surroundings): ConnectionOptions {
  return { ...(tls === '' ? {} : secureOf(tls)), ...(anyCertificate && { rejectUnauthorized: false }) };
}

/** A relative path is below the user directory. */
function locate(path: string, { userDir }: Surroundings): string {
  if (isAbsolute(path)) return path;
  if (userDir === undefined || userDir === '') throw new LinewatchError('csv-no-folder', { property: 'path', path });
  return join(userDir, path);
}
