/** Other names for areas and types that stand in the lists of engineers: the data model's own, and those of IEC 61131-3. */

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

export function spelledArea(text: string): string {
  const lower = text.toLowerCase();
  return areaNames[lower] ?? lower;
}

export function spelledType(text: string): string {
  const lower = text.toLowerCase();
  return typeNames[lower] ?? lower;
}
