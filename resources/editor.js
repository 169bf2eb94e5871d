// What all dialogs of the pack share. Each node's HTML loads it first; loading it again does nothing.
(() => {
  if (window.linewatch) return;

  /** A field that names an environment variable is checked on the gateway, not here. */
  const isEnvironment = (value) => typeof value === 'string' && /\$\{[^}]+\}/.test(value);

  const isEmpty = (value) => value === undefined || value === null || String(value).trim() === '';

  const text = (key, values) => RED._(`@linewatch/node-red-edge-ai/window:common.${key}`, values);

  /**
   * Validators for `defaults`: call them as `validate: function (v, opt) { return linewatch.number(v, opt, { min: 1 }) }`.
   * They return true, or (opt given) the sentence that the editor shows.
   */
  const answer = (opt, problem) => (problem === '' ? true : opt ? `${fieldLabel(opt)}${problem}` : false);

  const fieldLabel = (opt) => {
    const label = typeof opt.label === 'string' ? opt.label : '';
    return label === '' ? '' : `${label}: `;
  };

  function number(value, opt, range = {}) {
    if (isEnvironment(value)) return true;
    if (isEmpty(value)) return answer(opt, range.optional ? '' : text('required'));
    const parsed = Number(value);
    if (!Number.isFinite(parsed)) return answer(opt, text('number'));
    if (range.integer && !Number.isInteger(parsed)) return answer(opt, text('integer'));
    const { min = -Infinity, max = Infinity } = range;
    if (parsed < min || parsed > max) {
      return answer(opt, max === Infinity ? text('atLeast', { min }) : text('range', { min, max }));
    }
    return true;
  }

  function required(value, opt) {
    return answer(opt, isEmpty(value) ? text('required') : '');
  }

  /** A config node must be chosen and must exist. */
  function configNode(value, opt) {
    return answer(opt, isEmpty(value) || value === '_ADD_' || !RED.nodes.node(value) ? text('required') : '');
  }

  /**
   * An editable table: one row per item, one input per column.
   * @param {string} selector an empty <ol> in the dialog
   * @param {{ key: string, label: string, width?: string, options?: [string, string][], placeholder?: string,
   *   check?: (value: string, row: object) => true | false | string, list?: string }[]} columns
   * @param {object[]} rows
   * @param {() => object} blank a new row
   */
  function table(selector, columns, rows, blank = () => ({})) {
    const list = $(selector);
    const grid = columns.map((column) => `minmax(0, ${column.width ?? '1fr'})`).join(' ');
    const header = $('<div class="linewatch-row linewatch-head">').css('grid-template-columns', grid);
    for (const column of columns) $('<span>').text(column.label).attr('title', column.label).appendTo(header);
    list.css('min-height', '120px').editableList({
      addButton: true,
      removable: true,
      sortable: true,
      header,
      height: 'auto',
      addItem(container, _index, item) {
        const row = item.row ?? blank();
        item.row = row;
        const line = $('<div class="linewatch-row">').css('grid-template-columns', grid).appendTo(container);
        for (const column of columns) {
          const field = column.options ? $('<select>') : $('<input type="text">');
          for (const [value, label] of column.options ?? []) $('<option>').val(value).text(label).appendTo(field);
          field.attr({ 'aria-label': column.label, placeholder: column.placeholder ?? '', 'data-key': column.key });
          if (column.list) field.attr('list', column.list);
          field.val(row[column.key] ?? (column.options ? column.options[0][0] : '')).appendTo(line);
          const check = () => {
            const verdict = column.check ? column.check(String(field.val()), readRow(line)) : true;
            field.toggleClass('input-error', verdict !== true).attr('title', typeof verdict === 'string' ? verdict : '');
          };
          field.on('input change', check);
          check();
        }
      },
    });
    for (const row of rows ?? []) list.editableList('addItem', { row });
  }

  const readRow = (line) => {
    const row = {};
    line.find('[data-key]').each(function () {
      row[$(this).attr('data-key')] = String($(this).val()).trim();
    });
    return row;
  };

  /** The rows of a `table`, as objects of trimmed texts. */
  function tableRows(selector) {
    const rows = [];
    $(selector)
      .editableList('items')
      .each(function () {
        rows.push(readRow($(this)));
      });
    return rows;
  }

  /** Sizes a table to the dialog. */
  function fillHeight(selector, size, minimum = 160) {
    const rest = $('#dialog-form > *:visible')
      .not($(selector).closest('.form-row'))
      .get()
      .reduce((sum, element) => sum + $(element).outerHeight(true), 0);
    $(selector).editableList('height', Math.max(minimum, size.height - rest - 40));
  }

  /** Shows each row whose `data-when="field=a|b"` holds, hides the others; follows changes. */
  function showWhen(prefix = '#node-input-') {
    const apply = () =>
      $('#dialog-form [data-when], .node-config-form [data-when]').each(function () {
        const [field, values] = $(this).attr('data-when').split('=');
        const input = $(prefix + field);
        const current = input.is(':checkbox') ? String(input.prop('checked')) : String(input.val());
        $(this).toggle(values.split('|').includes(current));
      });
    $('#dialog-form [data-when], .node-config-form [data-when]').each(function () {
      $(prefix + $(this).attr('data-when').split('=')[0])
        .off('change.linewatch')
        .on('change.linewatch', apply);
    });
    apply();
  }

  $('<style>')
    .text(`
    .linewatch-row { display: grid; gap: 4px; align-items: center; }
    .linewatch-row input, .linewatch-row select { width: 100% !important; margin: 0; min-width: 0; }
    .linewatch-head { padding: 2px 34px 2px 28px; font-size: 12px; color: var(--red-ui-secondary-text-color); }
    .linewatch-head span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .linewatch-hint { margin: -6px 0 12px 105px; font-size: 12px; color: var(--red-ui-secondary-text-color); }
    .linewatch-form .form-row > label { width: 130px; vertical-align: top; }
    .linewatch-form .linewatch-hint { margin-left: 134px; }
    .linewatch-short { width: 90px !important; }
    .linewatch-form select.linewatch-short, .linewatch-form select.linewatch-medium { width: 160px !important; }
  `)
    .appendTo(document.head);

  window.linewatch = { number, required, configNode, table, tableRows, fillHeight, showWhen, isEnvironment };
})();
