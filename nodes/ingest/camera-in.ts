import type { NodeAPI } from 'node-red';
import { defineNode, type Message, type NodeContext, type Outgoing } from '../node-red/define-node.ts';
import { dataFolder, stateFile } from '../node-red/files.ts';
import { secureOptions } from '../node-red/tls-options.ts';
import { wordError } from '../node-red/wording.ts';
import { asLinewatchError, LinewatchError } from '../shared/errors.ts';
import { type CameraConfig, readCamera } from './camera/config.ts';
import { noteDeployed, registerLook } from './camera/look.ts';
import { openSource, type Surroundings } from './camera/open-source.ts';
import { Outage } from './camera/outage.ts';
import { Pace } from './camera/pace.ts';
import type { Picture } from './camera/source.ts';

/** A status travels to all open editors: not with each picture. */
const STATUS_MS = 1000;
/** A folder without new pictures for so long shows that it is watched. */
const IDLE_MS = 10_000;
/** Messages that wait for a picture: whoever asks faster than the camera answers must not fill the memory. */
const MOST_WAITING = 20;

/** Pictures of a camera, of a folder, or made for trying. */
export default defineNode({
  type: 'linewatch-camera-in',
  url: import.meta.url,
  credentials: { user: { type: 'text' }, password: { type: 'password' } },
  register: (RED) => registerLook(RED, (nodeId) => surroundingsOf(RED, nodeId)),
  read: readCamera,
  start,
});

function surroundingsOf(RED: NodeAPI, nodeId: string): Omit<Surroundings, 'clock'> {
  const settings = RED.settings as unknown as { userDir?: string; linewatch?: { folder?: string; ffmpeg?: string } };
  const folder = dataFolder(settings);
  return {
    userDir: settings.userDir,
    journal: folder === undefined ? undefined : stateFile(folder, nodeId).replace(/\.json$/, '.sent'),
    ffmpeg: settings.linewatch?.ffmpeg,
    secureOf: (id) => secureOptions(RED, id),
  };
}

function start({ config, clock, node, RED, language, started, status, send, fail }: NodeContext<CameraConfig>) {
  const source = openSource(config, { ...surroundingsOf(RED, node.id), clock });
  const forget = noteDeployed(node.id, config);
  const outage = new Outage(Math.random);
  const pace = new Pace();
  let shownAt = Number.NEGATIVE_INFINITY;
  let isClosed = false;

  const showPicture = ({ kind: { width, height } }: Picture) => {
    const rate = pace.count(clock.elapsed());
    if (clock.elapsed() - shownAt < STATUS_MS) return;
    shownAt = clock.elapsed();
    const size = width === undefined ? '' : ` · ${width} × ${height}`;
    if (rate !== undefined) status('green', 'rate', { rate: rate < 9.95 ? rate.toFixed(1) : rate.toFixed(0), size });
    else status('green', 'last', { time: new Date(clock.now()).toLocaleTimeString(language, { hour12: false }), size });
  };
  const toMessage = ({ bytes, kind, filename }: Picture) => {
    const { width, height } = kind;
    const size = width === undefined ? {} : { width, height };
    return {
      payload: bytes,
      topic: node.name || node.id,
      timestamp: clock.now(),
      ...(filename !== undefined && { filename }),
      camera: { ...size, type: kind.type, source: config.source },
    };
  };

  let waiting = 0;
  /** One at a time: the schedule and messages take turns. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  };

  async function take(isAsked: boolean): Promise<Picture | undefined> {
    try {
      const picture = await source.next(isAsked);
      if (outage.last !== undefined) shownAt = Number.NEGATIVE_INFINITY;
      outage.worked();
      return picture;
    } catch (thrown) {
      if (isClosed) return undefined;
      throw asLinewatchError(thrown);
    }
  }

  /** @param tell hands an error to Catch nodes */
  function troubled(error: LinewatchError, tell: (error: LinewatchError) => void): void {
    const { isNews, waitMs, passes } = outage.failed(error, clock.elapsed());
    if (isNews) tell(error);
    const seconds = Math.max(1, Math.round(waitMs / 1000));
    status(passes ? 'yellow' : 'red', 'retry', { reason: wordError(error, language), seconds });
  }

  async function deliver(picture: Picture, give: (message: Outgoing) => void, message: Message | undefined): Promise<void> {
    give({ ...message, ...toMessage(picture) } as unknown as Message);
    showPicture(picture);
    await picture.sent?.().catch((thrown) => fail(thrown));
  }

  const onSchedule = () =>
    inTurn(async () => {
      if (isClosed || !outage.isOver(clock.elapsed(), false)) return;
      try {
        const picture = await take(false);
        if (isClosed) return;
        if (picture !== undefined) await deliver(picture, send, undefined);
        else if (clock.elapsed() - shownAt >= IDLE_MS) status('green', 'watching');
      } catch (thrown) {
        const error = asLinewatchError(thrown);
        // The next file may be well.
        if (config.source === 'folder' && /^camera-file|^file-/.test(error.code)) fail(error);
        else troubled(error, fail);
      }
    });

  let stop = () => {};
  if (config.intervalMs !== undefined) {
    const { intervalMs } = config;
    status('grey', config.source === 'folder' ? 'watching' : 'waiting');
    // Not before: what a first picture is wired to may not be there.
    void started.then(() => {
      if (isClosed) return;
      const cancelFirst = clock.after(0, onSchedule);
      const cancel = clock.every(intervalMs, onSchedule);
      stop = () => {
        cancelFirst();
        cancel();
      };
    });
  } else {
    status('grey', 'ready');
  }

  return {
    async input(message: Message, give: (message: Outgoing) => void): Promise<void> {
      if (waiting >= MOST_WAITING) throw new LinewatchError('camera-busy', { waiting });
      waiting++;
      await inTurn(async () => {
        waiting--;
        if (isClosed) return;
        if (!outage.isOver(clock.elapsed(), true)) throw outage.last;
        let picture: Picture | undefined;
        try {
          picture = await take(true);
        } catch (thrown) {
          const error = asLinewatchError(thrown);
          // Whoever asked gets the error each time.
          troubled(error, () => {});
          throw error;
        }
        if (isClosed) return;
        if (picture === undefined) throw new LinewatchError('camera-none-new');
        await deliver(picture, give, message);
      });
    },
    async close() {
      isClosed = true;
      stop();
      forget();
      await source.close();
      // What was sent is still moved, deleted or noted.
      await turn;
    },
  };
}
