/**
 * A stroke font of our own for labels on pictures: a gateway's container often has no fonts at all, and then a renderer draws nothing.
 * Latin letters with their accents, digits, punctuation. Units: capitals stand from y = 0 down to the baseline at y = 12, small letters
 * begin at 4, descenders end at 16. Strokes are meant with round ends.
 */

/** Where the letters of a line of text begin and end, in font units around the capitals' height of 12. */
export const fontMetrics = { ascent: 4, capHeight: 12, descent: 4, stroke: 1.5 };

export interface Glyph {
  /** To where the next glyph begins. */
  width: number;
  /** SVG path data. */
  path: string;
}

/** Character, width, path. */
const table: [string, number, string][] = [
  [' ', 5, ''],
  ['!', 3.5, 'M1.7 0V8M1.7 11.8V12'],
  ['"', 5.5, 'M1.2 0V3.5M4.2 0V3.5'],
  ['#', 9, 'M3.4 0.5L2 12M7.2 0.5L5.8 12M0.8 4H8.5M0.4 8.5H8.1'],
  ['$', 8.5, 'M7.4 2.4Q6.6 0.8 4.3 0.8Q1.2 0.8 1.2 3.4Q1.2 5.4 4.3 6Q7.6 6.7 7.6 8.8Q7.6 11.2 4.3 11.2Q1.6 11.2 0.8 9.2M4.3 -1V13'],
  ['%', 11, 'M9.5 0L1.5 12M3 0Q1 0 1 2.5T3 5T5 2.5T3 0ZM8 7Q6 7 6 9.5T8 12T10 9.5T8 7Z'],
  ['&', 9.5, 'M8.8 12L2.5 4.2Q1.5 2.8 2 1.5Q2.6 0 4.2 0Q6 0 6.2 1.8Q6.2 3.5 3.5 5.2Q0.8 7 0.8 9Q0.8 12 4 12Q7.5 12 8.2 6.8'],
  ["'", 2.8, 'M1.4 0V3.5'],
  ['(', 4.5, 'M3.8 -1.5Q1 2 1 6.5T3.8 14.5'],
  [')', 4.5, 'M0.8 -1.5Q3.6 2 3.6 6.5T0.8 14.5'],
  ['*', 7, 'M3.5 0.5V7.5M0.6 2.2L6.4 5.8M6.4 2.2L0.6 5.8'],
  ['+', 8, 'M4 3V11M0.5 7H7.5'],
  [',', 3.2, 'M1.9 11.6L1 14.3'],
  ['-', 6, 'M1 7.2H5'],
  ['.', 3.2, 'M1.6 11.8V12'],
  ['/', 6.5, 'M0.5 13.5L6 -1'],
  ['0', 8, 'M4 0Q1 0 1 6T4 12T7 6T4 0Z'],
  ['1', 8, 'M1.5 2.5L4.4 0V12M1.5 12H7.2'],
  ['2', 8, 'M1 3.2Q1 0 4 0T7 3.2Q7 5.2 1 12H7.2'],
  ['3', 8, 'M1 2Q1.8 0 4 0Q6.8 0 6.8 3T3.2 6M3.2 6Q7.2 6 7.2 9T4 12Q1.5 12 0.8 9.8'],
  ['4', 8, 'M5.6 12V0L0.6 8.5H7.6'],
  ['5', 8, 'M6.8 0H1.8L1.2 5.5Q2.5 4.5 4 4.5Q7.2 4.5 7.2 8.2T4 12Q1.5 12 0.8 9.8'],
  ['6', 8, 'M6.6 1.4Q5.7 0 4.3 0Q1 0 1 7Q1 12 4 12T7.2 8.3T4.2 4.8Q1.6 4.8 1 8.2'],
  ['7', 8, 'M0.8 0H7.2L3 12'],
  ['8', 8, 'M4 5.8Q1.3 5.8 1.3 2.9T4 0T6.7 2.9T4 5.8ZM4 5.8Q0.9 5.8 0.9 8.9T4 12T7.1 8.9T4 5.8Z'],
  ['9', 8, 'M1.4 10.6Q2.3 12 3.7 12Q7 12 7 5Q7 0 4 0T0.8 3.7T3.8 7.2Q6.4 7.2 7 3.8'],
  [':', 3.2, 'M1.6 5.4V5.6M1.6 11.8V12'],
  [';', 3.2, 'M1.8 5.4V5.6M1.9 11.6L1 14.3'],
  ['<', 8, 'M7.2 2.8L0.8 7L7.2 11.2'],
  ['=', 8, 'M0.5 5H7.5M0.5 9H7.5'],
  ['>', 8, 'M0.8 2.8L7.2 7L0.8 11.2'],
  ['?', 7.5, 'M0.8 2.8Q0.8 0 3.7 0T6.6 3Q6.6 5 3.7 6.4V8.3M3.7 11.8V12'],
  [
    '@',
    12.5,
    'M8.6 4V7.5Q8.6 9 10 9Q11.8 9 11.8 6Q11.8 0.3 6.4 0.3Q0.8 0.3 0.8 6.8Q0.8 13.2 6.6 13.2Q8.6 13.2 10 12.3M8.6 6.4T6.2 4T3.9 6.6T6.2 9T8.6 6.4',
  ],
  ['A', 9, 'M0.5 12L4.5 0L8.5 12M1.9 8H7.1'],
  ['B', 8.8, 'M1 0H4.6Q7.2 0 7.2 2.9T4.6 5.8H1M4.6 5.8Q8 5.8 8 8.9T4.6 12H1V0'],
  ['C', 8.8, 'M8 2.6Q7 0 4.6 0Q1 0 1 6T4.6 12Q7 12 8 9.4'],
  ['D', 9, 'M1 0V12H4Q8.2 12 8.2 6T4 0Z'],
  ['E', 8, 'M7.4 0H1V12H7.4M1 5.8H6.2'],
  ['F', 7.8, 'M7.4 0H1V12M1 5.8H6.2'],
  ['G', 9.2, 'M8 2.6Q7 0 4.6 0Q1 0 1 6T4.6 12Q8.2 12 8.2 8V6.5H5'],
  ['H', 9, 'M1 0V12M8 0V12M1 5.8H8'],
  ['I', 5, 'M0.8 0H4.2M2.5 0V12M0.8 12H4.2'],
  ['J', 7.2, 'M6.2 0V8.2Q6.2 12 3.3 12Q0.8 12 0.6 9'],
  ['K', 8.6, 'M1 0V12M7.8 0L1 7.4M3.4 4.9L8 12'],
  ['L', 7.6, 'M1 0V12H7.2'],
  ['M', 10.6, 'M1 12V0L5.3 8L9.6 0V12'],
  ['N', 9, 'M1 12V0L8 12V0'],
  ['O', 9.4, 'M4.7 0Q1 0 1 6T4.7 12T8.4 6T4.7 0Z'],
  ['P', 8.4, 'M1 12V0H4.8Q7.8 0 7.8 3.3T4.8 6.6H1'],
  ['Q', 9.4, 'M4.7 0Q1 0 1 6T4.7 12T8.4 6T4.7 0ZM5.6 9L8.6 13'],
  ['R', 8.6, 'M1 12V0H4.8Q7.8 0 7.8 3.3T4.8 6.6H1M4.4 6.6L8 12'],
  ['S', 8.6, 'M7.6 2.4Q6.8 0 4.3 0Q1.2 0 1.2 3Q1.2 5.2 4.3 5.9Q7.7 6.7 7.7 9Q7.7 12 4.3 12Q1.5 12 0.8 9.5'],
  ['T', 8.4, 'M0.4 0H8M4.2 0V12'],
  ['U', 9, 'M1 0V8Q1 12 4.5 12T8 8V0'],
  ['V', 9, 'M0.5 0L4.5 12L8.5 0'],
  ['W', 12, 'M0.5 0L3.3 12L6 2.5L8.7 12L11.5 0'],
  ['X', 8.6, 'M0.6 0L8 12M8 0L0.6 12'],
  ['Y', 8.6, 'M0.4 0L4.3 6L8.2 0M4.3 6V12'],
  ['Z', 8.6, 'M0.8 0H7.8L0.8 12H7.8'],
  ['[', 4.5, 'M3.8 -1.5H1.2V14.5H3.8'],
  ['\\', 6.5, 'M0.5 -1L6 13.5'],
  [']', 4.5, 'M0.7 -1.5H3.3V14.5H0.7'],
  ['^', 7, 'M0.8 4.5L3.5 0L6.2 4.5'],
  ['_', 8, 'M0 14H8'],
  ['`', 4, 'M1 0L3 2.6'],
  ['a', 8, 'M7 4V12M7 6.6Q6.2 4 4 4Q1 4 1 8T4 12Q6.2 12 7 9.4'],
  ['b', 8, 'M1 0V12M1 6.6Q1.8 4 4 4Q7 4 7 8T4 12Q1.8 12 1 9.4'],
  ['c', 7.4, 'M6.7 6Q6 4 4.1 4Q1 4 1 8T4.1 12Q6 12 6.7 10'],
  ['d', 8, 'M7 0V12M7 6.6Q6.2 4 4 4Q1 4 1 8T4 12Q6.2 12 7 9.4'],
  ['e', 8, 'M1 8H7Q7 4 4 4T1 8T4.2 12Q6 12 6.8 10.2'],
  ['f', 5.2, 'M5 0.3Q2.3 -0.6 2.3 2.6V12M0.4 4.6H4.6'],
  ['g', 8, 'M7 4V13Q7 16 4 16Q2 16 1.2 14.6M7 6.6Q6.2 4 4 4Q1 4 1 8T4 12Q6.2 12 7 9.4'],
  ['h', 8, 'M1 0V12M1 7Q2 4 4.2 4Q7 4 7 7V12'],
  ['i', 3, 'M1.5 4V12M1.5 0.8V1'],
  ['j', 4, 'M2.6 4V13.4Q2.6 16 0.2 15.8M2.6 0.8V1'],
  ['k', 7.4, 'M1 0V12M6.4 4L1 9M3.2 7L6.8 12'],
  ['l', 4, 'M1.4 0V10Q1.4 12 3.4 12'],
  ['m', 11.6, 'M1 4V12M1 7Q1.8 4 3.6 4Q5.8 4 5.8 7V12M5.8 7Q6.6 4 8.4 4Q10.6 4 10.6 7V12'],
  ['n', 8, 'M1 4V12M1 7Q2 4 4.2 4Q7 4 7 7V12'],
  ['o', 8, 'M4 4Q1 4 1 8T4 12T7 8T4 4Z'],
  ['p', 8, 'M1 4V16M1 6.6Q1.8 4 4 4Q7 4 7 8T4 12Q1.8 12 1 9.4'],
  ['q', 8, 'M7 4V16M7 6.6Q6.2 4 4 4Q1 4 1 8T4 12Q6.2 12 7 9.4'],
  ['r', 5.4, 'M1 4V12M1 7.6Q1.8 4 5 4.2'],
  ['s', 7.4, 'M6.4 5.7Q6 4 3.8 4Q1.2 4 1.2 6Q1.2 7.6 3.8 8Q6.6 8.4 6.6 10Q6.6 12 3.8 12Q1.5 12 0.9 10.3'],
  ['t', 5.4, 'M2.4 1V9.6Q2.4 12 4.9 11.7M0.4 4.2H4.7'],
  ['u', 8, 'M1 4V9Q1 12 3.8 12Q6 12 7 9M7 4V12'],
  ['v', 7.2, 'M0.6 4L3.6 12L6.6 4'],
  ['w', 10.4, 'M0.5 4L2.8 12L5.2 5L7.6 12L9.9 4'],
  ['x', 7.2, 'M0.7 4L6.5 12M6.5 4L0.7 12'],
  ['y', 7.4, 'M0.6 4L3.7 12M6.8 4L3.7 12Q2.6 16 0.4 15.8'],
  ['z', 7.2, 'M0.8 4H6.4L0.8 12H6.4'],
  ['{', 5, 'M4.3 -1.5Q2.3 -1.5 2.3 1V4.5Q2.3 6.5 0.6 6.5Q2.3 6.5 2.3 8.5V12Q2.3 14.5 4.3 14.5'],
  ['|', 3, 'M1.5 -1.5V14.5'],
  ['}', 5, 'M0.7 -1.5Q2.7 -1.5 2.7 1V4.5Q2.7 6.5 4.4 6.5Q2.7 6.5 2.7 8.5V12Q2.7 14.5 0.7 14.5'],
  ['~', 8, 'M0.6 8Q1.2 5.8 2.6 5.8Q3.6 5.8 4.2 7Q4.8 8.2 5.6 8.2Q6.9 8.2 7.5 6'],
  ['°', 5, 'M2.5 0Q0.8 0 0.8 1.8T2.5 3.6T4.2 1.8T2.5 0Z'],
  ['±', 8, 'M4 1.5V9M0.5 5.2H7.5M0.5 12H7.5'],
  ['²', 5, 'M0.8 1.4Q0.8 0 2.4 0T4 1.4Q4 2.6 0.8 6H4.2'],
  ['³', 5, 'M0.8 0.8Q1.2 0 2.3 0Q3.9 0 3.9 1.5T2 3Q4.1 3 4.1 4.5T2.3 6Q1 6 0.7 5'],
  ['µ', 8, 'M1 4V16M1 9Q1 12 3.8 12Q6 12 7 9M7 4V12'],
  ['·', 3.2, 'M1.6 7V7.2'],
  ['×', 8, 'M1 4L7 10M7 4L1 10'],
  ['÷', 8, 'M0.5 7H7.5M4 3.4V3.6M4 10.4V10.6'],
  ['Ω', 9.4, 'M0.8 12H3.4Q1 9.4 1 5.6Q1 0 4.7 0T8.4 5.6Q8.4 9.4 6 12H8.6'],
  ['–', 8, 'M0.5 7.2H7.5'],
  ['—', 12, 'M0.5 7.2H11.5'],
  ['…', 9.6, 'M1.6 11.8V12M4.8 11.8V12M8 11.8V12'],
  ['ß', 8, 'M1 12V3Q1 0 3.8 0T6.6 2.6Q6.6 4.6 4.4 5.4Q7.4 6.2 7.4 8.8T4.4 12'],
  ['Ø', 9.4, 'M4.7 0Q1 0 1 6T4.7 12T8.4 6T4.7 0ZM8.4 -1L1 13'],
  ['ø', 8, 'M4 4Q1 4 1 8T4 12T7 8T4 4ZM7 3L1 13'],
  ['Æ', 12, 'M0.5 12L5.5 0H11.4M6 0V12H11.4M6 5.8H10.4M2.2 8H6'],
  ['æ', 12, 'M6 4V12M6 6.6Q5.4 4 3.6 4Q1 4 1 8T3.6 12Q5.4 12 6 9.4M6 8H11Q11 4 8.6 4T6 8T8.8 12Q10.2 12 10.9 10.2'],
  ['Ł', 7.6, 'M1.6 0V12H7.4M0.2 7.6L4.4 4.8'],
  ['ł', 4.4, 'M2.2 0V12M0.4 7.4L4 5'],
];

