// One row of the tag table: its fields, and what is shown of it.
(() => {
  if (window.linewatch?.tagRow) return;

  const fields = [
    ['name', 'area', 'address', 'type', 'order'],
    ['scale', 'offset', 'unit', 'deadband', 'description'],
  ];

  const escaped = (text) => $('<i>').text(text).html();

  /**
   * @param {(key: string, values?: object) => string} words
   * @param {() => boolean | undefined} oneBased
   * @returns `head` and `create()`, elements; `fill(element, row)` puts a row's values into its fields, `show(element, …)` what is to be said of it
   */
  function tagRow(words, oneBased) {
    const tags = window.linewatch.modbusTags;
    const label = (key) => words(`field.${key === 'unit' ? 'unitOfTag' : key === 'name' ? 'tag' : key}`);
    const problemText = ({ key, problem, ...values }) => words(`check.${problem}`, values);

    function line(number, isHead = false) {
      const cells = fields[number].map(
        (key) => `<span class="linewatch-cell-${key}">${isHead ? escaped(label(key)) : control(key)}</span>`,
      );
      const first = number > 0 ? '' : `<span class="linewatch-grip"${isHead ? '' : ` title="${escaped(words('table.move'))}"`}></span>`;
      const button = (action, icon) =>
        `<button type="button" class="red-ui-button red-ui-button-small" data-action="${action}" title="${escaped(words(`table.${action}`))}"` +
        ` aria-label="${escaped(words(`table.${action}`))}"><i class="fa fa-${icon}"></i></button>`;
      const last = [
        `<span class="linewatch-reading">${isHead ? escaped(words('table.reading')) : ''}</span>`,
        `<span class="linewatch-actions">${isHead ? '' : button('read', 'eye') + button('duplicate', 'clone') + button('remove', 'trash-o')}</span>`,
      ];
      const element = $(
        `<div class="linewatch-line linewatch-line-${number}">${first}${cells.join('')}${number > 0 ? last.join('') : ''}</div>`,
      );
      if (isHead) {
        for (const key of fields[number]) element.find(`.linewatch-cell-${key}`).attr('title', words(`hint.${key}`));
      }
      return element;
    }

    function control(key) {
      const options = { area: ['holding', 'input', 'coil', 'discrete'], type: tags.types, order: tags.orders }[key];
      const input = (name, more = '') => `<input type="text" data-key="${name}" aria-label="${escaped(label(name))}"${more}>`;
      if (options !== undefined) {
        const text = (value) => (key === 'area' ? words(`areaShort.${value}`) : value);
        const select = `<select data-key="${key}" aria-label="${escaped(label(key))}">${options.map((value) => `<option value="${value}">${escaped(text(value))}</option>`).join('')}</select>`;
        return key === 'type' ? select + input('length', ` placeholder="${escaped(words('table.bytes'))}"`) : select;
      }
      if (key === 'address') return `${input(key, ' placeholder="40001"')}<span class="linewatch-wire"></span>`;
      return input(key, { scale: ' placeholder="1"', offset: ' placeholder="0"' }[key]);
    }

    function fill(element, row) {
      for (const field of element.querySelectorAll('[data-key]')) {
        const value = String(row[field.dataset.key] ?? '').trim() || (field.dataset.key === 'type' ? tags.typeOf(row) : '');
        if (field.tagName === 'SELECT' && value === '') continue;
        field.value = value;
        // A name of an environment variable, or what a file brought.
        if (field.value !== value) {
          field.add(new Option(value, value));
          field.value = value;
        }
      }
    }

    /** @param problems those of this row @param reading what it held when it was last read */
    function show(element, row, number, problems, reading) {
      element.querySelector('.linewatch-grip').textContent = number;
      const wrong = new Map(problems.map((found) => [found.key, found]));
      const isNumber = tags.isNumber(row);
      for (const field of element.querySelectorAll('[data-key]')) {
        const { key } = field.dataset;
        field.disabled = !isNumber && (['scale', 'offset', 'deadband'].includes(key) || (key === 'order' && tags.typeOf(row) === 'bool'));
        field.classList.toggle('input-error', wrong.has(key));
        field.title = wrong.has(key) ? problemText(wrong.get(key)) : words(`hint.${key}`);
      }
      element.querySelector('[data-key="length"]').hidden = tags.typeOf(row) !== 'string';
      showWire(element.querySelector('.linewatch-wire'), row);
      const place = element.querySelector('.linewatch-reading');
      place.classList.toggle('linewatch-problem', reading?.isBad === true);
      place.title = reading === undefined ? '' : `${reading.text}\n${reading.detail}`.trim();
      place.replaceChildren($('<b>').text(reading?.text ?? '')[0], $('<small>').text(reading?.detail ?? '')[0]);
    }

    function showWire(place, row) {
      const typed = String(row.address ?? '');
      const found = tags.parseAddress(typed, row.area, oneBased());
      if (found.problem === 'unknown' || tags.isEnvironment(typed)) {
        place.textContent = '→ ?';
        place.title = words('table.wireUnknown');
        return;
      }
      place.textContent = found.address === undefined ? '→ –' : `→ ${found.address}`;
      if (found.address === undefined) return place.removeAttribute('title');
      const width = tags.widthOf(row);
      const last = width > 1 ? ` – ${found.address + width - 1}` : '';
      place.title = words('table.wire', {
        area: words(`area.${row.area}`),
        address: found.address + last + (found.bit === undefined ? '' : `.${found.bit}`),
        reference: tags.referenceOf(found, row.area),
      });
    }

    const template = $('<div class="linewatch-tag">').append(line(0), line(1))[0];
    const head = $('<div class="linewatch-tag linewatch-head">').append(line(0, true), line(1, true));
    return { head, create: () => template.cloneNode(true), fill, show, label, problemText };
  }

  window.linewatch ??= {};
  window.linewatch.tagRow = tagRow;
})();
