import assert from 'node:assert/strict';
import { spelled } from '../../../../nodes/ingest/modbus/tag/spellings.ts';
import { browserCells } from './browser-side.ts';
import { cellCases } from './cell-cases.ts';

describe('a cell of a modbus tag list', () => {
  for (const [column, cell, expected, point] of cellCases) {
    const isClear = typeof expected === 'string';
    it(`${column} "${cell}"${point ? ' beside decimal points' : ''} is ${isClear ? expected : expected.join(' or ')}, on the gateway and in the browser`, () => {
      const wanted = isClear ? expected : { decimal: expected[0], whole: expected[1] };
      assert.deepEqual(spelled(column, cell, point !== undefined), wanted);
      const inBrowser = browserCells.spelled(column, cell, point !== undefined);
      assert.deepEqual(isClear ? inBrowser : { ...(inBrowser as object) }, wanted);
      // What is proposed is clear itself, and the number that it says.
      if (isClear) return;
      for (const proposal of expected) assert.equal(spelled(column, proposal, false), proposal);
      assert.equal(Number.parseFloat(expected[0]) * 1000, Number.parseFloat(expected[1]));
    });
  }
});

describe('a file of modbus tags', () => {
  const bytesOf = (buffer: Buffer) => Uint8Array.from(buffer).buffer;
  const files: [string, Buffer, string, string, string?][] = [
    ['UTF-8', Buffer.from('\uFEFFTür 温度', 'utf8'), 'en-US', 'Tür 温度'],
    ['UTF-16', Buffer.from('\uFEFFTür 温度', 'utf16le'), 'zh-CN', 'Tür 温度'],
    ['the code of a western spreadsheet', Buffer.from('Tür \xb0C', 'latin1'), 'en-US', 'Tür °C', 'windows-1252'],
    ['the code of a Chinese spreadsheet', Buffer.from([0xce, 0xc2, 0xb6, 0xc8]), 'zh-CN', '温度', 'gb18030'],
    ['no Chinese code', Buffer.from('T\xfc', 'latin1'), 'zh-CN', 'Tü', 'windows-1252'],
  ];
  for (const [what, buffer, language, text, guessed] of files) {
    it(`in ${what} is read with its letters${guessed ? ', and says that it was guessed' : ''}`, () => {
      const read = browserCells.decodeFile(bytesOf(buffer), language);
      assert.deepEqual([read.text, read.guessed], [text, guessed]);
    });
  }
});
