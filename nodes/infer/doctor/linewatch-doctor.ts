#!/usr/bin/env node
/** `npx linewatch-doctor`: whether models run on this machine, on what, and what to do about it. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { dataFolder } from '../../node-red/files.ts';
import { diagnose } from './advice.ts';
import { examine } from './examine.ts';
import { reportLines } from './report.ts';

const USAGE = `linewatch-doctor [--json] [--user-dir <folder>]

Says whether models run on this machine, on what, how fast, and what to do about what is wrong.
  --json               as JSON
  -u, --user-dir       Node-RED's user directory; else the current folder where it has a settings.js, else ~/.node-red
  -h, --help           this text
Exit code 0: models run; 1: they do not; 2: wrong use.`;

process.exitCode = await main();

async function main(): Promise<number> {
  let values: { json?: boolean; help?: boolean; 'user-dir'?: string };
  try {
    const text = { type: 'string', short: 'u' } as const;
    ({ values } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }, 'user-dir': text } }));
  } catch (thrown) {
    console.error(`${(thrown as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const userDir = resolve(values['user-dir'] ?? usualUserDir());
  const settings = readSettings(userDir);
  const facts = await examine(dataFolder({ ...settings, userDir }), settings.linewatch?.modelFolders);
  const diagnosis = diagnose(facts);
  console.log(values.json ? JSON.stringify({ ...facts, ...diagnosis }, null, 2) : reportLines(facts, diagnosis).join('\n'));
  return diagnosis.backend === undefined ? 1 : 0;
}

function usualUserDir(): string {
  return existsSync('settings.js') ? '.' : join(homedir(), '.node-red');
}

interface Settings {
  linewatch?: { folder?: string; modelFolders?: unknown };
}

/** Where models are looked for is said in settings.js; one that can not be read is Node-RED's to complain about. */
function readSettings(userDir: string): Settings {
  try {
    const settings: unknown = createRequire(import.meta.url)(join(userDir, 'settings.js'));
    return typeof settings === 'object' && settings !== null ? (settings as Settings) : {};
  } catch {
    return {};
  }
}
