/** Prints what a label looks like in a process of its own, whose fonts are set by the environment: how much of it is dark. */
import { drawOnPicture } from '../../nodes/media/image/draw.ts';
import { Colours } from '../../nodes/media/image/draw-colours.ts';
import { systemCharacters } from '../../nodes/media/image/draw-system-fonts.ts';
import { loadSharp } from '../../nodes/media/image/sharp.ts';

const picture = { width: 400, height: 60, channels: 1 as const, data: new Uint8Array(400 * 60).fill(255) };
const style = { labels: 'label' as const, colours: new Colours(new Map([['PMP-1042A 7.1 mm/s', '#ffffff']])), thickness: 1, textSize: 30 };
const objects = [{ label: 'PMP-1042A 7.1 mm/s', box: { x: 20, y: 40, width: 1, height: 1 } }];
const options = { style, longest: 400, format: 'png' as const, quality: 80, property: 'picture' };
const { data } = await drawOnPicture(picture, { objects, zones: [] }, options);
const sharp = await loadSharp();
const pixels = await sharp(data).greyscale().raw().toBuffer();
const system = [...(await systemCharacters(['好', '品', '😀', '\u{4fffd}', '\u0378']))];
console.log(JSON.stringify({ ink: pixels.filter((value) => value < 128).length, system }));
