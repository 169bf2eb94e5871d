import type { SharpConstructor } from 'sharp';

/** sharp as it comes, with its own settings: what a script would use. */
export async function openSharp(): Promise<SharpConstructor> {
  return (await import('sharp')).default;
}
