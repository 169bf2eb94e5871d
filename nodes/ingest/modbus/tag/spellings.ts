/**
 * What stands in the lists of engineers, as the dialog keeps it. The browser reads cells by the same rules (`resources/tag-cells.js`; one table
 * of cases tests both).
 */

/** Other names for areas and types: the data model's own, and those of IEC 61131-3. */
const areaNames: Record<string, string> = {
  'holding register': 'holding',
  'holding registers': 'holding',
  保持寄存器: 'holding',
  'input register': 'input',
  'input registers': 'input',
  输入寄存器: 'input',
  coils: 'coil',
  线圈: 'coil',
  'discrete input': 'discrete',
  'discrete inputs': 'discrete',
  离散输入: 'discrete',
};

const typeNames: Record<string, string> = {
  boolean: 'bool',
  sint: 'int8',
  usint: 'uint8',
  byte: 'uint8',
  int: 'int16',
  uint: 'uint16',
  word: 'uint16',
  dint: 'int32',
  udint: 'uint32',
  dword: 'uint32',
  lint: 'int64',
  ulint: 'uint64',
  lword: 'uint64',
  float: 'float32',
  real: 'float32',
  double: 'float64',
  lreal: 'float64',
  text: 'string',
};

/** A number that can be meant in two ways, and how each of them is written so that it can not. */
export interface Ambiguous {
  decimal: string;
  whole: string;
}

/** Three digits behind a mark may be thousands, unless a zero stands before it. */
const MAYBE_THOUSANDS = /^([+-]?[1-9]\d{0,2})([.,])(\d{3})(\s*%?)$/;

/**
 * A cell as the dialog keeps it: known names of areas and types, orders in capitals, a point for a decimal comma.
 * @param hasPoint the decimal mark is surely a point, as in a file separated by commas
 */
export function spelled(column: string, cell: string, hasPoint: boolean): string | Ambiguous {
  const text = cell.trim();
  if (column === 'area') return named(areaNames, text.toLowerCase());
  if (column === 'type') return named(typeNames, text.toLowerCase());
  if (column === 'order') return text.toUpperCase();
  // Of a bit: no register has more than 16 of them.
  if (column === 'address' || column === 'wire') return hasPoint ? text : text.replace(/^([^,]+),(\d\d?)$/, '$1.$2');
  return ['scale', 'offset', 'deadband'].includes(column) ? spelledNumber(text, hasPoint) : text;
}

const named = (names: Record<string, string>, text: string): string => (Object.hasOwn(names, text) ? (names[text] as string) : text);

function spelledNumber(text: string, hasPoint: boolean): string | Ambiguous {
  const found = MAYBE_THOUSANDS.exec(text);
  if (found !== null && !(hasPoint && found[2] === '.')) {
    const [, first, , last, end] = found as unknown as [string, string, string, string, string];
    return { decimal: `${first}${last === '000' ? '' : `.${last}0`}${end}`, whole: first + last + end };
  }
  return hasPoint ? text : text.replace(/^([+-]?\d*),(\d+(?:e[+-]?\d+)?\s*%?)$/i, '$1.$2');
}
