// The dialog of modbus in: its tag table, and how tags come in and go out of it.
(() => {
  if (window.linewatch?.modbusInDialog) return;

  const place = '#node-input-tags-table';
  /** What the gateway takes as well. */
  const MOST_BYTES = 4e6;
  let table;

  const current = (node, field) => String(window.linewatch.current(node, field) ?? '').trim();

  /** Whether plain addresses count from 1 for the unit of this node; undefined where that is not known before it is deployed. */
  function oneBased(node) {
    const connection = current(node, 'connection');
    if (window.linewatch.modbusTags.isEnvironment(connection)) return undefined;
    return window.linewatch.modbusTags.oneBasedOf(RED.nodes.node(connection), current(node, 'unit'));
  }

  /** A node that was saved before there was a trigger is one of version 0.1. */
  const rowsOf = (node, rows) => (node.trigger === undefined ? window.linewatch.modbusTags.ofVersion01(rows) : rows);

  /** The first thing that is wrong with a node's tags, in words; '' for nothing. */
  function problemOf(node, rows) {
    const words = (key, values) => node._def._(`modbus-in.${key}`, values);
    if (!Array.isArray(rows) || rows.length === 0) return words('check.none');
    const all = window.linewatch.modbusTags.problems(rowsOf(node, rows), oneBased(node));
    const index = all.findIndex((found) => found.length > 0);
    if (index === -1) return '';
    const { key, problem, ...values } = all[index][0];
    const column = words(`field.${key === 'unit' ? 'unitOfTag' : key === 'name' ? 'tag' : key}`);
    return words('check.row', { row: index + 1, column, problem: words(`check.${problem}`, values) });
  }

  /** @returns `save()` gives the rows, `resize(size)` fits the table in */
  function modbusInDialog(node) {
    const words = (key, values) => node._def._(`modbus-in.${key}`, values);
    const ask = (what, body) =>
      $.ajax({
        url: `linewatch/modbus-in/${what}?lng=${RED.i18n.lang()}`,
        method: 'POST',
        contentType: 'application/json',
        data: JSON.stringify({ ...body, id: node.id }),
        dataType: 'json',
      });
    const refused = ({ status, statusText }) =>
      status === 401 || status === 403
        ? words('failed.permission')
        : // Longer than Node-RED takes, as quotes and backslashes are sent twice.
          words(status === 413 ? 'import.large' : 'failed.other', { status: `${status} ${statusText}` });

    table = window.linewatch.tagTable(place, {
      rows: Array.isArray(node.tags) ? rowsOf(node, node.tags) : [],
      words,
      oneBased: () => oneBased(node),
      read,
      paste: (text) => take(text, 'optional', 'add'),
      refuse: (found) => showProblems(found),
    });

    async function read(row) {
      const bad = (text, detail = '') => ({ text, detail, isBad: true });
      const connection = current(node, 'connection');
      if (connection === '' || connection === '_ADD_') return bad(words('table.noConnection'));
      // Where the arrow points now; it may point elsewhere when the answer comes.
      const { address } = window.linewatch.modbusTags.parseAddress(String(row.address ?? ''), row.area, oneBased(node));
      let answer;
      try {
        answer = await ask('read-now', { connection, unit: current(node, 'unit'), row });
      } catch (failed) {
        return bad(refused(failed));
      }
      if (answer.error !== undefined) return bad(answer.error);
      if (address !== undefined && answer.wireAddress !== address)
        return bad(words('table.otherAddress', { address: answer.wireAddress }), shown(answer));
      return { text: shown(answer), detail: answer.hex.map((word) => word.replace('0x', '')).join(' '), isBad: answer.value === null };
    }

    function shown({ value, unit, quality }) {
      if (value === null) return quality;
      const number = typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(8)) : value;
      return `${typeof value === 'string' ? JSON.stringify(value) : number} ${unit}`.trim();
    }

    const problems = $('#linewatch-tags-problems');
    function showProblems(list, more = 0) {
      problems.prop('hidden', list.length === 0).empty();
      if (list.length === 0) return;
      $('<button type="button" class="red-ui-button red-ui-button-small"><i class="fa fa-times"></i></button>')
        .attr({ title: words('import.close'), 'aria-label': words('import.close') })
        .on('click', () => showProblems([]))
        .appendTo(problems);
      $('<div class="linewatch-title">').text(words('import.refused')).appendTo(problems);
      for (const { row, column, message } of list) {
        // Most messages name the column themselves.
        const where = words(column === '' || message.includes(column) ? 'import.row' : 'import.cell', { row, column });
        $('<div class="linewatch-problem">')
          .text(row === undefined ? message : `${where}: ${message}`)
          .appendTo(problems);
      }
      if (more > 0)
        $('<div class="linewatch-muted">')
          .text(words('check.more', { count: more }))
          .appendTo(problems);
      table.resize(lastSize);
    }

    /** Text of a file (heading 'needed') or of cells ('optional') → rows of the table: all of them, or none. */
    async function take(text, heading, how) {
      showProblems([]);
      if (text.length > MOST_BYTES) return showProblems([{ message: words('import.large') }]);
      let answer;
      try {
        answer = await ask('import-tags', { text, heading, oneBased: oneBased(node) });
      } catch (failed) {
        return showProblems([{ message: refused(failed) }]);
      }
      if (answer.problems) return showProblems(answer.problems, answer.more);
      if (answer.error) return RED.notify(answer.error, 'error');
      table[how === 'replace' ? 'set' : 'add'](answer.rows);
      RED.notify(words('import.taken', { count: answer.rows.length }), { type: 'success', timeout: 4000 });
      return true;
    }

    function askHow(text) {
      if (table.rows().length === 0) return take(text, 'needed', 'replace');
      const choice = (how, kind) => ({
        text: words(`import.${how}`),
        class: kind,
        click() {
          notice.close();
          take(text, 'needed', how);
        },
      });
      const notice = RED.notify(words('import.how'), {
        modal: true,
        fixed: true,
        buttons: [{ text: words('import.cancel'), click: () => notice.close() }, choice('add'), choice('replace', 'primary')],
      });
    }

    const file = $('#linewatch-tags-file');
    $('#linewatch-tags-import').on('click', () => file.trigger('click'));
    file.on('change', async () => {
      const chosen = file[0].files[0];
      file.val('');
      if (chosen === undefined) return;
      if (chosen.size > MOST_BYTES) return showProblems([{ message: words('import.large') }]);
      const { text, guessed } = window.linewatch.tagCells.decodeFile(await chosen.arrayBuffer(), RED.i18n.lang());
      if (guessed) RED.notify(words('import.guessed', { code: guessed }), { type: 'warning', timeout: 10000 });
      askHow(text);
    });

    $('#linewatch-tags-export').on('click', () => {
      const url = URL.createObjectURL(new Blob([window.linewatch.modbusTags.toCsv(table.rows(), oneBased(node))], { type: 'text/csv' }));
      const name = (current(node, 'name') || 'modbus-tags').replace(/[\\/:*?"<>|\s]+/g, '-');
      $('<a>')
        .attr({ href: url, download: `${name}.csv` })[0]
        .click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    });

    const box = $('#linewatch-tags-paste-box');
    const pasted = box.find('textarea').attr('placeholder', words('import.pasteHint'));
    const openBox = (isOpen) => {
      box.prop('hidden', !isOpen);
      pasted.val('');
      if (isOpen) pasted.trigger('focus');
      table.resize(lastSize);
    };
    $('#linewatch-tags-paste').on('click', () => openBox(box.prop('hidden')));
    $('#linewatch-tags-paste-cancel').on('click', () => openBox(false));
    $('#linewatch-tags-paste-take').on('click', async () => {
      const text = pasted.val().replace(/\n$/, '');
      if (await take(text, 'optional', 'add')) openBox(false);
    });

    $('#linewatch-tags-simulator').on('click', () => {
      $.getJSON('linewatch/plc-simulator/registers')
        .done((registers) => {
          const known = table.rows().map(({ name }) => name);
          const added = registers.filter((register) => !register.writable && !known.includes(register.name));
          const first = oneBased(node);
          const addressOf = ({ address }) => (first === undefined ? `#${address}` : address + Number(first));
          table.add(added.map((register) => ({ ...register, address: addressOf(register) })));
          RED.notify(words('import.done', { count: added.length }), 'success');
        })
        .fail(() => RED.notify(words('import.none'), 'warning'));
    });

    // Both say from where plain addresses count.
    $('#node-input-connection, #node-input-unit').on('change', () => table.refresh());
    window.linewatch.dialog(node);

    let lastSize = { height: 700 };
    return {
      save: () => table.rows(),
      resize(size) {
        lastSize = size;
        table.resize(size);
      },
    };
  }

  window.linewatch ??= {};
  Object.assign(window.linewatch, { modbusInDialog, modbusTagsProblem: problemOf });
})();
