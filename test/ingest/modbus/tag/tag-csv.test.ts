import assert from 'node:assert/strict';
import fc from 'fast-check';
import { orders } from '../../../../nodes/ingest/modbus/tag/tag.ts';
import { csvColumns, type ImportOptions, importTags } from '../../../../nodes/ingest/modbus/tag/tag-csv.ts';
import { browserTags } from './browser-side.ts';

const read = (text: string, more: Partial<ImportOptions> = {}) =>
  importTags(text, { oneBased: false, heading: 'needed', lookUp: (name) => (name === 'BASE' ? '40001' : undefined), ...more });
const rowsOf = async (text: string, more = {}) => {
  const { rows, problems } = await read(text, more);
  assert.deepEqual(problems.map(String), []);
  return rows;
};
const problemsOf = async (text: string, more = {}) => {
  const { rows, problems } = await read(text, more);
  assert.deepEqual(rows, [], 'nothing is taken over');
  return problems.map(({ context, message }) => [context.row, context.column, message.replace(/^row \d+, /, '')]);
};

const flow = { name: 'flow', area: 'holding', address: '40001', type: 'float32', length: '', order: 'CDAB', scale: '0.1' };
const rest = { offset: '-5', unit: 'm³/h', deadband: '2%', description: 'the flow, "clean"' };

