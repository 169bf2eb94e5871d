import type { PictureSource } from '../media/image/picture.ts';
import { preset } from '../media/image/presets.ts';
import { defineNode, type Message } from '../node-red/define-node.ts';
import { isTensor } from '../shared/tensor.ts';
import { type ImageService, registerImageAdmin } from './image-admin.ts';
import { type ImageConfig, preparationOf, readImageConfig } from './image-config.ts';
import { type PreparedMessage, prepareMessage, regionsOf } from './image-message.ts';
import { modelPreparations } from './image-model.ts';
import { ImageQueue } from './image-queue.ts';

/** A larger picture is not kept for the dialog. */
const MOST_KEPT_BYTES = 16 * 2 ** 20;

export default defineNode<ImageConfig>({
  type: 'linewatch-image',
  url: import.meta.url,
  read: readImageConfig,
  register: registerImageAdmin,

  start({ config, clock, status, text, node, RED }) {
    const queue = new ImageQueue(config);
    const { preset: name } = config;
    const base = name === 'model' ? modelPreparations(RED, config.model) : async () => preset(name);
    const preparationFor = async (input?: string) => preparationOf(config, await base(input));
    let last: PictureSource | undefined;
    const keep = (source: PictureSource) => {
      const { length } = 'data' in source ? source.data : source;
      if (length <= MOST_KEPT_BYTES) last = source;
    };
    const service: ImageService = { lastPicture: () => last };
    let shownAt = Number.NEGATIVE_INFINITY;
    const shows = () => {
      if (clock.now() - shownAt < 1000) return false;
      shownAt = clock.now();
      return true;
    };

    return {
      service,
      async input(message, send) {
        const drop = (reason: string, values = {}) => {
          const worded = text(`reason.${reason}`, values);
          if (shows()) status('yellow', 'dropped', { reason: worded });
          send([null, { ...message, dropped: { reason: worded } }]);
        };
        const property = `msg.${config.picture}`;
        const regions = regionsIn(message, config, read);
        if (regions?.length === 0) return drop('nothing');
        const region = config.region.from === 'fixed' ? config.region.region : undefined;
        const work = async () => {
          const begun = performance.now();
          const options = { region, regions, limits: config.limits };
          const prepared = await prepareMessage(read(message, config.picture), property, preparationFor, options, keep);
          return { prepared, ms: performance.now() - begun };
        };
        try {
          const outcome = await queue.run(work);
          if ('dropped' in outcome) return outcome.dropped === 'closed' ? undefined : drop(outcome.dropped, { limit: config.queueLimit });
          const { prepared, ms } = outcome.result;
          send({ ...message, ...prepared });
          if (shows()) status('green', 'prepared', { dims: dimsOf(prepared), ms: ms.toFixed(0) });
        } catch (thrown) {
          // After an error the next good picture shows at once.
          shownAt = Number.NEGATIVE_INFINITY;
          throw thrown;
        }
      },
      close() {
        if (queue.length > 0) node.warn(text('notice.lost', { count: queue.length }));
        queue.close();
      },
    };

    function read(message: Message, path: string): unknown {
      try {
        return RED.util.getMessageProperty(message, path) as unknown;
      } catch {
        // A property of what is not there.
        return undefined;
      }
    }
  },
});

/** The regions that a message asks for; undefined where they are not for it to say. */
function regionsIn(message: Message, { region }: ImageConfig, read: (message: Message, path: string) => unknown) {
  if (region.from !== 'message') return undefined;
  return regionsOf(read(message, region.property), `msg.${region.property}`);
}

function dimsOf({ payload }: PreparedMessage): string {
  return (isTensor(payload) ? [payload] : Object.values(payload)).map(({ dims }) => dims.join('×')).join(', ');
}
