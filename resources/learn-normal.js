// What the dialog of learn normal shows of the last training: figures, the learning curve, and which label was taken for which.
(() => {
  window.linewatch ??= {};
  if (window.linewatch.learning) return;

  const SVG = 'http://www.w3.org/2000/svg';
  const [WIDTH, HEIGHT] = [400, 90];
  const percent = (share) => Math.round(100 * share);
  const when = (time) => new Date(time).toLocaleString();

  function shape(name, attributes) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  }

  /** Both errors over the rounds of training, on a logarithmic scale: the first rounds would flatten the others. */
  function curve(points, words) {
    const errors = points.flatMap(({ trainingError, heldOutError }) => [trainingError, heldOutError]).filter((error) => error > 0);
    const [low, high] = [Math.log(Math.min(...errors)), Math.log(Math.max(...errors))];
    const y = (error) => 4 + (HEIGHT - 8) * (1 - (Math.log(Math.max(error, Math.exp(low))) - low) / (high - low || 1));
    const x = (index) => (WIDTH * index) / Math.max(1, points.length - 1);
    const line = (field) => points.map((point, index) => `${x(index).toFixed(1)},${y(point[field]).toFixed(1)}`).join(' ');
    const svg = shape('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': words('curve') });
    svg.append(shape('polyline', { points: line('trainingError') }), shape('polyline', { points: line('heldOutError'), class: 'p99' }));
    const last = points.at(-1);
    const entry = (name, error, style) =>
      $('<i>')
        .addClass(style)
        .text(`${name} ${error.toPrecision(2)}`);
    const legend = $('<span>').append(entry(words('training'), last.trainingError, ''), entry(words('heldOut'), last.heldOutError, 'p99'));
    const caption = $('<figcaption>').append($('<span>').text(`${words('curve')} · ${words('epochs', { count: last.epoch })}`), legend);
    return $('<figure class="linewatch-curve linewatch-learning-curve">').append(caption, svg);
  }

  /** Rows: what was taught; columns: what held-out windows of it were recognised as. */
  function confusion({ labels, confusion: counts }, words) {
    const given = [...labels, '?'];
    const head = $('<tr>').append(
      $('<th>').text(`${words('taught')} \\ ${words('given')}`),
      ...given.map((label) => $('<th>').text(label)),
    );
    const lines = labels.map((label, row) =>
      $('<tr>').append(
        $('<th>').text(label),
        ...counts[row].map((count, column) =>
          $('<td>')
            .text(count || '·')
            .toggleClass('linewatch-title', row === column),
        ),
      ),
    );
    return $('<table class="linewatch-confusion">').append(head, ...lines);
  }

  const short = (value) => String(Number(value.toPrecision(4)));

  function movedValues({ column, unit, got, expected, deviations, limit, since }) {
    const amount = (value) => `${short(value)} ${unit}`.trim();
    const times = short(Number(deviations.toPrecision(2)));
    return { column, got: amount(got), expected: amount(expected), times, limit, since: new Date(since).toLocaleDateString() };
  }

  function facts({ report, at }, view, target, all) {
    const words = (key, values) => all(`last.${key}`, values);
    const method = (name) => all(`used.${name}`);
    const { components, compared, explained, classes, moved, constant, windows } = report;
    const rows = [
      [words('when'), when(at)],
      [
        words('method'),
        [method(report.method), components && words('components', { count: components.count, explained: percent(components.explained) })],
      ],
      [words('span'), `${when(report.from)} – ${when(report.to)}`],
      [words('windows'), words(windows.stopping > 0 ? 'windowsValue' : 'windowsShort', windows)],
      compared && [
        words('compared'),
        compared.map(({ method: name, found }) => words('comparedValue', { method: method(name), percent: percent(found) })),
        words('comparedHint'),
      ],
      explained !== undefined && [words('explained'), words('explainedValue', { percent: percent(explained), target })],
      classes && [words('accuracy'), words('accuracyValue', { percent: percent(classes.accuracy) })],
      moved && [words('moved'), words('movedValue', movedValues(moved))],
      classes?.leftOut && [words('leftOut'), classes.leftOut.map((one) => words('leftOutValue', one))],
      constant.length > 0 && [words('constant'), constant.join(', ')],
      [words('model'), view.file],
    ];
    const table = $('<table class="linewatch-facts">');
    for (const [name, value, hint] of rows.filter(Boolean)) {
      const text = [value].flat().filter(Boolean).join(' · ');
      $('<tr>').append($('<td>').text(name), $('<td>').text(text).attr('title', hint)).appendTo(table);
    }
    return table;
  }

  function now(view, all) {
    const phase = view.paused ? 'paused' : view.phase;
    const skipped = Object.values(view.skipped).reduce((sum, count) => sum + count, 0);
    const parts = [`${all('last.now')}: ${all(`phase.${phase}`, { percent: Math.floor(100 * view.progress) })}`];
    if (view.labels.length > 0) parts.push(view.labels.map(({ label, windows }) => `${label} ${windows}`).join(', '));
    if (skipped > 0) parts.push(`${all('last.skipped')}: ${skipped}`);
    return $('<div>').text(parts.join(' · '));
  }

  const urlOf = (node, what = '') => `linewatch/learning/${encodeURIComponent(node.id)}${what}?${$.param({ lng: RED.i18n.lang() })}`;

  /** Takes what was refused for the new normal. */
  function acceptButton(node, all) {
    const button = $('<button type="button" class="red-ui-button red-ui-button-small">');
    button.append('<i class="fa fa-check"></i> ', $('<span>').text(all('accept'))).attr('title', all('acceptHint'));
    const note = $('<span role="status">');
    button.on('click', () => {
      button.prop('disabled', true);
      $.post(urlOf(node, '/accept'))
        .done(() => show(node))
        .fail(({ responseJSON, status }) => {
          note.text(` ${responseJSON?.message ?? `HTTP ${status}`}`);
          button.prop('disabled', false);
        });
    });
    return $('<div>').append(button, note);
  }

  /** Draws what the gateway knows of the node below the dialog's fields. */
  function show(node) {
    const place = $('#linewatch-learning').empty();
    const all = (key, values) => node._def._(`learn-normal.${key}`, values);
    const words = (key, values) => all(`last.${key}`, values);
    const say = (text) => place.append($('<div class="linewatch-muted">').text(text));
    $.getJSON(urlOf(node))
      .done((view) => {
        if (view === null) return say(words('notDeployed'));
        place.append(now(view, all));
        if (view.refusal) place.append($('<div class="linewatch-problem">').text(view.refusal));
        if (view.isAcceptable) place.append(acceptButton(node, all));
        if (!view.learned) return say(words('none'));
        const { report } = view.learned;
        place.append(facts(view.learned, view, node.target, all));
        if (report.curve.length > 1) place.append(curve(report.curve, words));
        if (report.classes) place.append(confusion(report.classes, words));
      })
      .fail(() => say(words('unread')));
  }

  /** The path that an onnx model has to name, and a button that copies it. */
  function path(node) {
    const name = () => String($('#node-input-modelName').val()).trim() || '…';
    const field = $('#linewatch-learning-path');
    const draw = () => field.text(`${name()}/model.onnx`);
    $('#node-input-modelName').on('input change', draw);
    $('#linewatch-learning-copy').on('click', function () {
      RED.clipboard.copyText(field.text(), $(this), node._def._('learn-normal.copied'));
    });
    draw();
  }

  window.linewatch.learning = { show, path };
})();
