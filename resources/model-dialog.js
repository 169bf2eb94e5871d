// What the dialog of an onnx model shows of the gateway: its models, what is in the chosen one, and how fast it runs.
(() => {
  if (window.linewatch?.modelDialog) return;

  const prefix = '#node-config-input-';
  /** Longer than a click takes. */
  const CLICK_MS = 250;
  const field = (name) => String($(prefix + name).val() ?? '').trim();
  /** The node whose dialog is open, and its requests that are under way. */
  let node;
  let requests = new Set();

  const words = (key, values) => node._def._(`onnx-model.${key}`, values);

  /** A number with as many digits as one reads. */
  const readable = (value) =>
    Number(value.toPrecision(value < 10 ? 2 : 3)).toLocaleString(RED.i18n.lang(), { maximumFractionDigits: value < 10 ? 3 : 0 });

  const size = (bytes) =>
    bytes < 1e6 ? `${readable(bytes / 1e3)} kB` : bytes < 1e9 ? `${readable(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;

  /** A request to the gateway that ends with the dialog. Its failure is the sentence that the gateway gave. */
  function ask(options) {
    const mine = requests;
    const request = $.ajax({ dataType: 'json', ...options });
    mine.add(request);
    request.always(() => mine.delete(request));
    return request;
  }

  /** What the answer of a failed request says, in the editor's language. */
  function reasonOf(failed) {
    if (failed.responseJSON?.message) return failed.responseJSON.message;
    if (failed.status === 401 || failed.status === 403) return words('failed.permission');
    if (failed.status === 0) return words('failed.unreachable');
    return words('failed.other', { status: `${failed.status} ${failed.statusText}` });
  }

  const row = (...cells) => {
    const line = $('<tr>');
    for (const cell of cells) $('<td>').text(cell).appendTo(line);
    return line;
  };

  /** Shows a problem in red, in the place of what was there. */
  const showProblem = (place, text) => $(place).prop('hidden', false).empty().append($('<div class="linewatch-problem">').text(text));

  function listModels() {
    return ask({ url: 'linewatch/models', cache: false }).then(
      (models) => models.map(({ path, folder, bytes }) => ({ value: path, detail: size(bytes), group: folder })),
      (failed) => {
        if (failed.statusText !== 'abort') RED.notify(reasonOf(failed), 'error');
        return [];
      },
    );
  }

  /** How a picture becomes an input, in a few words. */
  function wordPicture({ width, height, fit, colour, tiles }, keep) {
    const side = (pixels) => (pixels === 0 ? '?' : pixels);
    const parts = [
      words(keep ? 'description.kept' : 'description.picture'),
      `${side(width)} × ${side(height)}`,
      words(`description.fit.${fit}`),
      words(`description.colour.${colour}`),
      tiles && words('description.tiles'),
    ];
    return parts.filter(Boolean).join(' · ');
  }

  /** `[1, ?, 128]`; a dimension without a name is known only when the model runs. */
  const shape = (dims) => (dims ? `[${dims.join(', ')}]` : '');

  function showDescription(model) {
    const place = $('#linewatch-model-description').prop('hidden', false).empty();
    const title = [model.name, model.version && words('description.version', { version: model.version }), model.task];
    const file = [size(model.bytes), model.licence && words('description.licence', { licence: model.licence })];
    const made = [
      model.operators > 0 && words('description.operators', { count: model.operators }),
      model.opset > 0 && `opset ${model.opset}`,
      model.producer,
    ];
    const line = (parts, kind) => {
      const text = parts.filter(Boolean).join(' · ');
      if (text !== '') $('<div>').addClass(kind).text(text).appendTo(place);
    };
    line(title, 'linewatch-title');
    line(file, '');
    if (model.description) line([model.description], '');
    const table = $('<table class="linewatch-facts">').appendTo(place);
    const note = (line, text) => $('<td>').text(text).appendTo(line);
    for (const [key, tensors] of [
      ['input', model.inputs],
      ['output', model.outputs],
    ])
      for (const { name, type, dims, state, value, image, keep } of tensors) {
        const line = row(words(`description.${key}`), name, type, shape(dims)).appendTo(table);
        if (state !== undefined) note(line, words('description.state', { output: state }));
        else if (value !== undefined) note(line, `= ${JSON.stringify(value)}`);
        else if (image !== undefined) note(line, wordPicture(image, keep));
      }
    line(made, 'linewatch-muted');
    for (const problem of model.problems) $('<div class="linewatch-problem">').text(problem).appendTo(place);
    for (const [list, tensors] of [
      ['#linewatch-model-inputs', model.inputs],
      ['#linewatch-model-outputs', model.outputs],
    ])
      $(list)
        .empty()
        .append(tensors.map(({ name }) => $('<option>').val(name)));
  }

  let described = '';
  let describing;
  function describe() {
    const path = field('path');
    if (path === described || $(`${prefix}path`).length === 0) return;
    described = path;
    describing?.abort();
    $('#linewatch-model-trial').prop('hidden', true);
    if (path === '') return $('#linewatch-model-description').prop('hidden', true);
    describing = ask({ url: 'linewatch/models/describe', cache: false, data: { path, id: node.id, lng: RED.i18n.lang() } });
    describing.then(showDescription, (failed) => {
      if (failed.statusText !== 'abort') showProblem('#linewatch-model-description', reasonOf(failed));
    });
  }

  function listBackends() {
    const select = $(`${prefix}backend`).empty();
    // What flows of version 0.1 have.
    const wanted = node.backend === 'native' ? 'cpu' : node.backend || 'auto';
    const add = (value, text) => $('<option>').val(value).text(text).appendTo(select);
    add('auto', words('backend.auto'));
    add('cpu', words('backend.cpu'));
    add('wasm', words('backend.wasm'));
    const known = () => select.find('option').filter((_, option) => option.value === wanted).length > 0;
    if (!known()) add(wanted, wanted);
    select.val(wanted);
    ask({ url: 'linewatch/backends', cache: false }).then((backends) => {
      const chosen = select.val();
      const here = backends.filter(({ name }) => name !== 'cpu');
      for (const { name, bundled } of here) {
        const text = bundled ? name : words('backend.further', { name });
        const option = select.find('option').filter((_, other) => other.value === name);
        if (option.length > 0) option.text(text);
        else add(name, text);
      }
      const missing = chosen !== 'auto' && chosen !== 'wasm' && !backends.some(({ name }) => name === chosen);
      if (missing)
        select
          .find('option')
          .filter((_, option) => option.value === chosen)
          .text(words('backend.missing', { name: chosen }));
      select.val(chosen);
    });
  }

  function showTrial({ backend, fallbackReason, loadMs, runs, medianMs, p99Ms, memoryMb }) {
    const table = $('<table class="linewatch-facts">');
    const fact = (key, text) => row(words(`try.${key}`), text).appendTo(table);
    fact('backend', backend);
    fact('load', `${readable(loadMs)} ms`);
    fact('median', `${readable(medianMs)} ms`);
    fact('p99', `${readable(p99Ms)} ms`);
    if (memoryMb !== undefined) fact('memory', `${readable(memoryMb)} MB`);
    const place = $('#linewatch-model-trial').prop('hidden', false).empty().append(table);
    $('<div class="linewatch-muted">')
      .text(words('try.runs', { count: runs }))
      .appendTo(place);
    if (fallbackReason)
      $('<div class="linewatch-problem">')
        .text(words('try.fallback', { reason: fallbackReason }))
        .appendTo(place);
  }

  function tryModel() {
    const button = $('#linewatch-model-try').prop('disabled', true);
    const place = $('#linewatch-model-trial').prop('hidden', false).empty();
    $('<div class="linewatch-muted">').text(words('try.running')).appendTo(place);
    const setup = {};
    for (const name of ['path', 'backend', 'threads', 'spinning', 'optimization', 'deadlineMs', 'memoryMb']) setup[name] = field(name);
    setup.feeds = linewatch.tableRows(`${prefix}feeds-table`);
    ask({
      url: `linewatch/models/try?${$.param({ id: node.id, lng: RED.i18n.lang() })}`,
      method: 'POST',
      contentType: 'application/json',
      data: JSON.stringify(setup),
    })
      .then(showTrial, (failed) => {
        if (failed.statusText !== 'abort') showProblem(place, reasonOf(failed));
      })
      .always(() => button.prop('disabled', false));
  }

  /** Call it in `oneditprepare`, before `linewatch.dialog`. */
  function open(opened) {
    close();
    node = opened;
    linewatch.comboBox(`${prefix}path`, '#linewatch-model-list', words('list.none'), listModels);
    linewatch.modelUpload({
      words,
      size,
      ask,
      reasonOf,
      showProblem,
      chosen(path) {
        $(`${prefix}path`).val(path).trigger('change');
        // The same path may be another file now.
        described = '';
        describe();
      },
    });
    $(`${prefix}path`).on('linewatch-choice', () => describe());
    // What is below moves when the description changes, and a click on it that has just begun would miss: first the click.
    $(`${prefix}path`).on('blur', () => setTimeout(describe, CLICK_MS));
    $(`${prefix}path`).on('keydown', (event) => {
      if (event.key === 'Enter') describe();
    });
    $('#linewatch-model-try').on('click', tryModel);
    listBackends();
    described = '';
    describe();
  }

  /** Ends what is under way for the dialog that closes. */
  function close() {
    const old = requests;
    requests = new Set();
    for (const request of old) request.abort();
  }

  window.linewatch ??= {};
  window.linewatch.modelDialog = { open, close };
})();
