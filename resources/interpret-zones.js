// In the dialog of interpret: zones drawn on a picture. A zone is { name, points: [[x, y], …] }, 0..1 of the picture's width and height.
(() => {
  window.linewatch ??= {};
  if (window.linewatch.zones) return;

  const SVG = 'http://www.w3.org/2000/svg';
  const WIDTH = 1000;
  /** A click so near to the first corner closes the zone. */
  const NEAR = 14;
  const DOUBLE_MS = 400;
  /** One press of an arrow key, of the picture's side. */
  const STEP = 0.01;
  const text = (key, values) => RED._(`@linewatch/node-red-edge-ai/interpret:interpret.zone.${key}`, values);
  const clamp = (value) => Math.round(1e4 * Math.min(1, Math.max(0, value))) / 1e4;

  function shape(name, attributes, words) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (words !== undefined) element.append(words);
    return element;
  }

  const parse = (value) => {
    try {
      const list = JSON.parse(value || '[]');
      return Array.isArray(list) ? list.filter(({ points }) => Array.isArray(points)) : [];
    } catch {
      return [];
    }
  };

  /** What is wrong with zones, in words; '' where nothing is. */
  function problem(value) {
    if (/\$\{[^}]+\}/.test(String(value ?? ''))) return '';
    const names = parse(value).map(({ name }) => String(name ?? '').trim());
    if (names.includes('')) return text('unnamed');
    return new Set(names).size < names.length ? text('twice') : '';
  }

  /** @param {object} node whose dialog is open @param {JQuery} host where the editor goes @param {JQuery} field holds the zones as JSON */
  function zones(node, host, field) {
    const list = parse(field.val());
    /** The corners of a zone that is being drawn. */
    let drawn;
    let selected = 0;
    let dragged;
    let pressed = {};
    let height = (WIDTH * 9) / 16;

    const button = (icon, key, act) =>
      $('<button type="button" class="red-ui-button red-ui-button-small">')
        .append($('<i>').addClass(`fa ${icon}`), ` ${text(key)}`)
        .on('click', act);
    const file = $('<input type="file" accept="image/*" hidden>').on('change', () => {
      const [picture] = file[0].files;
      if (picture) show(URL.createObjectURL(picture));
      file.val('');
    });
    const add = button('fa-plus', 'add', () => {
      drawn = [];
      svg.focus();
      render();
    });
    const bar = $('<div class="form-row linewatch-buttons">').append(
      add,
      button('fa-refresh', 'last', askLast),
      button('fa-picture-o', 'choose', () => file.trigger('click')),
      file,
    );
    const image = $('<img alt="">').attr('alt', text('picture'));
    const svg = shape('svg', { tabindex: '0', role: 'group', 'aria-label': text('canvas') });
    const stage = $('<div class="linewatch-zone-stage">').append(image, svg);
    const note = $('<div class="linewatch-hint linewatch-zone-note" role="status">');
    const names = $('<div class="linewatch-zone-names">');
    host.append(bar, stage, note, names);
    const say = (words, isProblem = false) => note.text(words).toggleClass('linewatch-problem', isProblem);

    function save() {
      const value = list.length === 0 ? '' : JSON.stringify(list);
      if (field.val() !== value) field.val(value).trigger('change');
    }

    function show(url) {
      image.off('load error').one('load', () => {
        const { naturalWidth, naturalHeight } = image[0];
        if (url.startsWith('blob:')) URL.revokeObjectURL(url);
        height = (WIDTH * naturalHeight) / naturalWidth;
        stage.addClass('has-picture');
        render();
      });
      image.one('error', () => say(text('unreadable'), true));
      image.attr('src', url);
    }

    /** The editor adds its login to what goes through $.ajax. */
    function askLast() {
      $.ajax({
        url: `linewatch/interpret/picture?${$.param({ id: node.id, lng: RED.i18n.lang() })}`,
        cache: false,
        xhrFields: { responseType: 'blob' },
      })
        .done((picture, _status, { status }) => (status === 204 ? say(text('none')) : show(URL.createObjectURL(picture))))
        .fail(() => say(text('failed'), true));
    }

    /** Where the pointer is, 0..1. */
    function at(event) {
      const { left, top, width, height: high } = svg.getBoundingClientRect();
      return [clamp((event.clientX - left) / width), clamp((event.clientY - top) / high)];
    }

    const onScreen = ([x, y]) => [x * WIDTH, y * height];
    const path = (points) => points.map((point) => onScreen(point).join(',')).join(' ');

    function finish() {
      // With the keyboard alone there are no corners: a rectangle, whose corners the arrow keys move.
      const points =
        drawn.length >= 3
          ? drawn
          : [
              [0.3, 0.3],
              [0.7, 0.3],
              [0.7, 0.7],
              [0.3, 0.7],
            ];
      const taken = new Set(list.map(({ name }) => name));
      let number = list.length + 1;
      while (taken.has(text('name', { number }))) number++;
      list.push({ name: text('name', { number }), points });
      selected = list.length - 1;
      drawn = undefined;
      save();
      render();
      names.find('input').eq(selected).trigger('focus').trigger('select');
    }

    function cancel() {
      drawn = undefined;
      render();
      add.trigger('focus');
    }

    function handle(kind, zone, corner, point, label) {
      const [cx, cy] = onScreen(point);
      const element = shape('circle', {
        class: kind,
        cx,
        cy,
        r: kind === 'corner' ? 8 : 5,
        tabindex: '0',
        role: 'button',
        'aria-label': label,
        'data-key': `${kind} ${zone} ${corner}`,
      });
      Object.assign(element, { zone, corner });
      return element;
    }

    function render() {
      const focus = document.activeElement?.getAttribute?.('data-key');
      renderPicture();
      renderNames();
      say(drawn ? text('drawing') : list.length === 0 ? text('empty') : text('hint'));
      if (focus) host.find(`[data-key="${focus}"]`).trigger('focus');
    }

    function renderPicture() {
      svg.setAttribute('viewBox', `0 0 ${WIDTH} ${height}`);
      stage.css('aspect-ratio', `${WIDTH} / ${height}`).toggleClass('is-drawing', drawn !== undefined);
      svg.replaceChildren();
      list.forEach(({ name, points }, zone) => {
        const polygon = shape('polygon', { points: path(points), class: zone === selected ? 'selected' : '' });
        polygon.zone = zone;
        const [x, y] = onScreen(points.reduce(([sumX, sumY], [px, py]) => [sumX + px / points.length, sumY + py / points.length], [0, 0]));
        svg.append(polygon, shape('text', { x, y, 'text-anchor': 'middle' }, name));
      });
      if (drawn) svg.append(shape('polyline', { points: path(drawn), class: 'selected' }));
      for (const [index, point] of (drawn ?? []).entries()) svg.append(handle('corner', 'new', index, point, ''));
      const zone = drawn ? undefined : list[selected];
      zone?.points.forEach((point, corner, points) => {
        const next = points[(corner + 1) % points.length];
        const middle = [(point[0] + next[0]) / 2, (point[1] + next[1]) / 2];
        svg.append(
          handle('corner', selected, corner, point, text('corner', { number: corner + 1, name: zone.name })),
          handle('between', selected, corner, middle, text('between', { number: corner + 1, name: zone.name })),
        );
      });
    }

    function renderNames() {
      names.empty();
      list.forEach((zone, index) => {
        const input = $('<input type="text">')
          .val(zone.name)
          .attr({ 'aria-label': text('nameOf', { number: index + 1 }), 'data-key': `name ${index}` })
          .on('focus', () => {
            if (selected === index) return;
            selected = index;
            // The field itself stays: what is typed into it goes on.
            renderPicture();
          })
          .on('input', (event) => {
            // It is the zones that are saved.
            event.stopPropagation();
            zone.name = input.val();
            remove.attr('aria-label', text('removeOf', zone));
            svg.querySelectorAll('text')[index].textContent = zone.name;
            save();
          });
        const remove = button('fa-trash', 'remove', () => {
          list.splice(index, 1);
          selected = Math.max(0, Math.min(selected, list.length - 1));
          save();
          render();
        }).attr('aria-label', text('removeOf', zone));
        $('<div class="form-row">')
          .toggleClass('selected', index === selected)
          .append(input, remove)
          .appendTo(names);
      });
    }

    function removeCorner({ zone, corner }) {
      if (list[zone].points.length <= 3) return say(text('three'), true);
      list[zone].points.splice(corner, 1);
      save();
      render();
    }

    function insertCorner({ zone, corner }, point) {
      list[zone].points.splice(corner + 1, 0, point);
      save();
      render();
    }

    svg.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      const point = at(event);
      if (drawn) {
        const [x, y] = onScreen(point);
        const [firstX, firstY] = onScreen(drawn[0] ?? [9, 9]);
        if (drawn.length >= 3 && Math.hypot(x - firstX, y - firstY) < NEAR) return finish();
        drawn.push(point);
        return render();
      }
      const { zone, corner } = event.target;
      if (zone === undefined) return;
      event.preventDefault();
      // What is drawn anew between two clicks gets no double click.
      const key = event.target.getAttribute('data-key');
      const isDouble = key !== null && key === pressed.key && event.timeStamp - pressed.at < DOUBLE_MS;
      pressed = { key, at: event.timeStamp };
      if (isDouble) return removeCorner({ zone, corner });
      const isBetween = event.target.classList.contains('between');
      if (isBetween) insertCorner({ zone, corner }, point);
      selected = zone;
      dragged = { zone, corner: isBetween ? corner + 1 : corner, from: point };
      svg.setPointerCapture(event.pointerId);
      render();
      svg.querySelector(`[data-key="corner ${zone} ${dragged.corner}"]`)?.focus();
    });
    // The press of a button would take the focus away from what was just given it.
    svg.addEventListener('mousedown', (event) => event.preventDefault());
    svg.addEventListener('pointermove', (event) => {
      if (!dragged) return;
      const point = at(event);
      const { points } = list[dragged.zone];
      if (dragged.corner === undefined) {
        const [dx, dy] = [point[0] - dragged.from[0], point[1] - dragged.from[1]];
        // The whole zone moves as far as it stays within the picture.
        const moved = points.map(([x, y]) => [x + dx, y + dy]);
        if (moved.flat().every((value) => value >= 0 && value <= 1)) list[dragged.zone].points = moved.map((each) => each.map(clamp));
        dragged.from = point;
      } else points[dragged.corner] = point;
      render();
    });
    const drop = () => {
      if (dragged) save();
      dragged = undefined;
    };
    svg.addEventListener('pointerup', drop);
    svg.addEventListener('pointercancel', drop);
    svg.addEventListener('dblclick', () => {
      if (!drawn) return;
      // The second click has set the same corner again.
      drawn.pop();
      if (drawn.length >= 3) finish();
      else render();
    });
    svg.addEventListener('keydown', (event) => {
      const { key, target } = event;
      const handled = () => {
        event.preventDefault();
        event.stopPropagation();
      };
      if (drawn) {
        const back = () => {
          drawn.pop();
          render();
        };
        const act = { Enter: finish, Escape: cancel, Backspace: back, Delete: back }[key];
        if (act === undefined) return;
        handled();
        act();
        return;
      }
      if (target.zone === undefined) return;
      const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] ?? [0, 0];
      if (target.classList.contains('between')) {
        if (key !== 'Enter' && key !== ' ') return;
        handled();
        const { points } = list[target.zone];
        const next = points[(target.corner + 1) % points.length];
        const [x, y] = points[target.corner];
        insertCorner(target, [clamp((x + next[0]) / 2), clamp((y + next[1]) / 2)]);
      } else if (dx !== 0 || dy !== 0) {
        handled();
        const step = event.shiftKey ? STEP / 10 : STEP;
        const [x, y] = list[target.zone].points[target.corner];
        list[target.zone].points[target.corner] = [clamp(x + dx * step), clamp(y + dy * step)];
        save();
        render();
      } else if (key === 'Delete' || key === 'Backspace') {
        handled();
        removeCorner(target);
      }
    });

    render();
    askLast();
  }

  Object.assign(window.linewatch, { zones, zonesProblem: problem });
})();
