// What all dialogs of the pack share. Each node's HTML loads it; loading it again does nothing.
(() => {
  if (window.linewatch?.dialog) return;

  /** A field that names an environment variable is checked on the gateway, not here. */
  const isEnvironment = (value) => typeof value === 'string' && /\$\{[^}]+\}/.test(value);

  const isEmpty = (value) => value === undefined || value === null || String(value).trim() === '';

  const text = (key, values) => RED._(`@linewatch/node-red-edge-ai/window:common.${key}`, values);

  const problem = {
    /** What is wrong with a number, in words; '' where it is right. */
    number(value, range = {}) {
      if (isEnvironment(value)) return '';
      if (isEmpty(value)) return range.optional ? '' : text('required');
      const parsed = Number(value);
      if (!Number.isFinite(parsed)) return text('number');
      if (range.integer && !Number.isInteger(parsed)) return text('integer');
      const { min = -Infinity, max = Infinity } = range;
      if (parsed >= min && parsed <= max) return '';
      if (max === Infinity) return text('atLeast', { min });
      return min === -Infinity ? text('atMost', { max }) : text('range', { min, max });
    },
    required: (value) => (isEmpty(value) ? text('required') : ''),
    /** For a column of a table whose values tell the rows apart. */
    unique(value, key, rows) {
      if (isEmpty(value)) return text('required');
      return rows.filter((row) => String(row[key]).trim() === String(value).trim()).length > 1 ? text('twice') : '';
    },
  };

  /** The dialogs that are open: id of the node → prefix of its fields. */
  const open = new Map();
  RED.events.on('editor:close', () => open.clear());

  /** A field of the node as it is now: what the open dialog shows, else what the node has. */
  function current(node, field) {
    const input = open.has(node.id) ? $(open.get(node.id) + field) : $();
    if (input.length === 0) return node[field];
    return input.is(':checkbox') ? input.prop('checked') : input.val();
  }

  /**
   * Validators for `defaults`: `validate: function (v, opt) { return linewatch.number(this, 'window.field.size', v, opt, { min: 1 }) }`.
   * They return true, or the sentence that the editor shows, which begins with the field's label.
   */
  const answer = (node, label, opt, wrong) => (wrong === '' ? true : opt ? `${node._def._(label)}: ${wrong}` : false);

  const number = (node, label, value, opt, range) => answer(node, label, opt, problem.number(value, range));

  const required = (node, label, value, opt) => answer(node, label, opt, problem.required(value));

  /** For what only the node itself knows: '' where nothing is wrong. */
  const custom = (node, label, opt, wrong) => answer(node, label, opt, wrong);

  /** A config node must be chosen (unless `optional`), exist and be complete. */
  function configNode(node, label, value, opt, optional = false) {
    if (isEnvironment(value)) return true;
    if (isEmpty(value) || value === '_ADD_') return answer(node, label, opt, optional ? '' : text('choose'));
    const chosen = RED.nodes.node(value);
    if (!chosen) return answer(node, label, opt, text('choose'));
    return answer(node, label, opt, chosen.valid === false ? text('incomplete') : '');
  }

  /** The rows of a table: the first cell that its column's check refuses. The columns are those of the node's definition. */
  function rows(node, label, value, opt, emptyAllowed = true) {
    const all = Array.isArray(value) ? value : [];
    if (all.length === 0) return answer(node, label, opt, emptyAllowed ? '' : text('noRow'));
    const columns = node._def.columns.call(node);
    for (const [index, row] of all.entries()) {
      for (const { key, label: heading, check } of columns) {
        const wrong = check ? check(String(row[key] ?? ''), row, all) : '';
        if (wrong !== '') return answer(node, label, opt, text('row', { row: index + 1, problem: `${heading}: ${wrong}` }));
      }
    }
    return true;
  }

  const readRow = (line) => {
    const row = {};
    line.find('[data-key]').each(function () {
      row[$(this).attr('data-key')] = String($(this).val()).trim();
    });
    return row;
  };

  /**
   * An editable table: one row per item, one field per column.
   * @param {string} selector an empty <ol> in the dialog
   * @param {{ key: string, label: string, hint?: string, width?: string, options?: [string, string][], placeholder?: string, list?: string,
   *   type?: string, initial?: string,
   *   check?: (value: string, row: object, rows: object[]) => string, off?: (row: object) => boolean }[]} columns
   *   `check` says what is wrong with a cell, '' for nothing; `off` where a cell has no meaning; `list` is the id of a <datalist>,
   *   `type` that of the <input> (text), `initial` what a new row has
   * @param {object[]} rows
   */
  function table(selector, columns, rows) {
    const list = $(selector);
    const grid = columns.map((column) => `minmax(0, ${column.width ?? '1fr'})`).join(' ');
    const header = $('<div class="linewatch-row linewatch-head">').css('grid-template-columns', grid);
    for (const { label, hint } of columns)
      $('<span>')
        .text(label)
        .attr('title', hint ?? label)
        .appendTo(header);
    const checkAll = () => {
      const lines = list.find('.linewatch-row').get();
      const values = lines.map((line) => readRow($(line)));
      for (const [index, line] of lines.entries()) {
        for (const { key, check, off, hint } of columns) {
          const field = $(line).find(`[data-key="${key}"]`);
          const without = off ? off(values[index]) : false;
          const wrong = check && !without ? check(values[index][key], values[index], values) : '';
          field
            .prop('disabled', without)
            .toggleClass('input-error', wrong !== '')
            .attr('title', wrong || hint || '');
        }
      }
    };
    // The editor makes a new dialog as wide as what is in it; an empty table would leave no room for its columns.
    if (columns.length > 4) list.closest('.linewatch-form').css('min-width', 'min(860px, 60vw)');
    let building = true;
    list.editableList({
      addButton: true,
      removable: true,
      sortable: true,
      header: $('<div class="linewatch-head-row">').append(header),
      height: 160,
      addItem(container, _index, item) {
        const row = item.row ?? {};
        const line = $('<div class="linewatch-row">').css('grid-template-columns', grid).appendTo(container);
        for (const { key, label, options, placeholder, list: suggestions, type = 'text', initial = '' } of columns) {
          const field = options ? $('<select>') : $('<input>').attr('type', type);
          for (const [value, words] of options ?? []) $('<option>').val(value).text(words).appendTo(field);
          if (suggestions) field.attr('list', suggestions);
          field.attr({ 'aria-label': label, placeholder: placeholder ?? '', 'data-key': key });
          field.val(row[key] ?? (options ? options[0][0] : initial)).appendTo(line);
        }
        line.on('input change', checkAll);
        if (building) return;
        checkAll();
        if (item.row === undefined) line.find('[data-key]').first().trigger('focus');
      },
      removeItem: checkAll,
    });
    list.editableList(
      'addItems',
      (rows ?? []).map((row) => ({ row })),
    );
    building = false;
    checkAll();
  }

  /** The rows of a `table`, as objects of trimmed texts. */
  const tableRows = (selector) =>
    $(selector)
      .editableList('items')
      .get()
      .map((item) => readRow($(item)));

  /** Gives a table what the rest of the dialog leaves. */
  function fillHeight(selector, size, minimum = 150) {
    const form = $(selector).closest('.linewatch-form');
    const rest = form.outerHeight(true) - $(selector).closest('.red-ui-editableList').outerHeight();
    $(selector).editableList('height', Math.max(minimum, size.height - rest - 4));
    form.data('linewatch-fill', () => fillHeight(selector, size, minimum));
  }

  /**
   * Call it first in `oneditprepare`. An element with `data-when="field=a|b"` (or `field~a`: the list in the field has a;
   * several joined by `&`) is there only while that holds; fields are checked as they are typed. A `<details class="linewatch-more">`
   * is open where something in it is not as it is by default.
   */
  function dialog(node) {
    const prefix = node._def.category === 'config' ? '#node-config-input-' : '#node-input-';
    open.set(node.id, prefix);
    const form = $(`${prefix}name`).closest('.linewatch-form');
    for (const [field, { value }] of Object.entries(node._def.defaults)) {
      const input = $(prefix + field);
      // A flow of an older version knows nothing of newer fields.
      if (node[field] === undefined && input.is(':checkbox')) input.prop('checked', value);
      else if (node[field] === undefined) input.val(value);
      else if (String(node[field]) !== String(value))
        $(`${prefix}${field}, ${prefix}${field}-table`).closest('.linewatch-more').attr('open', '');
    }
    const holds = (condition) => {
      const [, field, operator, wanted] = /^(\w+)([=~])(.*)$/.exec(condition);
      const value = String(current(node, field) ?? '');
      return operator === '=' ? wanted.split('|').includes(value) : value.split(',').includes(wanted);
    };
    const apply = () => {
      form.find('[data-when]').each(function () {
        $(this).toggle($(this).attr('data-when').split('&').every(holds));
      });
      form.data('linewatch-fill')?.();
    };
    form.on('change', `[id^="${prefix.slice(1)}"]`, apply);
    form.on('input', `input[id^="${prefix.slice(1)}"]`, function () {
      $(this).trigger('change');
    });
    apply();
  }

  $('<link rel="stylesheet">').attr('href', 'resources/@linewatch/node-red-edge-ai/editor.css').appendTo(document.head);

  // The editor loads the scripts of a node all at once, and whichever comes first runs first.
  const shared = { problem, number, required, custom, configNode, rows, current, table, tableRows, fillHeight, dialog };
  window.linewatch = Object.assign(window.linewatch ?? {}, shared);
})();