describe('a CSV file of modbus tags', () => {
  const same: [string, string][] = [
    [
      'of this pack',
      '\uFEFFname,area,address,type,length,order,scale,offset,unit,deadband,description\r\nflow,holding,40001,float32,,CDAB,0.1,-5,m³/h,2%,"the flow, ""clean"""\r\n',
    ],
    [
      'of a German spreadsheet',
      'Name;Area;Address;Type;Order;Scale;Offset;Unit;Deadband;Description\r\nflow;Holding Register;40001;REAL;cdab;0,1;-5;m³/h;2%;"the flow, ""clean"""\r\n;;;;;;;;;\r\n',
    ],
    [
      'pasted from a spreadsheet, in any order of columns',
      'address\tNAME\tarea\ttype\torder\tdescription\tunit\tscale\toffset\tdeadband\n40001\tflow\tholding\tfloat32\tCDAB\t"the flow, ""clean"""\tm³/h\t0,1\t-5\t2%',
    ],
  ];
  for (const [what, text] of same) it(`${what} is read`, async () => assert.deepEqual(await rowsOf(text), [{ ...flow, ...rest }]));

  it('without a heading has its columns in their order', async () => {
    const [row] = await rowsOf('flow\tholding\t40001\tfloat32\t\tCDAB\t0.1', { heading: 'optional' });
    assert.deepEqual(row, { ...flow, offset: '', unit: '', deadband: '', description: '' });
  });

  it('fills in what is left out as the dialog does', async () => {
    const rows = await rowsOf('name,area,address\nlevel,input,5\nrun,coil,00001\n');
    assert.deepEqual(
      rows.map(({ type, order }) => [type, order]),
      [
        ['uint16', 'ABCD'],
        ['bool', 'ABCD'],
      ],
    );
  });

  it('may have a decimal comma in the bit of a register', async () => {
    assert.equal((await rowsOf('name;area;address;type\nb;holding;40001,3;bool'))[0]?.address, '40001.3');
  });

  it('separated by commas has decimal points, with three digits too', async () => {
    const [row] = await rowsOf('name,area,address,type,scale,offset\na,holding,1,float32,1.000,-1.609');
    assert.deepEqual([row?.scale, row?.offset], ['1.000', '-1.609']);
  });

  it('may have empty headings at its end, and a line that names the separator', async () => {
    const rows = await rowsOf('\uFEFFsep=;\r\nname;area;address;;\r\na;holding;1;;\r\n');
    assert.deepEqual(
      rows.map(({ name, address }) => [name, address]),
      [['a', '1']],
    );
    assert.deepEqual(await problemsOf('sep=;\nname;area;address;\na;holding;1;x'), [
      [3, '', 'expected at most 3 cells, got 4; a cell with a comma must be quoted'],
    ]);
  });

  it('that need not have a heading may have one, in quotes as well', async () => {
    const headed = await rowsOf('"address","name","area"\n"40011","q1","holding"', { heading: 'optional' });
    const bare = await rowsOf('name,holding,40011', { heading: 'optional' });
    assert.deepEqual(
      [...headed, ...bare].map(({ name, address }) => [name, address]),
      [
        ['q1', '40011'],
        ['name', '40011'],
      ],
    );
  });

  it('is held against column wire only where it is known from where addresses count', async () => {
    const exported = browserTags.toCsv([{ name: 'a', area: 'holding', address: '10', type: 'uint16' }], true);
    assert.ok(exported.includes('#9'));
    assert.equal((await rowsOf(exported, { oneBased: undefined })).length, 1);
    assert.equal((await problemsOf(exported, { oneBased: false })).length, 1);
    const reference = exported.replace(',10,', ',40011,');
    assert.equal((await problemsOf(reference, { oneBased: undefined })).length, 1, 'a reference is certain');
    const unknown = browserTags.toCsv([{ name: 'a', area: 'holding', address: '10', type: 'uint16' }], undefined);
    assert.ok(!unknown.includes('#'), 'nothing is written that is not known');
  });

  it('keeps environment variables', async () => {
    assert.equal((await rowsOf('name,area,address\na,holding,$' + '{BASE}'))[0]?.address, '$' + '{BASE}');
  });

  it('is the same after export and import, whatever stands in it', async () => {
    // A cell is trimmed, as in the dialog.
    const text = fc.string({ unit: 'grapheme', maxLength: 12 }).map((given) => given.trim().replaceAll('\0', ''));
    const row = fc.record({
      name: text.filter((given) => given !== '' && given !== '__proto__' && !given.includes('$' + '{')),
      area: fc.constantFrom('holding', 'input'),
      type: fc.constantFrom('uint16', 'int16', 'bcd16'),
      length: fc.constant(''),
      order: fc.constantFrom(...orders),
      scale: fc.constantFrom('', '0.1', '-2', '1e-3'),
      offset: fc.constantFrom('', '-40', '.5'),
      unit: text.filter((given) => !given.includes('$' + '{')),
      deadband: fc.constantFrom('', '0.5', '2%'),
      description: text.filter((given) => !given.includes('$' + '{')),
    });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(row, { selector: ({ name }) => name, minLength: 1, maxLength: 8 }), async (rows) => {
        const full = rows.map((entry, index) => ({ ...entry, address: String(index) }));
        assert.deepEqual(await rowsOf(browserTags.toCsv(full, false)), full);
      }),
      { numRuns: 100 },
    );
  });

  const refused: [what: string, text: string, problems: unknown[][]][] = [
    ['nothing', '', [[1, '', 'expected a heading and at least one row']]],
    ['a heading only', 'name,area,address\n\n', [[1, '', 'expected a heading and at least one row']]],
    [
      'unknown, doubled and missing columns, all at once',
      'Name,adress,name,colour\na,1,b,c',
      [
        [1, 'adress', `column "adress" is not known; expected ${csvColumns.join(', ')}`],
        [1, 'colour', `column "colour" is not known; expected ${csvColumns.join(', ')}`],
        [1, 'name', 'column "name" is there twice'],
        [1, 'area', 'column "area" is missing; at least name, area, address are needed'],
        [1, 'address', 'column "address" is missing; at least name, area, address are needed'],
      ],
    ],
    [
      'numbers that may be thousands or decimals',
      'sep=;\nname;area;address;type;scale;offset;deadband\na;holding;1;float32;1.000;-10,250;\nb;holding;9;float32;0,125;1,5;2,500%',
      [
        [3, 'scale', 'scale: 1.000 can be 1 or 1000; write 1 or 1000'],
        [3, 'offset', 'offset: -10,250 can be -10.2500 or -10250; write -10.2500 or -10250'],
        [4, 'deadband', 'deadband: 2,500% can be 2.5000% or 2500%; write 2.5000% or 2500%'],
      ],
    ],
    [
      'thousands in a file that is separated by commas',
      'name,area,address,type,scale\na,holding,1,float32,"1,000"',
      [[2, 'scale', 'scale: 1,000 can be 1 or 1000; write 1 or 1000']],
    ],
    [
      'thousands in an address',
      'name;area;address;type\na;holding;40.001;bool\nb;holding;40,001;bool',
      [
        [2, 'address', 'tag "a": address: expected a bit 0 to 15, such as 40001.3, got 40.001'],
        [3, 'address', `tag "b": address: expected 0 to 65535, 40001, 400001, 4x1, #0 or 0x0 (a bit of a register: 40001.3), got 40,001`],
      ],
    ],
    ['a quote that does not end', 'name,area,address\n"a,holding,1', undefined as never],
    [
      'a comma that is not quoted',
      'name,area,address,scale\na,holding,1,1,5\nb,holding,2,1',
      [[2, '', 'expected at most 4 cells, got 5; a cell with a comma must be quoted']],
    ],
    [
      'what is wrong in several rows',
      'name,area,address,type,scale\na,holding,1,float32,0\nb,holding,2,float32,1\n\na,coil,70000,,\nc,holding,3,float33,\nd,memory,1,,',
      [
        [2, 'scale', 'tag "a": scale: expected a number other than 0, got 0'],
        [5, 'name', 'tag "a": name: it is used twice, first in row 2'],
        [
          6,
          'type',
          'type: expected one of bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64, float16, float32, float64, bcd16, bcd32, string, got "float33"',
        ],
        [7, 'area', 'area: expected one of coil, discrete, holding, input, got "memory"'],
      ],
    ],
    [
      'values that overlap',
      'name,area,address,type\na,holding,1,float32\nb,holding,2,float32',
      [[3, 'address', 'tag "b": address: its registers 2 to 3 overlap with tag "a" in row 2, which begins at 1 and ends at 2']],
    ],
  ];
  for (const [what, text, problems] of refused) {
    it(`with ${what} is refused with row and column`, async () => {
      const found = await problemsOf(text);
      if (problems !== undefined) assert.deepEqual(found, problems);
      else assert.match(String(found[0]?.[2]), /this is not a table: Quote Not Closed/);
    });
  }

  for (const [typed, spoilt, wire] of [
    ['00001', '1', '#0'],
    ['40001.10', '40001.1', '#0.10'],
  ] as const) {
    it(`whose address ${typed} a spreadsheet has made ${spoilt} is refused`, async () => {
      const [area, type] = typed === '00001' ? ['coil', 'bool'] : ['holding', 'bool'];
      const exported = browserTags.toCsv([{ name: 'a', area, address: typed, type }], false);
      assert.ok(exported.includes(wire));
      assert.equal((await rowsOf(exported))[0]?.address, typed);
      const [problem] = await problemsOf(exported.replace(`,${typed},`, `,${spoilt},`));
      assert.deepEqual(problem?.slice(0, 2), [2, 'address']);
      assert.match(String(problem?.[2]), /^the address .* on the wire, but column wire says #0/);
    });
  }

  it('of 10,000 rows is read, of 100,000 refused, both without choking', async () => {
    const file = (rows: number) =>
      `name,area,address\n${Array.from({ length: rows }, (_, index) => `t${index},holding,${index % 65536}`).join('\n')}`;
    const begin = performance.now();
    assert.equal((await rowsOf(file(10_000))).length, 10_000);
    assert.deepEqual(await problemsOf(file(100_000)), [[10001, '', 'expected at most 10000 rows; divide the file']]);
    assert.deepEqual(await problemsOf('x'.repeat(4e6 + 1)), [[1, '', 'expected a text of at most 4 MB']]);
    assert.ok(performance.now() - begin < 3000);
  });
});
