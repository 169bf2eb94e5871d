// In the dialog of annotate: the last picture that the node saw (or a made-up one), drawn by the gateway as the open dialog says.
(() => {
  if (window.linewatch?.annotatePreview) return;

  const PAUSE_MS = 400;
  const text = (key, values) => RED._(`@linewatch/node-red-edge-ai/annotate:annotate.preview.${key}`, values);

  /** @param {object} node whose dialog is open @param {JQuery} figure with an <img> and a <figcaption> */
  function annotatePreview(node, figure) {
    const [image, note] = [figure.find('img'), figure.find('figcaption')];
    const form = figure.closest('.linewatch-form');
    let timer;
    let isAsking = false;
    let isAgain = false;

    const fields = () => {
      const names = Object.keys(node._def.defaults).filter((name) => name !== 'name' && name !== 'colours');
      const values = Object.fromEntries(names.map((name) => [name, window.linewatch.current(node, name)]));
      // A row that is not filled in yet must not keep the picture away.
      const rows = window.linewatch.tableRows('#node-input-colours-table');
      return { ...values, colours: rows.filter(({ label, colour }) => label !== '' && /^#[0-9a-f]{6}$/i.test(colour)) };
    };
    const say = (words, isProblem = false) => note.text(words).toggleClass('linewatch-problem', isProblem);

    function ask() {
      if (!figure[0].isConnected) return;
      if (isAsking) {
        isAgain = true;
        return;
      }
      isAsking = true;
      const body = fields();
      // The editor adds its login to what goes through $.ajax.
      $.ajax({
        url: `linewatch/annotate/preview?${$.param({ lng: RED.i18n.lang() })}`,
        method: 'POST',
        contentType: 'application/json',
        data: JSON.stringify({ id: node.id, fields: body, labels: body.colours.map(({ label }) => label) }),
      })
        .done(({ error, url, width, height, bytes, isSample }) => {
          if (error) return say(error, true);
          image.attr('src', url);
          say(text(isSample ? 'sample' : 'last', { width, height, kB: Math.max(1, Math.round(bytes / 1000)) }));
        })
        .fail(({ status }) => say(status > 0 ? `HTTP ${status}` : text('noAnswer'), true))
        .always(() => {
          isAsking = false;
          if (isAgain) later();
          isAgain = false;
        });
    }
    function later() {
      clearTimeout(timer);
      timer = setTimeout(ask, PAUSE_MS);
    }
    form.on('input change', ':input', later);
    form.on('click', '.red-ui-editableList-item-remove', later);
    ask();
  }

  window.linewatch = Object.assign(window.linewatch ?? {}, { annotatePreview });
})();
