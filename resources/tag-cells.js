// What cells of a spreadsheet and files of tags mean: the same rules as on the gateway (nodes/ingest/modbus/tag/spellings.ts), tested by one table of cases.
(() => {
  if (window.linewatch?.tagCells) return;

  const names = {
    area: {
      holding: ['holding register', 'holding registers', '保持寄存器'],
      input: ['input register', 'input registers', '输入寄存器'],
      coil: ['coils', '线圈'],
      discrete: ['discrete input', 'discrete inputs', '离散输入'],
    },
    type: {
      ...{ bool: ['boolean'], int8: ['sint'], uint8: ['usint', 'byte'], int16: ['int'], uint16: ['uint', 'word'], int32: ['dint'] },
      ...{ uint32: ['udint', 'dword'], int64: ['lint'], uint64: ['ulint', 'lword'], float32: ['float', 'real'] },
      ...{ float64: ['double', 'lreal'], string: ['text'] },
    },
  };

  /** Three digits behind a mark may be thousands, unless a zero stands before it. */
  const maybeThousands = /^([+-]?[1-9]\d{0,2})([.,])(\d{3})(\s*%?)$/;

  /**
   * A cell as the dialog keeps it, or `{ decimal, whole }`: the two numbers that it can be, as they are to be written.
   * @param hasPoint the decimal mark is surely a point
   */
  function spelled(column, cell, hasPoint) {
    const text = cell.trim();
    if (names[column]) {
      const lower = text.toLowerCase();
      return Object.keys(names[column]).find((name) => names[column][name].includes(lower)) ?? lower;
    }
    if (column === 'order') return text.toUpperCase();
    if (column === 'address' || column === 'wire') return hasPoint ? text : text.replace(/^([^,]+),(\d\d?)$/, '$1.$2');
    if (!['scale', 'offset', 'deadband'].includes(column)) return text;
    const found = maybeThousands.exec(text);
    if (found !== null && !(hasPoint && found[2] === '.')) {
      const [, first, , last, end] = found;
      return { decimal: `${first}${last === '000' ? '' : `.${last}0`}${end}`, whole: first + last + end };
    }
    return hasPoint ? text : text.replace(/^([+-]?\d*),(\d+(?:e[+-]?\d+)?\s*%?)$/i, '$1.$2');
  }

  /** Whether a row of cells names columns: one name may be that of a tag, two are not. */
  const isHeading = (cells, columns) => cells.filter((cell) => columns.includes(cell.trim().toLowerCase())).length > 1;

  /** Cells as a spreadsheet puts them on the clipboard. */
  const cellsOf = (text) =>
    text.split(/\r?\n/).map((line) =>
      line.split('\t').map((cell) =>
        cell
          .trim()
          .replace(/^"(.*)"$/s, '$1')
          .replaceAll('""', '"'),
      ),
    );

  /**
   * The text of a file: UTF-8, UTF-16 by its mark, else the code that spreadsheets save in.
   * @param {string} language of the editor
   * @returns {{ text: string, guessed?: string }} `guessed` is the code where the file does not say it: letters may be wrong then
   */
  function decodeFile(bytes, language) {
    const [first, second] = new Uint8Array(bytes);
    if (first === 0xff && second === 0xfe) return { text: new TextDecoder('utf-16le').decode(bytes) };
    if (first === 0xfe && second === 0xff) return { text: new TextDecoder('utf-16be').decode(bytes) };
    for (const code of ['utf-8', ...(/^zh/i.test(language) ? ['gb18030'] : [])]) {
      try {
        const text = new TextDecoder(code, { fatal: true }).decode(bytes);
        return code === 'utf-8' ? { text } : { text, guessed: code };
      } catch {
        // The next one, then.
      }
    }
    return { text: new TextDecoder('windows-1252').decode(bytes), guessed: 'windows-1252' };
  }

  window.linewatch ??= {};
  window.linewatch.tagCells = { spelled, isHeading, cellsOf, decodeFile };
})();
