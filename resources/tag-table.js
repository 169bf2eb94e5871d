// A table of Modbus tags that stays quick with thousands of rows: only those in sight are in the page.
(() => {
  if (window.linewatch?.tagTable) return;

  /** Rows kept ready above and below those in sight. */
  const SPARE = 6;
  /** From this width on a tag takes one line, else two. */
  const WIDE = 1250;
  const heights = { wide: 36, narrow: 68 };

  /**
   * @param {string} selector an empty element of the dialog
   * @param {{ rows: object[], words: (key: string, values?: object) => string, oneBased: () => boolean | undefined,
   *   read: (row: object) => Promise<{ text: string, detail: string, isBad: boolean }>, paste: (text: string) => void,
   *   refuse: (problems: { row: number, column: string, message: string }[]) => void }} options `paste` takes whole rows
   */
  function tagTable(selector, { rows: given, words, oneBased, read, paste, refuse }) {
    const tags = window.linewatch.modbusTags;
    const cells = window.linewatch.tagCells;
    let rows = given.map((row) => ({ ...row }));
    let problems = [];
    let height = heights.narrow;
    /** Row → its element, of those that are in the page. */
    const drawn = new Map();
    let readings = new WeakMap();
    const view = window.linewatch.tagRow(words, oneBased);

    const root = $(selector).addClass('linewatch-tags').empty();
    view.head.appendTo(root);
    const body = $('<div class="linewatch-tags-body">').appendTo(root);
    const space = $('<div class="linewatch-tags-space">').appendTo(body);
    const none = $('<div class="linewatch-tags-none linewatch-muted">').text(words('table.none')).appendTo(body);
    const foot = $('<div class="linewatch-tags-foot">').appendTo(root);
    const add = $(`<button type="button" class="red-ui-button red-ui-button-small"><i class="fa fa-plus"></i> </button>`);
    add.append(document.createTextNode(words('table.add'))).appendTo(foot);
    const count = $('<span class="linewatch-muted">').appendTo(foot);
    const summary = $('<button type="button" class="linewatch-link linewatch-problem">').appendTo(foot);
    const mark = $('<div class="linewatch-tags-mark" hidden>');

    // ── what is in sight ──

    function draw() {
      space.height(rows.length * height);
      none.toggle(rows.length === 0);
      const top = body.scrollTop();
      const first = Math.max(0, Math.floor(top / height) - SPARE);
      const end = Math.min(rows.length, Math.ceil((top + body.innerHeight()) / height) + SPARE);
      const wanted = new Set(rows.slice(first, end));
      for (const [row, element] of drawn) {
        if (wanted.has(row) || (element.contains(document.activeElement) && rows.includes(row))) continue;
        element.remove();
        drawn.delete(row);
      }
      let before = null;
      for (let index = first; index < end; index++) {
        const row = rows[index];
        let element = drawn.get(row);
        if (element === undefined) {
          element = view.create();
          element.linewatchRow = row;
          drawn.set(row, element);
          view.fill(element, row);
        }
        // Tab goes by the order in the page.
        const place = before === null ? space[0].firstChild : before.nextSibling;
        if (element !== place && !element.contains(document.activeElement)) space[0].insertBefore(element, place);
        before = element;
        show(element, row, index);
      }
      // One with the focus may be out of sight.
      for (const [row, element] of drawn) if (!wanted.has(row)) show(element, row, rows.indexOf(row));
    }

    function show(element, row, index) {
      element.style.top = `${index * height}px`;
      view.show(element, row, index + 1, problems[index] ?? [], readings.get(row));
    }

    function check() {
      problems = tags.problems(rows, oneBased());
      count.text(words('table.count', { count: rows.length }));
      const found = problems.flatMap((of, index) => of.map((entry) => ({ ...entry, index })));
      const [first] = found;
      summary.toggle(first !== undefined);
      if (first === undefined) return;
      const text = words('check.row', { row: first.index + 1, column: view.label(first.key), problem: view.problemText(first) });
      summary.text(found.length > 1 ? `${text} (${words('check.more', { count: found.length - 1 })})` : text).data('first', first);
    }

    function refresh() {
      check();
      draw();
    }

    function focus(row, key) {
      const index = rows.indexOf(row);
      if (index === -1) return;
      const top = index * height;
      if (top < body.scrollTop()) body.scrollTop(top);
      else if (top + height > body.scrollTop() + body.innerHeight()) body.scrollTop(top + height - body.innerHeight());
      draw();
      $(drawn.get(row)).find(`[data-key="${key}"]`).trigger('focus');
    }

    // ── what one does with it ──

    const rowOf = (target) => target.closest('.linewatch-tag')?.linewatchRow;

    function change(row, key, value) {
      row[key] = value;
      readings.delete(row);
      // A bit area has one type only, and a bool in a register needs its bit.
      if (key === 'area' && tags.isBitArea(value) !== (tags.typeOf(row) === 'bool')) {
        if (tags.isBitArea(value)) row.type = 'bool';
        else if (!/\./.test(row.address ?? '')) row.type = 'uint16';
        const element = drawn.get(row);
        if (element) view.fill(element, row);
      }
      refresh();
    }

    const fresh = () => ({ area: 'holding', address: '', type: 'float32', order: 'ABCD' });

    function insert(row, at, key = 'name') {
      rows.splice(at, 0, row);
      refresh();
      focus(row, key);
    }

    function move(row, to) {
      const from = rows.indexOf(row);
      const at = Math.max(0, Math.min(rows.length - 1, to));
      if (from === at) return;
      rows.splice(at, 0, ...rows.splice(from, 1));
      refresh();
    }

    const actions = {
      duplicate: (row) => insert(tags.next(row, rows, oneBased()), rows.indexOf(row) + 1),
      remove(row) {
        const index = rows.indexOf(row);
        rows.splice(index, 1);
        drawn.get(row)?.remove();
        drawn.delete(row);
        refresh();
        const neighbour = rows[Math.min(index, rows.length - 1)];
        if (neighbour !== undefined) $(drawn.get(neighbour)).find('[data-action="remove"]').trigger('focus');
      },
      async read(row) {
        const asked = { text: words('table.busy'), detail: '', isBad: false };
        readings.set(row, asked);
        draw();
        const answer = await read({ ...row });
        // The row was changed meanwhile, or asked for again: this is no answer to what stands there now.
        if (readings.get(row) !== asked) return;
        readings.set(row, answer);
        if (root[0].isConnected) draw();
      },
    };

    body.on('input change', '[data-key]', function () {
      const row = rowOf(this);
      if (row !== undefined && String(row[this.dataset.key] ?? '') !== this.value) change(row, this.dataset.key, this.value);
    });
    body.on('click', '[data-action]', function () {
      actions[this.dataset.action](rowOf(this));
    });
    body.on('scroll', draw);
    body.on('keydown', '[data-key]', function (event) {
      const step = { ArrowUp: -1, ArrowDown: 1, Enter: event.shiftKey ? -1 : 1 }[event.key];
      if (step === undefined || event.ctrlKey || event.metaKey) return;
      const row = rowOf(this);
      const index = rows.indexOf(row);
      if (event.altKey && event.key !== 'Enter') {
        event.preventDefault();
        move(row, index + step);
        focus(row, this.dataset.key);
      } else if (event.key === 'Enter' || this.tagName !== 'SELECT') {
        event.preventDefault();
        if (rows[index + step] !== undefined) focus(rows[index + step], this.dataset.key);
      }
    });
    add.on('click', () => {
      const last = rows.at(-1);
      const row = last === undefined ? fresh() : tags.next(last, rows, oneBased());
      // What the last row was called or did means nothing to the next one.
      insert({ ...row, name: '', description: '' }, rows.length);
    });
    summary.on('click', () => {
      const { index, key } = summary.data('first');
      focus(rows[index], key);
    });
    body.on('pointerdown', '.linewatch-grip', function (event) {
      const row = rowOf(this);
      this.setPointerCapture(event.originalEvent.pointerId);
      const target = (at) => {
        const offset = at.originalEvent.clientY - body[0].getBoundingClientRect().top;
        if (offset < 20) body.scrollTop(body.scrollTop() - 12);
        if (offset > body.innerHeight() - 20) body.scrollTop(body.scrollTop() + 12);
        return Math.max(0, Math.min(rows.length, Math.round((offset + body.scrollTop()) / height)));
      };
      mark.appendTo(space);
      $(this).on('pointermove.linewatch', (moved) => mark.prop('hidden', false).css('top', `${target(moved) * height}px`));
      $(this).on('pointerup.linewatch pointercancel.linewatch', (ended) => {
        $(this).off('.linewatch');
        mark.detach().prop('hidden', true);
        const to = target(ended);
        if (ended.type === 'pointerup') move(row, to > rows.indexOf(row) ? to - 1 : to);
      });
    });

    // Cells from a spreadsheet: with a heading, or whole rows, by the gateway's rules; else they fill the cells from the one with the cursor on.
    root.on('paste', (event) => {
      const text = event.originalEvent.clipboardData.getData('text').replace(/\r?\n$/, '');
      if (!/[\t\n]/.test(text)) return;
      event.preventDefault();
      const lines = cells.cellsOf(text);
      const row = rowOf(event.target);
      const key = event.target.dataset.key ?? 'name';
      if (cells.isHeading(lines[0], [...tags.columns, 'wire']) || (key === 'name' && lines[0].length > 2)) return paste(text);
      const start = tags.columns.indexOf(key);
      const at = row === undefined ? rows.length : rows.indexOf(row);
      const read = lines.map((line) => line.map((cell, column) => ({ key: tags.columns[start + column], cell })));
      const wanted = read.map((line) =>
        line.filter((one) => one.key !== undefined).map((one) => ({ ...one, found: cells.spelled(one.key, one.cell, false) })),
      );
      const unclear = wanted.flatMap((line, index) =>
        line.filter(({ found }) => typeof found !== 'string').map((one) => ({ ...one, row: at + index + 1 })),
      );
      refuse(
        unclear.map((one) => ({
          row: one.row,
          column: view.label(one.key),
          message: words('check.unclear', { got: one.cell, ...one.found }),
        })),
      );
      if (unclear.length > 0) return;
      wanted.forEach((line, index) => {
        rows[at + index] ??= fresh();
        readings.delete(rows[at + index]);
        for (const { key: name, found } of line) rows[at + index][name] = found;
      });
      redraw();
    });

    function redraw() {
      for (const element of drawn.values()) element.remove();
      drawn.clear();
      refresh();
    }

    const observer = new ResizeObserver(() => {
      const wide = root.width() >= WIDE;
      root.toggleClass('linewatch-tags-wide', wide);
      height = wide ? heights.wide : heights.narrow;
      draw();
    });
    observer.observe(root[0]);
    height = root.width() >= WIDE ? heights.wide : heights.narrow;
    refresh();

    return {
      rows: () => rows.map((row) => Object.fromEntries(tags.columns.map((key) => [key, String(row[key] ?? '').trim()]))),
      /** After a change of what addresses mean, or of the device that was read. */
      refresh() {
        readings = new WeakMap();
        refresh();
      },
      set(next) {
        rows = next.map((row) => ({ ...row }));
        redraw();
        body.scrollTop(0);
      },
      add(more) {
        // A row that was begun to paste into.
        if (rows.length > 0 && !String(rows.at(-1).name ?? '').trim()) rows.pop();
        const begin = rows.length;
        rows.push(...more.map((row) => ({ ...row })));
        redraw();
        body.scrollTop(begin * height);
      },
      /** Gives the rows what the rest of the dialog leaves. */
      resize(size) {
        const form = root.closest('.linewatch-form');
        const rest = form.outerHeight(true) - body.outerHeight();
        body.height(Math.max(220, size.height - rest - 4));
        form.data('linewatch-fill', () => this.resize(size));
        draw();
      },
    };
  }

  window.linewatch ??= {};
  window.linewatch.tagTable = tagTable;
})();
