/** How a picture becomes a model's input: one plain description, in a node's fields, in a manifest, and on the way to a host process. */

export const fits = ['letterbox', 'contain', 'cover', 'stretch'] as const;
/**
 * `letterbox`: the whole picture in the middle, what is left padded (YOLOv5, v8, v11). `contain`: the whole picture at the top
 * left, right and bottom padded (YOLOX). `cover`: filled, what stands out at the sides is cut off. `stretch`: each side by itself.
 */
export type Fit = (typeof fits)[number];

export const kernels = ['nearest', 'linear', 'cubic', 'lanczos3'] as const;
export type Kernel = (typeof kernels)[number];
export const colours = ['rgb', 'bgr', 'grey'] as const;
export type Colour = (typeof colours)[number];
export const layouts = ['nchw', 'nhwc'] as const;
export type Layout = (typeof layouts)[number];
export const pixelTypes = ['float32', 'float16', 'uint8', 'int8'] as const;
export type PixelType = (typeof pixelTypes)[number];

export interface Preparation {
  /** Pixels of the model's input; 0: as the picture has them (then `multipleOf` and `most` apply). */
  width: number;
  height: number;
  /** A side that is 0 is rounded up to a multiple of it (padded by `background`). */
  multipleOf: number;
  /** Sides that are 0: the longer is at most so long, pixels; 0: no limit but the node's own. */
  most: number;
  fit: Fit;
  /** For `cover`: the share of the picture's shorter side that is seen; ImageNet models see 224 of 256 = 0.875. */
  crop: number;
  /** Of padding and of what is transparent, 0..255 as [red, green, blue]. */
  background: [number, number, number];
  kernel: Kernel;
  colour: Colour;
  layout: Layout;
  type: PixelType;
  /** An element is (pixel · scale − mean[channel]) / deviation[channel]; pixel 0..255, channels in the order of `colour`. */
  scale: number;
  mean: number[];
  deviation: number[];
  /** Cuts a large picture into tiles of the input's size, so that small things stay as large as they are; `overlap` in pixels of the picture. */
  tiles?: { overlap: number };
}
