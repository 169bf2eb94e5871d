/** Colours that stand out on photos of workpieces, and from one another, also for most people who see few colours. */
export const markColours = [
  '#e6194b',
  '#1f9bff',
  '#f58231',
  '#22b573',
  '#d63ad6',
  '#ffd21f',
  '#00c8d7',
  '#9a5cff',
  '#a6e22e',
  '#ff7fb0',
  '#c98a4b',
  '#5b7fff',
] as const;

/** The same label has the same colour in each picture, on each gateway (FNV-1a hash). */
export function colourOf(label: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(label)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return markColours[hash % markColours.length] as string;
}

/** Black or white, whichever can be read on the colour `#rrggbb` (WCAG 2 relative luminance). */
export function inkOn(colour: string): '#000' | '#fff' {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.25 ? '#000' : '#fff';
}

/**
 * Gives each label a colour: the one of its name where no earlier label has it, else the next that is free. The same label keeps its colour
 * from picture to picture.
 */
export class Colours {
  readonly #given: Map<string, string>;
  readonly #free: Set<string> = new Set(markColours);

  /** @param chosen label → `#rrggbb`, by the engineer */
  constructor(chosen: ReadonlyMap<string, string> = new Map()) {
    this.#given = new Map(chosen);
    for (const colour of chosen.values()) this.#free.delete(colour);
  }

  of(label: string): string {
    const known = this.#given.get(label);
    if (known !== undefined) return known;
    const own = colourOf(label);
    const [next = own] = this.#free;
    const colour = this.#free.has(own) ? own : next;
    // Once all are taken, labels (any number of them) go by their name alone.
    if (this.#free.delete(colour)) this.#given.set(label, colour);
    return colour;
  }
}
