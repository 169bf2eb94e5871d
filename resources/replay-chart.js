// The picture of a replay: a signal, below it the score and its threshold, over both the alarms.
import { bandPath, columnAt, elapsed, extentOf, isClock, linePath, runsOf, scale, timeTicks, valueTicks } from './replay-scale.js';

const LEFT = 56;
const RIGHT = 8;
const TOP = 14;
const SIGNAL = 150;
const SPACE = 14;
const SCORE = 90;
const AXIS = 20;
const HEIGHT = TOP + SIGNAL + SPACE + SCORE + AXIS;
/** An alarm is seen, and can be clicked, however short it was. */
const LEAST = 3;
const DAY_MS = 86_400_000;

const svg = (name, attributes = {}, ...children) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

/**
 * @param {HTMLElement} host
 * @param {{ text: (key: string, values?: object) => string, language: string, onCursor: (column: number, alarm?: object) => string, onAlarm: (alarm: object) => void }} options
 *   `onCursor` is told the column under the pointer, and says what there is; `onAlarm` which alarm was clicked
 */
export function replayChart(host, { text, language, onCursor, onAlarm }) {
  const number = new Intl.NumberFormat(language, { maximumSignificantDigits: 4 });
  const clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const seconds = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
  const day = new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric' });
  const picture = svg('svg', {
    class: 'linewatch-replay-chart',
    role: 'slider',
    tabindex: '0',
    height: HEIGHT,
    'aria-label': text('chart'),
  });
  host.append(picture);
  const cursor = svg('line', { class: 'cursor', y1: TOP, y2: HEIGHT - AXIS });
  /** What is drawn: `{ result, dial, tag, alarm, column }`. */
  let shown;
  let x = () => 0;

  const tickWord = (time, step) => {
    if (!isClock(time)) return elapsed(time);
    if (step >= DAY_MS) return day.format(time);
    const date = new Date(time);
    if (step >= 3_600_000 && date.getHours() === 0 && date.getMinutes() === 0) return day.format(time);
    return step < 60_000 ? seconds.format(time) : clock.format(time);
  };

  function timeAxis(from, to, width) {
    const { step, ticks } = timeTicks(from, to, Math.max(2, Math.floor((width - LEFT - RIGHT) / 75)));
    return ticks.flatMap((time) => [
      svg('line', { class: 'grid', x1: x(time), x2: x(time), y1: TOP, y2: HEIGHT - AXIS }),
      svg('text', { class: 'tick', x: x(time), y: HEIGHT - 5, 'text-anchor': 'middle' }, tickWord(time, step)),
    ]);
  }

  function valueAxis(low, high, y, about) {
    return valueTicks(low, high, about).flatMap((value) => [
      svg('line', { class: 'grid', x1: LEFT, x2: picture.clientWidth - RIGHT, y1: y(value), y2: y(value) }),
      svg('text', { class: 'tick', x: LEFT - 5, y: y(value) + 4, 'text-anchor': 'end' }, number.format(value)),
    ]);
  }

  function signal({ result, tag }) {
    const one = result.signals.find((candidate) => candidate.tag === tag) ?? result.signals[0];
    const extent = one && extentOf(one.min, one.max);
    if (extent === undefined) return [];
    const y = scale(extent.low, extent.high, TOP + SIGNAL, TOP);
    const middle = (column) => x((result.from[column] + result.to[column]) / 2);
    const d = runsOf(one.max, result.from, result.to).map((run) =>
      bandPath(
        run,
        middle,
        (column) => y(one.max[column]),
        (column) => y(one.min[column]),
      ),
    );
    return [...valueAxis(extent.low, extent.high, y, 4), svg('path', { class: 'signal', d: d.join('') })];
  }

  function scores({ result, dial }) {
    const { score, threshold } = result.dials[dial];
    const bottom = TOP + SIGNAL + SPACE + SCORE;
    const y = scale(0, 1, bottom, bottom - SCORE);
    const middle = (column) => x((result.from[column] + result.to[column]) / 2);
    const runs = runsOf(score, result.from, result.to);
    const areas = runs.map((run) =>
      bandPath(
        run,
        middle,
        (column) => y(score[column]),
        () => bottom,
      ),
    );
    const limits = runs.map((run) => linePath(run, middle, (column) => y(threshold[column])));
    return [
      ...valueAxis(0, 1, y, 2),
      svg('path', { class: 'score', d: areas.join('') }),
      svg('path', { class: 'threshold', d: limits.join('') }),
    ];
  }

  function phases({ result }) {
    return result.phases.flatMap(({ phase, from, to }) => {
      const width = Math.max(1, x(to) - x(from));
      const area = svg('rect', { class: 'phase', x: x(from), y: TOP, width, height: HEIGHT - TOP - AXIS });
      const word = text(`phase.${phase}`);
      return width > 60 ? [area, svg('text', { class: 'tick', x: x(from) + 4, y: TOP + 11 }, word)] : [area];
    });
  }

  function alarms({ result, dial, alarm: chosen }) {
    return result.dials[dial].alarms.map((alarm) => {
      const at = x(alarm.at);
      const width = Math.max(LEAST, x(alarm.until) - at);
      const mark = svg('g', { class: alarm === chosen ? 'alarm chosen' : 'alarm' });
      mark.append(
        svg('rect', { x: at, y: TOP, width, height: HEIGHT - TOP - AXIS }),
        svg('path', { d: `M${at - 5},${TOP - 10}h10l-5,9z` }),
      );
      mark.addEventListener('click', () => onAlarm(alarm));
      return mark;
    });
  }

  /** The column under a place of the picture, and the alarm that is drawn there. */
  function seek(column, place) {
    if (shown === undefined) return;
    const { result, dial } = shown;
    shown.column = Math.min(result.from.length - 1, Math.max(0, column));
    const at = place ?? x((result.from[shown.column] + result.to[shown.column]) / 2);
    const under = (alarm) => at >= x(alarm.at) - LEAST && at <= Math.max(x(alarm.until), x(alarm.at) + LEAST);
    const words = onCursor(shown.column, result.dials[dial].alarms.find(under));
    for (const end of ['x1', 'x2']) cursor.setAttribute(end, at);
    cursor.removeAttribute('visibility');
    picture.setAttribute('aria-valuenow', shown.column);
    picture.setAttribute('aria-valuetext', words);
  }

  function draw(next = shown) {
    shown = next;
    const width = picture.clientWidth;
    if (shown === undefined || width === 0) return;
    const { result } = shown;
    const [from, to] = [result.from[0], result.to.at(-1)];
    x = scale(from, to, LEFT, width - RIGHT);
    picture.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    picture.setAttribute('aria-valuemin', 0);
    picture.setAttribute('aria-valuemax', result.from.length - 1);
    cursor.setAttribute('visibility', 'hidden');
    const labels = [
      svg('text', { class: 'label', x: LEFT + 4, y: TOP + SIGNAL + SPACE + 10 }, text('score')),
      svg('line', { class: 'axis', x1: LEFT, x2: width - RIGHT, y1: TOP + SIGNAL, y2: TOP + SIGNAL }),
      svg('line', { class: 'axis', x1: LEFT, x2: width - RIGHT, y1: HEIGHT - AXIS, y2: HEIGHT - AXIS }),
    ];
    picture.replaceChildren(
      ...phases(shown),
      ...timeAxis(from, to, width),
      ...signal(shown),
      ...scores(shown),
      ...labels,
      ...alarms(shown),
      cursor,
    );
    if (shown.alarm !== undefined) seek(columnAt(result.from, shown.alarm.at), x(shown.alarm.at));
  }

  picture.addEventListener('pointermove', ({ clientX }) => {
    if (shown === undefined) return;
    const { result } = shown;
    const place = Math.min(picture.clientWidth - RIGHT, Math.max(LEFT, clientX - picture.getBoundingClientRect().left));
    const time = scale(LEFT, picture.clientWidth - RIGHT, result.from[0], result.to.at(-1))(place);
    seek(columnAt(result.from, time), place);
  });
  picture.addEventListener('keydown', (event) => {
    if (shown === undefined) return;
    const last = shown.result.from.length - 1;
    const page = Math.ceil(last / 20);
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -page, PageUp: page, Home: -last, End: last };
    if (!(event.key in moves)) return;
    event.preventDefault();
    seek((shown.column ?? 0) + moves[event.key]);
  });
  new ResizeObserver(() => draw()).observe(picture);

  return { draw };
}
