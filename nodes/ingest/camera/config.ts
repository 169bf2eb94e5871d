import type { Fields } from '../../node-red/fields.ts';
import { readAddress } from './address.ts';
import type { Login } from './digest.ts';
import type { AfterSending } from './folder.ts';
import type { LoginOptions } from './login.ts';

export const sources = ['snapshot', 'mjpeg', 'rtsp', 'folder', 'repeat', 'test'] as const;

export interface NetworkConfig extends LoginOptions {
  source: 'snapshot' | 'mjpeg' | 'rtsp';
  url: URL;
  /** Id of a TLS configuration; '' for none. */
  tls: string;
  anyCertificate: boolean;
  timeoutMs: number;
}

export type SourceConfig =
  | NetworkConfig
  | { source: 'folder'; path: string; after: AfterSending; existing: 'send' | 'skip' }
  | { source: 'repeat'; path: string }
  | { source: 'test'; width: number; height: number };

export type CameraConfig = SourceConfig & {
  /** Undefined: only when a message asks for one. */
  intervalMs: number | undefined;
  limitMb: number;
};

/** What the dialog says. @throws LinewatchError config-…, camera-url… */
export function readCamera(fields: Fields, credentials: Record<string, string>): CameraConfig {
  const pace = fields.choice('pace', ['interval', 'message'], 'interval');
  const intervalMs = fields.number('intervalMs', { default: 1000, min: 20, max: 86_400_000 });
  return {
    ...readSource(fields, credentials),
    intervalMs: pace === 'interval' ? intervalMs : undefined,
    limitMb: fields.number('limitMb', { default: 32, min: 1, max: 512 }),
  };
}

function readSource(fields: Fields, credentials: Record<string, string>): SourceConfig {
  const source = fields.choice('source', sources, 'test');
  if (source === 'test') {
    const side = (property: string, fallback: number) => fields.number(property, { default: fallback, min: 16, max: 4096, integer: true });
    return { source, width: side('width', 640), height: side('height', 480) };
  }
  if (source === 'repeat') return { source, path: fields.text('path') };
  if (source === 'folder') {
    return {
      source,
      path: fields.text('path'),
      after: fields.choice('after', ['leave', 'move', 'delete'], 'leave'),
      existing: fields.choice('existing', ['send', 'skip'], 'send'),
    };
  }
  const { user = '', password = '' } = credentials;
  const login: Login | undefined = user === '' && password === '' ? undefined : { user, password };
  return {
    source,
    login,
    url: readAddress(fields.text('url'), source === 'rtsp' ? 'rtsp' : 'http', login),
    digestOnly: fields.choice('login', ['any', 'digest'], 'any') === 'digest',
    tls: fields.text('tls', { optional: true }),
    anyCertificate: fields.boolean('anyCertificate'),
    timeoutMs: fields.number('timeoutMs', { default: 10_000, min: 100, max: 600_000 }),
  };
}
