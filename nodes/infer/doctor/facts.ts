import type { NativeLibrary } from '../host/list-backends.ts';

/** What `linewatch-doctor` found out. Plain values: this is what `--json` prints. */
export interface Facts {
  system: System;
  processor: Processor;
  memory: Memory;
  /** onnxruntime-node. */
  native: NativeLibrary;
  /** sharp, which decodes pictures. */
  pictures: PictureLibrary;
  /** The pack's own small model on each backend. */
  runs: Run[];
  folders: Folder[];
}

export type PictureLibrary = { loads: true; version: string } | { loads: false; reason: string };

export interface System {
  platform: string;
  arch: string;
  /** Of Linux; undefined elsewhere, or where it can not be told. */
  libc?: { name: 'glibc' | 'musl'; version?: string };
  nodeVersion: string;
}

export interface Processor {
  model: string;
  /** Those that make models faster, by the kernel's names. */
  features: string[];
  /** Whether the features could be read at all. */
  featuresKnown: boolean;
  /** Of the machine. */
  cores: number;
  /** What a container grants, in cores; undefined without a limit. */
  coreLimit?: number;
}

export interface Memory {
  totalMb: number;
  availableMb: number;
  /** What a container grants; undefined without a limit. */
  limitMb?: number;
}

export type Run = { backend: string; loadMs: number; medianUs: number; memoryMb?: number } | { backend: string; reason: string };

export interface Folder {
  path: string;
  /** `own`: where uploads go. */
  kind: 'own' | 'further' | 'pack';
  /** `creatable`: it is not there yet, and can be made. */
  state: 'writable' | 'readable' | 'creatable' | 'missing';
}