/** Combining accents, drawn around x = 0; over small letters as they are, over capitals 4 higher. */
const accents: Record<string, string> = {
  '\u0300': 'M-1.6 -0.6L0.6 1.8',
  '\u0301': 'M1.6 -0.6L-0.6 1.8',
  '\u0302': 'M-2 1.8L0 -0.4L2 1.8',
  '\u0303': 'M-2.4 1.6Q-2 0 -1.1 0Q-0.5 0 0 0.8T1.1 1.6Q2 1.6 2.4 0',
  '\u0304': 'M-2 0.8H2',
  '\u0306': 'M-2 -0.2Q-1.8 1.8 0 1.8T2 -0.2',
  '\u0307': 'M0 0.8V1',
  '\u0308': 'M-1.7 0.8V1M1.7 0.8V1',
  '\u030a': 'M0 -1.4Q-1.5 -1.4 -1.5 0.2T0 1.8T1.5 0.2T0 -1.4Z',
  '\u030b': 'M0 -0.6L-1.6 1.8M2.6 -0.6L1 1.8',
  '\u030c': 'M-2 -0.4L0 1.8L2 -0.4',
  '\u0327': 'M0.2 12V13.4Q1.8 13.6 1.6 15Q1.2 16.2 -1 15.8',
  '\u0328': 'M1.6 12Q-0.6 14.4 0.8 15.6Q1.8 16.2 2.8 15.6',
};
const below = new Set(['\u0327', '\u0328']);

