// A text field with a list below it that is searched while one types: free text, or one of the list.
(() => {
  if (window.linewatch?.comboBox) return;

  /** The text with the part that was searched for in bold. */
  function marked(text, search) {
    const at = search === '' ? -1 : text.toLowerCase().indexOf(search.toLowerCase());
    const element = $('<span class="linewatch-choice">');
    if (at < 0) return element.text(text);
    const end = at + search.length;
    return element.append(
      document.createTextNode(text.slice(0, at)),
      $('<b>').text(text.slice(at, end)),
      document.createTextNode(text.slice(end)),
    );
  }

  /**
   * @param {string} selector the text field; it stands in a `.linewatch-combo`. It gets the event `linewatch-choice` when one was chosen
   * @param {string} button opens the whole list
   * @param {string} none what stands there instead of an empty list
   * @param {() => Promise<{ value: string, detail?: string, group?: string }[]>} load asked each time the list opens
   */
  function comboBox(selector, button, none, load) {
    const input = $(selector);
    const id = `${input.attr('id')}-choices`;
    const list = $('<ul class="linewatch-choices" role="listbox" hidden>').attr('id', id).insertAfter(input);
    input.attr({ role: 'combobox', 'aria-expanded': 'false', 'aria-controls': id, 'aria-autocomplete': 'list' });
    let choices = [];
    let asked = 0;

    const isOpen = () => !list.prop('hidden');
    const close = () => {
      asked++;
      list.prop('hidden', true);
      input.attr('aria-expanded', 'false').removeAttr('aria-activedescendant');
    };
    const choose = (value) => {
      close();
      input.val(value).trigger('change').trigger('focus').trigger('linewatch-choice');
    };
    const highlight = (step) => {
      const all = list.children('[role="option"]');
      if (all.length === 0) return;
      const now = all.index(all.filter('.selected'));
      const next = now < 0 ? (step > 0 ? 0 : all.length - 1) : (now + step + all.length) % all.length;
      all.removeClass('selected').attr('aria-selected', 'false');
      const item = all.eq(next).addClass('selected').attr('aria-selected', 'true');
      input.attr('aria-activedescendant', item.attr('id'));
      item[0].scrollIntoView({ block: 'nearest' });
    };
    const show = (search) => {
      list.empty();
      const fitting = choices.filter(({ value }) => value.toLowerCase().includes(search.toLowerCase()));
      for (const [index, { value, detail, group }] of fitting.entries()) {
        if (group && group !== fitting[index - 1]?.group)
          $('<li class="linewatch-choice-group" role="presentation">').text(group).appendTo(list);
        $('<li role="option" aria-selected="false">')
          .attr({ id: `${id}-${index}`, title: value })
          .data('value', value)
          .append(marked(value, search), $('<span class="linewatch-choice-detail">').text(detail ?? ''))
          .appendTo(list);
      }
      if (fitting.length === 0) $('<li class="linewatch-choice-group" role="presentation">').text(none).appendTo(list);
      // While one types what is in no list, an empty list would only be in the way.
      const useful = fitting.length > 0 || search === '';
      list.prop('hidden', !useful);
      input.attr('aria-expanded', String(useful)).removeAttr('aria-activedescendant');
    };
    const open = async (search) => {
      const turn = ++asked;
      const loaded = await load();
      if (turn !== asked || !input[0].isConnected) return;
      choices = loaded;
      show(search);
    };

    input.on('input', () => {
      if (isOpen()) show(input.val().trim());
      else if (input.val().trim() !== '') void open(input.val().trim());
    });
    input.on('keydown', (event) => {
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        if (isOpen()) highlight(event.key === 'ArrowDown' ? 1 : -1);
        else void open('');
      } else if (event.key === 'Enter' && isOpen() && list.children('.selected').length > 0) {
        event.preventDefault();
        choose(list.children('.selected').data('value'));
      } else if (event.key === 'Escape' && isOpen()) {
        // The editor would close the whole dialog.
        event.preventDefault();
        event.stopPropagation();
        close();
      }
    });
    input.on('blur', close);
    // The field must keep the focus, or the list would close before the click counts.
    list.on('mousedown', (event) => event.preventDefault());
    list.on('click', '[role="option"]', function () {
      choose($(this).data('value'));
    });
    $(button).on('mousedown', (event) => event.preventDefault());
    $(button).on('click', () => {
      if (isOpen()) return close();
      input.trigger('focus');
      void open('');
    });
  }

  window.linewatch ??= {};
  window.linewatch.comboBox = comboBox;
})();
