import { defineNode, type Message } from '../node-red/define-node.ts';
import type { Cancel } from '../shared/clock.ts';
import { describe, LinewatchError } from '../shared/errors.ts';
import type { Alert } from '../shared/messages.ts';
import { type AlertConfig, readConfig, startCondition } from './alarm/config.ts';
import { timeOf } from './alarm/message.ts';
import { type Happening, WatchedAlarm } from './alarm/watched-alarm.ts';
import { alertValues, wordAlert } from './alarm/words.ts';

export default defineNode<AlertConfig>({
  type: 'linewatch-alert',
  url: import.meta.url,
  read: readConfig,

  start({ config, clock, node, send, status, text }) {
    const { what, severity, advice } = config;
    const tag = what.kind === 'limit' ? what.tag : '';
    const name = config.name === '' ? text(`name.${what.kind}`, { tag }) : config.name;
    const alarm = new WatchedAlarm(startCondition(what, clock.now()), config);
    let cancel: Cancel = () => {};
    let shown = '';

    const show = () => {
      const state = alarm.state === 'normal' && !alarm.heard ? 'waiting' : alarm.state;
      if (state === shown) return;
      shown = state;
      if (state === 'raised') status('red', 'raised', { severity: text(`severity.${severity}`), name }, 'dot');
      else if (state === 'waiting' && tag !== '') status('grey', 'waitingForTag', { tag });
      else status(state === 'normal' ? 'green' : state === 'waiting' ? 'grey' : 'yellow', state);
    };

    /** The alert; the message that brought it about goes on with it. */
    const alertOf = ({ to, since, facts, current, anomaly }: Happening, now: number, message: Partial<Message>): Message => {
      const values = alertValues(facts, text, now);
      if (to === 'cleared' && current !== undefined) values.value = alertValues(current, text, now).value;
      const words = wordAlert({ name, own: config.message, state: to, since, now, facts }, text);
      const payload: Alert = { id: node.id, name, state: to, severity, since, ...values, message: words, advice };
      // A command is for this node; nodes after it would take it for theirs.
      const { command: _, ...rest } = message;
      return { ...rest, payload, topic: name, ...(anomaly === undefined ? {} : { anomaly }) } as Message;
    };

    const arm = () => {
      cancel();
      const waitMs = alarm.waitMs(clock.now());
      if (waitMs !== undefined) cancel = clock.after(waitMs, wake);
    };
    const wake = () => {
      const happening = alarm.wake(clock.now());
      if (happening) send(alertOf(happening, alarm.time(clock.now()), {}));
      show();
      arm();
    };
    const obey = (command: unknown, now: number): Happening | undefined => {
      const { do: order, id } = (command ?? {}) as { do?: unknown; id?: unknown };
      if (order !== 'acknowledge' && order !== 'reset') {
        const got = order === undefined ? describe(command) : describe(order);
        throw new LinewatchError('input-command', { expected: '{ do: "acknowledge" }, { do: "reset" }', got });
      }
      if (id !== undefined && id !== node.id) throw new LinewatchError('alert-unknown', { expected: describe(node.id), got: describe(id) });
      return order === 'acknowledge' ? alarm.acknowledge(now) : alarm.reset(now);
    };

    show();
    arm();
    return {
      input(message, sendNow) {
        const isCommand = message.command !== undefined;
        // Missing data goes by the clock: a replay's old times would all be overdue.
        const now = isCommand || what.kind === 'missing' ? clock.now() : timeOf(message, clock.now());
        try {
          const happening = isCommand ? obey(message.command, now) : alarm.take(message, now, clock.now());
          if (happening) sendNow(alertOf(happening, now, message));
        } catch (thrown) {
          // The error takes the status line; the next message takes it back.
          shown = '';
          throw thrown;
        }
        show();
        arm();
      },
      close: () => cancel(),
    };
  },
});