const glyphs = new Map<string, Glyph>(table.map(([character, width, path]) => [character, { width, path }]));

/**
 * The strokes of one character as people see it (letter and accents together).
 * @returns undefined where the font does not have it
 */
export function glyphOf(character: string): Glyph | undefined {
  const known = glyphs.get(character);
  if (known !== undefined) return known;
  const [letter = '', ...marks] = character.normalize('NFD');
  const base = glyphs.get(letter);
  if (base === undefined || marks.length === 0 || marks.some((mark) => accents[mark] === undefined)) return undefined;
  const isCapital = letter !== letter.toLowerCase();
  // The dot of i and j makes room for what stands above.
  const bare = 'ij'.includes(letter) && marks.some((mark) => !below.has(mark)) ? base.path.replace(/M[\d.]+ 0\.8V1$/, '') : base.path;
  const placed = marks.map((mark) => moved(accents[mark] as string, base.width / 2, isCapital && !below.has(mark) ? -4 : 0));
  return { width: base.width, path: bare + placed.join('') };
}

/** Path data of M, L, Q, T, H, V, Z in absolute coordinates, moved. */
function moved(path: string, dx: number, dy: number): string {
  return path.replace(/([MLQTHV])([^MLQTHVZ]*)/g, (_, command: string, numbers: string) => {
    const values = numbers.trim().split(/\s+/).map(Number);
    const shift = (value: number, index: number) => value + (command === 'V' || (command !== 'H' && index % 2 === 1) ? dy : dx);
    return command + values.map((value, index) => Number(shift(value, index).toFixed(2))).join(' ');
  });
}

/** A text as the characters that people see: a letter with its accents, or an emoji of several code points, is one. */
export function charactersOf(text: string): string[] {
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
}
