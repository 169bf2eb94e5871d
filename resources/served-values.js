// The table in the dialog of modbus server: what each column takes, the next free address, the list for the SCADA's engineer.
(() => {
  if (window.linewatch?.servedValues) return;

  // The scripts of a dialog load in any order: what the others bring is there when it is used.
  window.linewatch ??= {};
  const { linewatch } = window;
  const isBit = (row) => linewatch.modbusTags.isBitArea(row.area);
  const isBool = (row) => linewatch.modbusTags.typeOf(row) === 'bool';
  const textOf = (row, key) => String(row[key] ?? '').trim();
  const isOwn = (row) => textOf(row, 'source').startsWith('@');

  /** Where a row's value lies: `first` and `end` of its addresses, and the bits of a register that it takes; undefined where its address is none. */
  function placeOf(row) {
    const { address, bit } = linewatch.modbusTags.parseAddress(textOf(row, 'address'), row.area, false);
    if (address === undefined) return undefined;
    const swaps = row.order === 'BADC' || row.order === 'DCBA';
    const byte = /^u?int8$/.test(linewatch.modbusTags.typeOf(row)) ? (swaps ? 0xff00 : 0xff) : 0xffff;
    return { first: address, end: address + linewatch.modbusTags.widthOf(row), mask: bit === undefined ? byte : 1 << bit };
  }

  function overlap(row, rows) {
    const own = placeOf(row);
    const at = rows.indexOf(row);
    if (own === undefined) return -1;
    return rows.findIndex((other, index) => {
      if (index === at || other.area !== row.area) return false;
      const place = placeOf(other);
      return place !== undefined && place.first < own.end && own.first < place.end && (place.mask & own.mask) !== 0;
    });
  }

  function addressProblem(value, row, rows, words) {
    if (linewatch.modbusTags.isEnvironment(value)) return '';
    if (value === '') return linewatch.problem.required(value);
    const { address, bit, problem: wrong } = linewatch.modbusTags.parseAddress(value, row.area, false);
    if (wrong !== undefined) return words(`check.${['range', 'other-area', 'bit'].includes(wrong) ? wrong : 'address'}`);
    const needsBit = isBool(row) && !isBit(row);
    if (needsBit !== (bit !== undefined)) return words(needsBit ? 'check.bit' : 'check.no-bit');
    if (address + linewatch.modbusTags.widthOf(row) > 65536) return words('check.range');
    const other = overlap(row, rows);
    return other < 0 ? '' : words('check.overlap', { row: other + 1 });
  }

  function textsProblem(value, words) {
    if (value === '' || linewatch.modbusTags.isEnvironment(value)) return '';
    const entries = value.split(/[,;]/).filter((entry) => entry.trim() !== '');
    const fits = entries.every((entry) => /^.*\S.*=\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(entry));
    return fits ? '' : words('check.texts');
  }

  function badProblem(given, row, words) {
    if (given === '' || linewatch.modbusTags.isEnvironment(given) || /^(keep|exception)$/i.test(given) || row.type === 'string') return '';
    if (/^nan$/i.test(given)) return /^float/.test(row.type) ? '' : words('check.nan');
    const value = given.replace(/^start=/i, '');
    // A text has a number by the row's list, or by what is built in: the gateway knows.
    if (value !== '' && !Number.isFinite(Number(value))) return '';
    return value === '' || (isBool(row) && !/^[01]$/.test(value)) ? words('check.bad') : '';
  }

  /** Columns for `linewatch.table`: seven to a line. @param words a text of the node's catalogue, by key */
  function columns(words) {
    const column = (key, more) => ({ key, label: words(`field.${key}`), hint: words(`hint.${key}`), ...more });
    const number = (value) => linewatch.problem.number(value, { optional: true });
    const noNumber = (row) => !linewatch.modbusTags.isNumber(row) || isOwn(row);
    return [
      column('name', { label: words('field.value'), check: (value, _row, rows) => linewatch.problem.unique(value, 'name', rows) }),
      column('area', { options: ['holding', 'input', 'coil', 'discrete'].map((area) => [area, words(`area.${area}`)]) }),
      column('address', { check: (value, row, rows) => addressProblem(value, row, rows, words) }),
      column('type', {
        options: linewatch.modbusTags.types.map((type) => [type, type]),
        check: (value, row) => (isBit(row) && value !== 'bool' ? words('check.type') : ''),
      }),
      column('length', {
        off: (row) => linewatch.modbusTags.typeOf(row) !== 'string',
        check: (value, row) =>
          linewatch.modbusTags.typeOf(row) === 'string' ? linewatch.problem.number(value, { min: 1, max: 246, integer: true }) : '',
      }),
      column('order', { options: linewatch.modbusTags.orders.map((order) => [order, order]), off: isBool }),
      column('writable', {
        options: ['false', 'true'].map((value) => [value, words(`writable.${value}`)]),
        off: (row) => row.area === 'input' || row.area === 'discrete',
      }),
      column('source', {
        list: 'linewatch-served-sources',
        placeholder: 'payload.temperature',
        check: (value, row) => (value === '' && row.writable === 'true' ? '' : linewatch.problem.required(value)),
      }),
      column('topic', { placeholder: '#', off: isOwn }),
      column('texts', {
        placeholder: 'on=1, off=0',
        off: (row) => row.type === 'string' || isOwn(row),
        check: (value) => textsProblem(value, words),
      }),
      column('whenBad', {
        placeholder: '–',
        list: 'linewatch-served-bad',
        off: isOwn,
        check: (value, row) => badProblem(value, row, words),
      }),
      column('maxAge', {
        placeholder: '–',
        off: isOwn,
        check: (value) => linewatch.problem.number(value, { min: 0, max: 2000000, optional: true }),
      }),
      column('scale', { placeholder: '1', off: noNumber, check: number }),
      column('offset', { placeholder: '0', off: noNumber, check: number }),
    ];
  }

  /** The address behind all others of the row's area; of a bit in a register the next bit. */
  function nextFree(row, rows) {
    const others = rows.filter((other) => other !== row && other.area === row.area);
    const places = others.map(placeOf).filter((place) => place !== undefined);
    const end = Math.max(0, ...places.map((place) => place.end));
    const write = (address) => (address < 10000 ? String(address) : `#${address}`);
    if (!isBool(row) || isBit(row)) return write(end);
    const bits = others.filter(isBool).map((other) => linewatch.modbusTags.parseAddress(textOf(other, 'address'), row.area, false));
    const last = bits.filter(({ bit, address }) => bit < 15 && address === end - 1).map(({ bit }) => bit);
    return last.length > 0 ? `${write(end - 1)}.${Math.max(...last) + 1}` : `${write(end)}.0`;
  }

  /** Gives each new row of a table the next free address, and another one while nobody has typed one and its area or type changes. */
  function suggestAddresses(table) {
    const list = $(table);
    const suggest = (line) => {
      const lines = list.find('.linewatch-row').get();
      const rows = window.linewatch.tableRows(table);
      const field = line.find('[data-key="address"]');
      field.val(nextFree(rows[lines.indexOf(line[0])], rows)).data('suggested', field.val());
      field.trigger('change');
    };
    list
      .closest('.red-ui-editableList')
      .parent()
      .on('click', '.red-ui-editableList-addButton', () => {
        const line = list.find('.linewatch-row').last();
        if (line.find('[data-key="address"]').val() === '') suggest(line);
      });
    list.on('change', '[data-key="area"], [data-key="type"]', function () {
      const line = $(this).closest('.linewatch-row');
      const field = (key) => line.find(`[data-key="${key}"]`);
      const area = field('area').val();
      // Bits have one type only, and what is for reading only can not be written.
      if (linewatch.modbusTags.isBitArea(area) && field('type').val() !== 'bool') return field('type').val('bool').trigger('change');
      if ((area === 'input' || area === 'discrete') && field('writable').val() === 'true') field('writable').val('false').trigger('change');
      if (field('address').val() === '' || field('address').val() === field('address').data('suggested')) suggest(line);
    });
  }

  /** The table as text for a spreadsheet, with what a SCADA's engineer asks for: function, reference, wire address. */
  function registerList(rows, words) {
    const functions = { coil: 1, discrete: 2, holding: 3, input: 4 };
    const heading = ['value', 'area', 'function', 'reference', 'wire', 'type', 'order', 'scale', 'offset', 'writable', 'texts'];
    const lines = rows.map((row) => {
      const place = linewatch.modbusTags.parseAddress(textOf(row, 'address'), row.area, false);
      const isPlace = place.address !== undefined;
      const wire = isPlace ? place.address + (place.bit === undefined ? '' : `.${place.bit}`) : textOf(row, 'address');
      const type = row.type === 'string' ? `string ${row.length}` : row.type;
      const plain = !linewatch.modbusTags.isNumber(row);
      return [
        ...[
          row.name,
          words(`area.${row.area}`),
          functions[row.area],
          isPlace ? linewatch.modbusTags.referenceOf(place, row.area) : '',
          wire,
          type,
        ],
        ...[isBool(row) ? '' : row.order, plain ? '' : row.scale || 1, plain ? '' : row.offset || 0, words(`writable.${row.writable}`)],
        row.texts || builtIn(row),
      ];
    });
    return [heading.map((key) => words(`list.${key}`)), ...lines].map((line) => line.join('\t')).join('\n');
  }

  /** What stands for the texts of an alert, where the row has no list of its own. */
  function builtIn(row) {
    if (!/\.(state|severity)$/.test(textOf(row, 'source')) || row.type === 'string') return '';
    if (/severity$/.test(row.source)) return 'low=1, medium=2, high=3, critical=4';
    return isBool(row) ? 'normal=0, raised=1, acknowledged=1, cleared=0' : 'normal=0, raised=1, acknowledged=2, cleared=3';
  }

  /** What is wrong with a list of addresses and networks; '' for nothing. The gateway looks closer. */
  function allowedProblem(list, words) {
    const entries = String(list ?? '')
      .split(/[,\n]/)
      .map((entry) => entry.trim());
    const wrong = entries.find(
      (entry) =>
        entry !== '' && !linewatch.modbusTags.isEnvironment(entry) && !/^(\d+(\.\d+){3}|[\da-f]*:[\da-f:.]*)(\/\d{1,3})?$/i.test(entry),
    );
    return wrong === undefined ? '' : words('check.allowed', { got: wrong });
  }

  linewatch.servedValues = { columns, nextFree, suggestAddresses, registerList, allowedProblem };
})();
