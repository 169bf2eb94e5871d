// What the dialogs know of Modbus tags: the same rules as on the gateway (nodes/ingest/modbus/tag), tested by one table of cases.
(() => {
  if (window.linewatch?.modbusTags) return;

  const digitOf = { coil: '0', discrete: '1', input: '3', holding: '4' };
  const LAST_ADDRESS = 65535;
  const MOST_BYTES = 246;
  /** The columns of a tag table, in the order of CSV files. */
  const columns = ['name', 'area', 'address', 'type', 'length', 'order', 'scale', 'offset', 'unit', 'deadband', 'description'];
  const types = [
    ...['float32', 'int16', 'uint16', 'int32', 'uint32', 'bool', 'int8', 'uint8', 'int64', 'uint64'],
    ...['float16', 'float64', 'bcd16', 'bcd32', 'string'],
  ];
  const orders = ['ABCD', 'CDAB', 'BADC', 'DCBA'];

  const textOf = (row, key) => String(row[key] ?? '').trim();
  const isEnvironment = (text) => /\$\{[^}]+\}/.test(text);
  const isBitArea = (area) => area === 'coil' || area === 'discrete';
  /** Empty types are what the gateway takes them for. */
  const typeOf = (row) => textOf(row, 'type') || (isBitArea(row.area) ? 'bool' : 'uint16');
  const isNumber = (row) => typeOf(row) !== 'bool' && typeOf(row) !== 'string';

  /**
   * What was typed as an address: `{ address, bit? }`, the address as on the wire, or `{ problem, … }`, the last part of the gateway's
   * error code (modbus-tag-…) with what its words need.
   * @param {boolean | undefined} oneBased undefined where it can not be known here: the problem is 'unknown' where the address hangs on it
   */
  function parseAddress(text, area, oneBased) {
    if (oneBased === undefined) {
      const [fromZero, fromOne] = [false, true].map((base) => parseAddress(text, area, base));
      return fromZero.address === fromOne.address && fromZero.problem === fromOne.problem
        ? fromZero
        : { problem: 'unknown', bit: fromZero.bit };
    }
    const parts = /^(#\d+|0x[\da-f]+|[0134]x\d+|-?\d+)(?:\.(\d+))?$/i.exec(text.trim());
    if (parts === null) return { problem: 'address' };
    const bit = parts[2] === undefined ? undefined : Number(parts[2]);
    // Three digits are the thousands of a spreadsheet: 40.001.
    if (bit > 15 || parts[2]?.length > 2) return { problem: 'bit' };
    const found = wireOf(parts[1].toLowerCase(), area, oneBased);
    if (found.problem !== undefined) return found;
    if (found.address < 0 || found.address > LAST_ADDRESS) return { problem: 'range' };
    return bit === undefined ? found : { ...found, bit };
  }

  function wireOf(text, area, oneBased) {
    if (text.startsWith('#')) return { address: Number(text.slice(1)) };
    const own = digitOf[area];
    if (text.startsWith('0x')) {
      if (area === 'coil' && /^0x\d+$/.test(text)) {
        const number = Number(text.slice(2));
        return { problem: 'ambiguous', number, reference: `0${String(number).padStart(4, '0')}` };
      }
      return { address: Number.parseInt(text.slice(2), 16) };
    }
    const named = text[1] === 'x' ? text[0] : text.length === 6 && text[0] !== '-' ? text[0] : undefined;
    if (named !== undefined && named !== own) {
      const other = Object.keys(digitOf).find((candidate) => digitOf[candidate] === named);
      if (other !== undefined) return { problem: 'other-area', area: other };
    }
    if (named === own || (text.length === 5 && text[0] === own)) {
      const count = Number(text.slice(text[1] === 'x' ? 2 : 1));
      return count === 0 ? { problem: 'reference', first: `${own}0001` } : { address: count - 1 };
    }
    const address = Number(text);
    if (oneBased && address === 0) return { problem: 'one-based' };
    return { address: oneBased ? address - 1 : address };
  }

  /** The Modicon reference of a place: 40001, six digits from 10000 on. */
  function referenceOf({ address, bit }, area) {
    const reference = digitOf[area] + String(address + 1).padStart(address < 9999 ? 4 : 5, '0');
    return bit === undefined || isBitArea(area) ? reference : `${reference}.${bit}`;
  }

  /** Registers (or bits) that a row's value takes. */
  function widthOf(row) {
    const type = typeOf(row);
    if (type === 'string') return Math.max(1, Math.ceil(Number(row.length) / 2) || 1);
    return /64$/.test(type) ? 4 : /32$/.test(type) ? 2 : 1;
  }

  /** An address by the same manner of writing as `like`. */
  function write({ address, bit }, like, area, oneBased) {
    const text = like.trim();
    const end = bit === undefined ? '' : `.${bit}`;
    if (text.startsWith('#')) return `#${address}${end}`;
    if (/^0x/i.test(text)) {
      const hex = address.toString(16).toUpperCase();
      return area === 'coil' && /^\d+$/.test(hex) ? `#${address}` : `0x${hex}${end}`;
    }
    if (/^\dx/i.test(text)) return `${text.slice(0, 2)}${address + 1}${end}`;
    const digits = text.replace(/\..*$/, '');
    if (digits.length >= 5 && digits[0] === digitOf[area]) {
      const length = digits.length === 6 || address >= 9999 ? 5 : 4;
      return `${digitOf[area]}${String(address + 1).padStart(length, '0')}${end}`;
    }
    const plain = `${oneBased ? address + 1 : address}${end}`;
    // 40000 is followed by what would be read as a reference.
    return parseAddress(plain, area, oneBased).address === address ? plain : `#${address}${end}`;
  }

  /** The row that follows a row in a map: the same but for its name and the address, which is advanced by the width. */
  function next(row, rows, oneBased) {
    const place = parseAddress(textOf(row, 'address'), row.area, oneBased ?? false);
    const follower = { ...row };
    if (place.problem === undefined) {
      const width = widthOf(row);
      const after = { address: place.address + (place.bit === undefined || place.bit === 15 ? width : 0) };
      if (place.bit !== undefined) after.bit = (place.bit + 1) % 16;
      const text = textOf(row, 'address');
      const address = after.address > LAST_ADDRESS ? text : write(after, text, row.area, oneBased ?? false);
      // Without knowing from where it counts, a plain number can be advanced, but not be turned into an address on the wire.
      if (oneBased !== undefined || address[0] === text[0] || address[0] !== '#') follower.address = address;
    }
    const names = new Set(rows.map((other) => textOf(other, 'name')));
    const [, stem, digits] = /^(.*?)(\d*)$/.exec(textOf(row, 'name'));
    const base = digits === '' ? `${stem}_` : stem;
    let count = digits === '' ? 2 : Number(digits) + 1;
    while (stem + digits !== '' && names.has(base + String(count).padStart(digits.length, '0'))) count++;
    follower.name = stem + digits === '' ? '' : base + String(count).padStart(digits.length, '0');
    return follower;
  }

  /** Rows as version 0.1 saved them, which knew no references: 40001 is that address on the wire. */
  const ofVersion01 = (rows) =>
    rows.map((row) => {
      const text = textOf(row, 'address');
      const looksLikeReference = text.length === 5 && /^\d+$/.test(text) && text[0] === digitOf[row.area];
      return { ...row, address: looksLikeReference ? `#${Number(text)}` : text };
    });

  const isNumeric = (text) => text === '' || isEnvironment(text) || (text !== '' && Number.isFinite(Number(text)));

  function problemsOfRow(row, oneBased) {
    const found = [];
    const refuse = (key, problem, values) => found.push({ key, problem, ...values });
    const type = typeOf(row);
    const address = textOf(row, 'address');
    const isBit = isBitArea(row.area);
    if (!(row.area in digitOf) && !isEnvironment(textOf(row, 'area'))) refuse('area', 'choice');
    if (!types.includes(type) && !isEnvironment(type)) refuse('type', 'choice');
    else if (isBit && type !== 'bool') refuse('type', 'type');
    if (!['', ...orders].includes(textOf(row, 'order')) && !isEnvironment(textOf(row, 'order'))) refuse('order', 'choice');
    if (address === '') refuse('address', 'required');
    else if (!isEnvironment(address)) {
      const { problem, bit, ...place } = parseAddress(address, row.area, oneBased);
      const needsBit = type === 'bool' && !isBit;
      if (problem !== undefined && problem !== 'unknown') refuse('address', problem, place);
      else if (needsBit && bit === undefined) refuse('address', 'bit');
      else if (!needsBit && bit !== undefined) refuse('address', 'no-bit');
      else if (place.address + widthOf(row) - 1 > LAST_ADDRESS) refuse('address', 'span', { type, width: widthOf(row) });
    }
    const length = textOf(row, 'length');
    const bytes = Number(length);
    if (type === 'string' && !isEnvironment(length) && !(Number.isInteger(bytes) && bytes >= 1 && bytes <= MOST_BYTES)) {
      refuse('length', 'length', { most: MOST_BYTES });
    }
    if (!isNumber(row)) return found;
    for (const key of ['scale', 'offset']) if (!isNumeric(textOf(row, key))) refuse(key, 'number');
    if (textOf(row, 'scale') !== '' && Number(row.scale) === 0) refuse('scale', 'scale');
    const deadband = textOf(row, 'deadband');
    if (deadband !== '' && !isEnvironment(deadband) && !/^(\d+\.?\d*(e[+-]?\d+)?|\.\d+)\s*%?$/i.test(deadband))
      refuse('deadband', 'deadband');
    return found;
  }

  /**
   * All that is wrong with a table, by row: `{ key, problem, … }` with the column and the last part of the gateway's error code.
   * It is the gateway that decides; this is what an engineer sees while typing.
   */
  function problems(rows, oneBased) {
    const firstOf = new Map();
    const all = rows.map((row, index) => {
      const found = problemsOfRow(row, oneBased);
      const name = textOf(row, 'name');
      if (name === '') found.unshift({ key: 'name', problem: 'required' });
      else if (firstOf.has(name)) found.unshift({ key: 'name', problem: 'duplicate', first: firstOf.get(name) + 1 });
      else firstOf.set(name, index);
      return found;
    });
    for (const { index, other } of overlaps(rows, oneBased)) {
      if (all[index].length === 0)
        all[index].push({ key: 'address', problem: 'overlap', row: other + 1, other: textOf(rows[other], 'name') });
    }
    return all;
  }

  /** Numbers of two registers or more that begin within another one. */
  function overlaps(rows, oneBased) {
    const wide = [];
    rows.forEach((row, index) => {
      const width = widthOf(row);
      if (width < 2 || typeOf(row) === 'string' || isEnvironment(textOf(row, 'address'))) return;
      const { address } = parseAddress(textOf(row, 'address'), row.area, oneBased);
      if (address !== undefined) wide.push({ index, area: row.area, address, end: address + width });
    });
    wide.sort((a, b) => (a.area < b.area ? -1 : a.area > b.area ? 1 : a.address - b.address || a.index - b.index));
    const found = [];
    let before;
    let at;
    for (const entry of wide) {
      const sameStart = at?.area === entry.area && at.address === entry.address;
      if (!sameStart) before = at?.area !== entry.area ? undefined : before?.area === entry.area && before.end >= at.end ? before : at;
      at = sameStart && at.end >= entry.end ? at : entry;
      if (before !== undefined && before.end > entry.address) {
        const [first, second] = before.index < entry.index ? [before, entry] : [entry, before];
        found.push({ index: second.index, other: first.index });
      }
    }
    return found;
  }

  /**
   * A CSV file with all rows. `wire` is the address on the wire as text: spreadsheets make 1 of 00001 and 40001.1 of 40001.10, and the
   * import finds that out.
   */
  function toCsv(rows, oneBased) {
    const quote = (text) => (/["\n\r,;\t]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const wire = (row) => {
      const { address, bit } = parseAddress(textOf(row, 'address'), row.area, oneBased);
      return address === undefined ? '' : `#${address}${bit === undefined ? '' : `.${bit}`}`;
    };
    const lines = rows.map((row) => [...columns.map((key) => textOf(row, key)), wire(row)].map(quote).join(','));
    return `\uFEFF${[[...columns, 'wire'].join(','), ...lines].join('\r\n')}\r\n`;
  }

  /**
   * Whether plain addresses of a unit count from 1, by what the connection says of it; undefined where environment variables decide.
   * @param unit as typed; empty is unit 1
   */
  function oneBasedOf(connection, unit) {
    const units = Array.isArray(connection?.units) ? connection.units : [];
    const say = (row) => (isEnvironment(textOf(row ?? {}, 'oneBased')) ? undefined : /^(true|1)$/.test(textOf(row ?? {}, 'oneBased')));
    const others = units.find((row) => textOf(row, 'unit') === '');
    const given = String(unit ?? '').trim();
    const isGiven = (row) => textOf(row, 'unit') !== '' && Number(textOf(row, 'unit')) === Number(given || 1);
    const own = isEnvironment(given) ? undefined : units.find(isGiven);
    if (own !== undefined) return say(own);
    // Those that it may be: any of them for a variable, else those that are variables themselves.
    const possible = units.filter((row) => textOf(row, 'unit') !== '' && (isEnvironment(given) || isEnvironment(textOf(row, 'unit'))));
    const answers = new Set([others, ...possible].map(say));
    return answers.size === 1 ? [...answers][0] : undefined;
  }

  window.linewatch ??= {};
  window.linewatch.modbusTags = {
    ...{ columns, types, orders, isBitArea, isNumber, isEnvironment, typeOf, widthOf },
    ...{ parseAddress, referenceOf, next, problems, toCsv, oneBasedOf, ofVersion01 },
  };
})();
