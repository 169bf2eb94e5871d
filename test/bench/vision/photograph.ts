import { seededRandom } from '../../../nodes/shared/random.ts';
import { openSharp } from './open-sharp.ts';

/**
 * A JPEG of quality 85 with what makes decoding photographs work: soft gradients, edges of many sizes, a sensor's noise.
 * @param seed another picture each
 */
export async function photograph(width: number, height: number, seed = 1): Promise<Buffer> {
  const sharp = await openSharp();
  const random = seededRandom(seed);
  const between = (from: number, to: number) => Math.round(from + random() * (to - from));
  const colour = () => `rgb(${between(0, 255)},${between(0, 255)},${between(0, 255)})`;
  const shapes = Array.from({ length: 150 }, () => {
    const [x, y, size] = [between(0, width), between(0, height), between(4, height / 4)];
    return random() < 0.5
      ? `<circle cx="${x}" cy="${y}" r="${size}" fill="${colour()}" fill-opacity="0.6"/>`
      : `<rect x="${x}" y="${y}" width="${between(4, height / 3)}" height="${size}" fill="${colour()}" fill-opacity="0.6" transform="rotate(${between(0, 90)} ${x} ${y})"/>`;
  });
  const gradient = `<defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="${colour()}"/><stop offset="1" stop-color="${colour()}"/></linearGradient></defs>`;
  const scene = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${gradient}<rect width="100%" height="100%" fill="url(#g)"/>${shapes.join('')}</svg>`;
  const { data } = await sharp(Buffer.from(scene)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  // The sum of a few uniform numbers is near enough to a normal one.
  for (let at = 0; at < data.length; at++)
    data[at] = Math.min(255, Math.max(0, (data[at] as number) + 18 * (random() + random() + random() - 1.5)));
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}
