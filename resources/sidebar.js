// The editor's sidebar tab "linewatch": what each model is doing. A browser runs a module once, however often it is loaded.
import { ModelHistory } from './sidebar-figures.js';

const POLL_MS = 2000;
const WIDTH = 300;
const HEIGHT = 36;

const text = (key, values) => RED._(`@linewatch/node-red-edge-ai/onnx-model:sidebar.${key}`, values);
const language = () => (/^zh/i.test(localStorage.getItem('editor-language') || RED.i18n.detectLanguage() || '') ? 'zh-CN' : 'en-US');

const format = new Intl.NumberFormat(language(), { maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat(language());
const number = (value, unit = '') => (value === undefined ? '–' : `${format.format(value)}${unit}`);

/** Known states → colour of the dot. */
const dots = { ready: 'green', starting: 'yellow', restarting: 'yellow', broken: 'red' };

/** The curves of a card: key of the text → its lines, the value that stands above it, and the unit of its scale. */
const curves = {
  runs: { lines: { runsPerSecond: '' }, unit: ' /s', value: ({ figures }) => number(figures.runsPerSecond, ' /s') },
  run: { lines: { p50: 'p50', p99: 'p99' }, unit: ' ms', value: ({ figures }) => pair(figures.run) },
  memory: { lines: { memoryMb: '' }, unit: ' MB', value: ({ report }) => number(report.statistics.residentMb, ' MB') },
};
/** What stands below them: key of the text → what it says of `{ report, figures }`. */
const rows = {
  queue: ({ figures }) => pair(figures.queue),
  messages: ({ figures }) => number(figures.messagesPerSecond, ' /s'),
  waiting: ({ report }) => whole.format(report.queued),
  cpu: ({ figures }) => number(figures.cpuMsPerRun, ' ms'),
  load: ({ report }) => number(report.statistics.loadMs, ' ms'),
  answered: ({ report }) => whole.format(report.statistics.answered),
  failed: ({ report }) => whole.format(report.statistics.failed),
  dropped: ({ report }) => whole.format(Object.values(report.statistics.dropped).reduce((total, count) => total + count, 0)),
  restarts: ({ report }) => whole.format(report.statistics.restarts),
  swaps: ({ report }) => whole.format(report.statistics.swaps),
  failedSwaps: ({ report }) => whole.format(report.statistics.failedSwaps),
};
/** Of these a number above 0 is worth a look. */
const troubles = {
  failed: ({ failed }) => failed > 0,
  dropped: ({ dropped }) => Object.values(dropped).some((count) => count > 0),
  restarts: ({ restarts }) => restarts > 0,
  failedSwaps: ({ failedSwaps }) => failedSwaps > 0,
};
/** These are of the time since the start where the last minute had no run. */
const timed = ['run', 'queue', 'cpu'];
const pair = ({ p50, p99 }) => (p50 === undefined ? '–' : `${number(p50)} / ${number(p99)} ms`);

const svg = (name, attributes = {}) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};

function newCurve(key, { lines, unit, value }) {
  const figure = $('<figure>').attr({ class: 'linewatch-curve', 'data-figure': key });
  const caption = $('<figcaption>')
    .attr('title', text(`hint.${key}`))
    .appendTo(figure);
  const label = $('<span>')
    .text(text(`figure.${key}`))
    .appendTo(caption);
  for (const name of Object.values(lines).filter(Boolean)) $('<i>').addClass(name).text(name).appendTo(label);
  const now = $('<span class="linewatch-value">').appendTo(caption);
  const scale = $('<span class="linewatch-scale">').appendTo(figure);
  const picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' });
  picture.setAttribute('aria-label', text(`hint.${key}`));
  figure.append(picture);
  const update = (seen, history) => {
    now.text(value(seen));
    const top = history.top(...Object.keys(lines));
    scale.text(number(top, unit));
    picture.replaceChildren(
      ...Object.entries(lines).flatMap(([point, name]) =>
        history.lines(point, top, WIDTH, HEIGHT).map((points) => svg('polyline', { points, class: name })),
      ),
    );
  };
  return { figure, value: now, update };
}

/** What a person should know of it, in words; '' for nothing. */
function troubleOf({ error, kept, fallbackReason }) {
  if (error) return error;
  if (kept) return text('kept', { reason: kept });
  return fallbackReason ? text('fallback', { reason: fallbackReason }) : '';
}

/** A card stays the same element from poll to poll: what a person clicks on or selects must not vanish under the hand. */
function newCard(id) {
  const history = new ModelHistory();
  const card = $('<section class="linewatch-model">').attr('data-model', id);
  const head = $('<header>').appendTo(card);
  const dot = $('<span class="linewatch-dot">').appendTo(head);
  const name = $('<a href="#">').attr('title', text('open')).appendTo(head);
  const state = $('<span class="linewatch-state">').appendTo(head);
  const facts = $('<p class="linewatch-facts">').appendTo(card);
  const trouble = $('<p class="linewatch-trouble">').hide().appendTo(card);
  const pictures = Object.entries(curves).map(([key, curve]) => newCurve(key, curve));
  card.append(...pictures.map(({ figure }) => figure));
  const list = $('<dl>').appendTo(card);
  const cells = { run: pictures[1].value };
  for (const key of Object.keys(rows)) {
    const row = $('<div>').attr('data-figure', key).appendTo(list);
    $('<dt>')
      .text(text(`figure.${key}`))
      .attr('title', text(`hint.${key}`))
      .appendTo(row);
    cells[key] = $('<dd>').appendTo(row);
  }
  name.on('click', (event) => {
    event.preventDefault();
    if (RED.nodes.node(id)) RED.editor.editConfig('', 'linewatch-onnx-model', id);
  });

  const update = (at, report) => {
    history.add(at, report.statistics);
    const figures = history.figures;
    dot.attr('class', `linewatch-dot ${dots[report.state] ?? 'grey'}`);
    name.text(report.name);
    state.text(text(`state.${report.state}`));
    const host = report.host === '' ? '' : text('shared', { host: report.host });
    const process = report.pid === undefined ? '' : text('process', { pid: report.pid });
    const known = [report.version && text('version', { version: report.version }), report.backend, host, process];
    facts.text(known.filter(Boolean).join(' · '));
    const reason = troubleOf(report);
    trouble
      .text(reason)
      .toggleClass('linewatch-attention', report.error !== undefined)
      .toggle(reason !== '');
    for (const [key, cell] of Object.entries(cells)) {
      if (rows[key]) cell.text(rows[key]({ report, figures }));
      cell.toggleClass('linewatch-attention', troubles[key]?.(report.statistics) ?? false);
      const isOld = figures.isOld && timed.includes(key);
      cell.toggleClass('linewatch-old', isOld).attr('title', isOld ? text('sinceStart') : null);
    }
    for (const { figure } of pictures) figure.toggle(report.statistics.runs > 0);
    for (const picture of pictures) picture.update({ report, figures }, history);
  };
  return { card, update };
}

const content = $('<div class="linewatch-sidebar">');
const notice = $('<p class="linewatch-notice" role="status">').text(text('loading')).appendTo(content);
const list = $('<div>').appendTo(content);
const cards = new Map();

function show({ at, models }) {
  notice.text(models.length === 0 ? text('empty') : '').toggle(models.length === 0);
  list.removeClass('linewatch-stale');
  for (const [id, { card }] of cards) {
    if (models.some((model) => model.id === id)) continue;
    card.remove();
    cards.delete(id);
  }
  for (const report of models) {
    if (!cards.has(report.id)) {
      const card = newCard(report.id);
      cards.set(report.id, card);
      list.append(card.card);
    }
    cards.get(report.id).update(at, report);
  }
}

let isAsking = false;
function poll() {
  // Hidden: another tab is chosen, the sidebar is closed, or the browser shows another page.
  const isSeen = !document.hidden && content.is(':visible') && content.width() > 0;
  if (!isSeen || isAsking) return;
  isAsking = true;
  $.getJSON('linewatch/hosts', { language: language() })
    .done(show)
    .fail((answer) => {
      notice.text(answer.status === 0 ? text('offline') : text('refused', { status: answer.status })).show();
      list.addClass('linewatch-stale');
    })
    .always(() => {
      isAsking = false;
    });
}

RED.sidebar.addTab({
  id: 'linewatch',
  label: text('label'),
  name: text('name'),
  iconClass: 'fa fa-line-chart',
  content,
  enableOnEdit: true,
  action: 'linewatch:show-models',
  // The tab becomes visible right after this.
  onchange: () => setTimeout(poll),
});
RED.actions.add('linewatch:show-models', () => RED.sidebar.show('linewatch'));
document.addEventListener('visibilitychange', poll);
setInterval(poll, POLL_MS);
