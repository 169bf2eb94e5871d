/** Certificates for the tests, made with openssl: an authority, a device, a client, and what is wrong with others. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Pair {
  cert: string;
  key: string;
}

export interface Certificates {
  ca: string;
  /** For localhost and 127.0.0.1. */
  device: Pair;
  expired: Pair;
  client: Pair;
  /** Signed by itself. */
  stranger: Pair;
}

export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'linewatch-certificates-'));
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'ignore'] });
  const read = (name: string): Pair => ({ cert: readFileSync(at(`${name}.crt`), 'utf8'), key: readFileSync(at(`${name}.key`), 'utf8') });
  const selfSigned = (name: string) => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', at(`${name}.key`)];
    openssl('req', '-x509', ...key, '-out', at(`${name}.crt`), '-subj', `/CN=${name}`, '-days', '30');
  };
  const signed = (name: string, days: number) => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', at(`${name}.key`)];
    openssl('req', '-new', ...key, '-out', at(`${name}.csr`), '-subj', `/CN=${name}`);
    writeFileSync(at('extensions'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
    const authority = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at('extensions')];
    openssl('x509', '-req', '-in', at(`${name}.csr`), ...authority, '-out', at(`${name}.crt`), '-days', String(days));
  };
  try {
    selfSigned('ca');
    selfSigned('stranger');
    signed('device', 30);
    signed('client', 30);
    signed('expired', -1);
    return { ca: read('ca').cert, device: read('device'), client: read('client'), expired: read('expired'), stranger: read('stranger') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
