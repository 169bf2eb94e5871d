// "Replay to tune" in the dialog of anomaly score: what has been, run through the node's own scorer for each position of the dial, so that
// the dial is set by looking. A browser runs a module once, however often it is loaded.
import { replayChart } from './replay-chart.js';
import { askRecording, requestReplay } from './replay-request.js';
import { duration, elapsed, isClock, watchedMs } from './replay-scale.js';

const DIALS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000, month: 2_592_000_000 };
/** Beyond so many alarms nobody reads on. */
const LISTED = 100;

const text = (key, values) => RED._(`@linewatch/node-red-edge-ai/anomaly-score:replay.${key}`, values);
const language = () => (/^zh/i.test(localStorage.getItem('editor-language') || RED.i18n.detectLanguage() || '') ? 'zh-CN' : 'en-US');

/** @param {HTMLElement} element an empty place in the open dialog of the node */
function replay(node, element) {
  const tongue = language();
  const whole = new Intl.NumberFormat(tongue);
  const number = new Intl.NumberFormat(tongue, { maximumSignificantDigits: 4 });
  const moment = new Intl.DateTimeFormat(tongue, { dateStyle: 'short', timeStyle: 'medium' });
  const dialField = $('#node-input-falseAlarms');
  const place = $(element).empty().addClass('linewatch-replay');

  const when = (time) => (isClock(time) ? moment.format(time) : elapsed(time));
  const nameOf = (tag) => tag || text('reconstructionError');

  // ---- what is replayed
  $('<h4>').text(text('title')).appendTo(place);
  const head = $('<div class="linewatch-replay-source">').appendTo(place);
  const source = $('<select>').attr('aria-label', text('source')).appendTo(head);
  for (const value of ['recording', 'file', 'path'])
    $('<option>')
      .val(value)
      .text(text(`from.${value}`))
      .appendTo(source);
  const picker = $('<input type="file" accept=".csv,.tsv,.txt,text/csv" hidden>').appendTo(head);
  const choose = $('<button type="button" class="red-ui-button">').text(text('choose')).appendTo(head);
  const path = $('<input type="text">')
    .attr({ placeholder: text('path'), 'aria-label': text('from.path') })
    .appendTo(head);
  const start = $('<button type="button" class="red-ui-button primary">').text(text('start')).appendTo(head);
  const note = $('<p class="linewatch-replay-note" role="status">').appendTo(place);
  const progress = $('<div class="linewatch-progress">').prop('hidden', true).appendTo(place);
  const bar = $('<progress max="1">').attr('aria-label', text('running')).appendTo(progress);
  const cancel = $('<button type="button" class="red-ui-button red-ui-button-small">')
    .text(RED._('common.label.cancel'))
    .appendTo(progress);

  // ---- what came of it
  const view = $('<div>').prop('hidden', true).appendTo(place);
  const dials = $('<div class="linewatch-replay-dials" role="radiogroup">').attr('aria-label', text('dials')).appendTo(view);
  const verdict = $('<p class="linewatch-replay-verdict" role="status">').appendTo(view);
  const tagRow = $('<label class="linewatch-replay-tag">')
    .text(`${text('tag')} `)
    .appendTo(view);
  const tags = $('<select>').appendTo(tagRow);
  const drawing = $('<div>').appendTo(view);
  const readout = $('<p class="linewatch-replay-readout">').appendTo(view);
  const list = $('<ol class="linewatch-replay-alarms">').attr('aria-label', text('alarms')).appendTo(view);

  let recording = null;
  let file;
  let running;
  let result;
  let chosen;
  const chart = replayChart(drawing[0], { text, language: tongue, onCursor: describe, onAlarm: pick });

  function say(words, isProblem = false) {
    note
      .text(words)
      .toggle(words !== '')
      .toggleClass('linewatch-problem', isProblem);
  }

  /** What the chosen source has to say before it is replayed. */
  function showSource() {
    const from = source.val();
    choose.toggle(from === 'file');
    path.toggle(from === 'path');
    const ready = { recording: recording !== null, file: file !== undefined, path: String(path.val()).trim() !== '' };
    start.prop('disabled', running !== undefined || !ready[from]);
    if (from === 'recording') return say(recording === null ? text('noRecording') : sayRecording(recording));
    const foreign = recording?.kind === 'reconstruction' ? ` ${text('csvOfModel')}` : '';
    if (from === 'file') return say((file === undefined ? text('csvHint') : file.name) + foreign);
    say(text('pathHint') + foreign);
  }

  function sayRecording({ kind, messages, from, to, tags: count, full }) {
    const values = { duration: duration(to - from), messages: whole.format(messages), tags: count, since: when(from) };
    return `${text(kind === 'sample' ? 'recorded' : 'recordedResults', values)}${full ? ` ${text('recordedFull')}` : ''}`;
  }

  async function look() {
    try {
      recording = await askRecording(node);
    } catch {
      recording = null;
    }
    if (recording === null && source.val() === 'recording') source.val('file');
    if (running === undefined) showSource();
    if (recording === null && file === undefined) say(`${text('noRecording')} ${text('csvHint')}`);
  }

  async function run() {
    const from = source.val();
    const fields = Object.fromEntries(Object.keys(node._def.defaults).map((field) => [field, linewatch.current(node, field)]));
    const what = { recording: { recording: true }, file: { file }, path: { path: String(path.val()).trim() } }[from];
    const asked = requestReplay({ node, fields, language: tongue, source: what }, (step) => {
      if ('sent' in step) bar.val(step.sent);
      else if (step.of) bar.val(step.rows / step.of);
      say('sent' in step ? text('sending', { share: Math.round(100 * step.sent) }) : text('rows', { rows: whole.format(step.rows) }));
    });
    running = asked;
    bar.removeAttr('value');
    progress.prop('hidden', false);
    start.prop('disabled', true);
    say(text('running'));
    try {
      show(await asked.done);
      say(sayResult(result));
    } catch ({ message, cancelled }) {
      say(cancelled ? text('cancelled') : message || text('offline'), !cancelled);
    } finally {
      running = undefined;
      progress.prop('hidden', true);
      start.prop('disabled', false);
    }
  }

  /** How much was replayed how fast, and what the reader should know of it. */
  function sayResult({ scored, skipped, from, to, tookMs, cut, timeColumn, signals, tags: count }) {
    if (scored === 0) return text('nothing');
    const lasted = to.at(-1) - from[0];
    const speed = number.format(Number((lasted / Math.max(1, tookMs)).toPrecision(2)));
    return [
      text('replayed', { duration: duration(lasted), messages: whole.format(scored), took: duration(tookMs), speed }),
      skipped > 0 && text('skipped', { count: whole.format(skipped) }),
      cut && text(`cut.${cut}`),
      timeColumn === '' && text('noTimes'),
      count > signals.length && text('someSignals', { drawn: signals.length, tags: count }),
    ]
      .filter(Boolean)
      .join(' ');
  }

  function show(fresh) {
    result = fresh;
    chosen = undefined;
    view.prop('hidden', result.scored === 0);
    if (result.scored === 0) return;
    tags.empty();
    for (const { tag, unit } of result.signals)
      $('<option>')
        .val(tag)
        .text(`${nameOf(tag)}${unit && ` [${unit}]`}`)
        .appendTo(tags);
    tagRow.toggle(result.signals.length > 1);
    const [first] = result.dials[dial()].alarms;
    if (first?.tags[0]) choosesTag(first.tags[0][0]);
    turn();
  }

  const dial = () => (dialField.val() in DIALS ? dialField.val() : 'week');
  const choosesTag = (tag) =>
    tags
      .find('option')
      .get()
      .some((option) => option.value === tag) && tags.val(tag);

  /** The dial stands elsewhere: nothing is asked of the gateway, all four positions are there. */
  function turn() {
    if (result === undefined || result.scored === 0) return;
    const { alarms, count } = result.dials[dial()];
    if (!alarms.includes(chosen)) chosen = undefined;
    dials.empty();
    for (const name of Object.keys(DIALS)) {
      const label = $('<label>')
        .toggleClass('chosen', name === dial())
        .appendTo(dials);
      const radio = $('<input type="radio" name="linewatch-replay-dial">')
        .val(name)
        .prop('checked', name === dial());
      label.append(radio, $('<b>').text(whole.format(result.dials[name].count)), $('<span>').text(text(`dial.${name}`)));
    }
    const watched = watchedMs(result.from[0], result.to.at(-1), result.phases);
    const chance = number.format(Number((watched / DIALS[dial()]).toPrecision(1)));
    const values = { dial: text(`dial.${dial()}`), count: whole.format(count), watched: duration(watched), chance };
    const key = count === 0 ? 'verdictNone' : count === 1 ? 'verdictOne' : 'verdict';
    verdict.text(watched < 1000 ? text('onlyLearning') : text(key, values));
    readout.text(text('point'));
    list.empty().toggle(alarms.length > 0);
    for (const alarm of alarms.slice(0, LISTED)) {
      const entry = $('<button type="button" class="linewatch-replay-alarm">').on('click', () => pick(alarm));
      entry.append($('<time>').text(when(alarm.at)), $('<span>').text(alarm.cause || alarm.tags.map(([tag]) => nameOf(tag)).join(', ')));
      $('<li>')
        .toggleClass('chosen', alarm === chosen)
        .append(entry)
        .appendTo(list);
    }
    if (count > LISTED)
      $('<li class="linewatch-muted">')
        .text(text('more', { count: whole.format(count - Math.min(LISTED, alarms.length)) }))
        .appendTo(list);
    draw();
  }

  const draw = () => chart.draw({ result, dial: dial(), tag: tags.val() ?? '', alarm: chosen });

  function pick(alarm) {
    chosen = alarm;
    const [tag] = alarm.tags[0] ?? [];
    if (tag !== undefined) choosesTag(tag);
    const { alarms } = result.dials[dial()];
    list.children().each((index, item) => void $(item).toggleClass('chosen', alarms[index] === alarm));
    list.children('.chosen')[0]?.scrollIntoView({ block: 'nearest' });
    draw();
  }

  /** Time, value, score and cause of a column, in words. */
  function describe(column, alarm) {
    const { from, signals, dials: all } = result;
    const { score, threshold } = all[dial()];
    const signal = signals.find(({ tag }) => tag === tags.val()) ?? signals[0];
    const [low, high] = [signal?.min[column] ?? null, signal?.max[column] ?? null];
    const unit = signal?.unit ? ` ${signal.unit}` : '';
    const range = low === high ? number.format(low) : `${number.format(low)} – ${number.format(high)}`;
    const words = [
      when(alarm?.at ?? from[column]),
      low === null ? `${nameOf(signal?.tag)} –` : `${nameOf(signal.tag)} ${range}${unit}`,
      text('scoreOf', { score: (score[column] ?? 0).toFixed(2), threshold: (threshold[column] ?? 0).toFixed(2) }),
      alarm?.cause,
    ];
    const line = words.filter(Boolean).join(' · ');
    readout.text(line);
    return line;
  }

  source.on('change', showSource);
  path.on('input', showSource);
  path.on('keydown', (event) => {
    // Enter would close the dialog.
    if (event.key !== 'Enter') return;
    event.preventDefault();
    start.trigger('click');
  });
  choose.on('click', () => picker.trigger('click'));
  picker.on('change', () => {
    file = picker[0].files[0] ?? file;
    picker.val('');
    showSource();
    if (file !== undefined) start.trigger('click');
  });
  start.on('click', () => void run());
  cancel.on('click', () => running?.cancel());
  tags.on('change', draw);
  dials.on('change', 'input', ({ target }) => {
    dialField.val(target.value).trigger('change');
    dials.find('input:checked').trigger('focus');
  });
  dialField.on('change', turn);
  const close = () => {
    running?.cancel();
    RED.events.off('editor:close', close);
  };
  RED.events.on('editor:close', close);
  showSource();
  void look();
}

window.linewatch ??= {};
window.linewatch.replay = replay;
