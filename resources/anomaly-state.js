// In the dialog of anomaly score: keeps what the running node has learned as a file, and gives it to this or another node.
(() => {
  if (window.linewatch?.anomalyState) return;

  const text = (key, values) => RED._(`@linewatch/node-red-edge-ai/anomaly-score:anomaly-score.state.${key}`, values);

  function reasonOf({ status, responseText }) {
    try {
      return JSON.parse(responseText).message ?? `HTTP ${status}`;
    } catch {
      return status > 0 ? `HTTP ${status}` : text('noAnswer');
    }
  }

  /** @param {object} node whose dialog is open @param {HTMLElement} element an empty place in it */
  function anomalyState(node, element) {
    const url = `linewatch/anomaly-score/state?${$.param({ id: node.id, lng: RED.i18n.lang() })}`;
    const place = $(element).empty();
    const button = (key, icon) =>
      $('<button type="button" class="red-ui-button red-ui-button-small">')
        .append($('<i class="fa">').addClass(icon), ' ', $('<span>').text(text(key)))
        .appendTo(place);
    const save = button('save', 'fa-download');
    const load = button('load', 'fa-upload');
    const picker = $('<input type="file" accept=".json,application/json" hidden>').appendTo(place);
    const note = place.closest('.form-row').next('.linewatch-state-note').attr('role', 'status').empty();

    const say = (words, isProblem = false) => note.text(words).toggleClass('linewatch-problem', isProblem);
    const ask = (options) => {
      say(text('busy'));
      place.find('button').prop('disabled', true);
      // The editor adds its login to what goes through $.ajax.
      return $.ajax({ url, dataType: 'text', ...options })
        .fail((failed) => say(reasonOf(failed), true))
        .always(() => place.find('button').prop('disabled', false));
    };

    save.on('click', () =>
      ask({ cache: false }).done((state) => {
        const link = URL.createObjectURL(new Blob([state], { type: 'application/json' }));
        const name = `${(node.name || 'anomaly-score').replace(/[^\p{L}\p{N}._-]+/gu, '-')}-${new Date().toISOString().slice(0, 10)}.json`;
        $('<a>').attr({ href: link, download: name })[0].click();
        setTimeout(() => URL.revokeObjectURL(link), 60_000);
        say(text('saved', { name }));
      }),
    );
    load.on('click', () => picker.trigger('click'));
    picker.on('change', () => {
      const [file] = picker[0].files;
      // The same file may be chosen again.
      picker.val('');
      if (!file) return;
      ask({ method: 'PUT', contentType: 'application/octet-stream', data: file, processData: false }).done(() =>
        say(text('loaded', { name: file.name })),
      );
    });
  }

  window.linewatch = Object.assign(window.linewatch ?? {}, { anomalyState });
})();
