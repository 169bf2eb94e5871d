import { readPicture } from '../media/image/read-picture.ts';
import { defineNode, type Message } from '../node-red/define-node.ts';
import { LinewatchError } from '../shared/errors.ts';
import { annotate, type Scene } from './annotate/annotate-message.ts';
import { type AnnotateService, previewEndpoint } from './annotate/preview.ts';
import { countOf } from './annotate/read-marks.ts';
import { type AnnotateSettings, readSettings, styleOf } from './annotate/settings.ts';

/** Pictures are drawn on one after the other; more than this wait only where far too many come. */
const MOST_WAITING = 20;
/** A larger picture is not kept for the dialog. */
const MOST_KEPT_BYTES = 16 * 2 ** 20;

export default defineNode<AnnotateSettings>({
  type: 'linewatch-annotate',
  url: import.meta.url,
  register: previewEndpoint,
  read: readSettings,

  start({ config, clock, status, RED }) {
    const style = styleOf(config);
    let scene: Scene | undefined;
    let waiting = 0;
    let before: Promise<unknown> = Promise.resolve();
    let shownAt = Number.NEGATIVE_INFINITY;

    const propertyOf = (message: Message): unknown => {
      try {
        return RED.util.getMessageProperty(message, config.picture);
      } catch {
        // Nothing on the way to it, or no path at all.
        return undefined;
      }
    };
    const drawOne = async (message: Message, result: unknown, image: unknown) => {
      const value = propertyOf({ ...message, image });
      if (value === undefined || value === null) throw new LinewatchError('annotate-picture', { property: config.picture });
      const picture = readPicture(value, `msg.${config.picture}`);
      const { data, width, height } = await annotate({ picture, result, image }, config, style);
      if (('data' in picture ? picture.data : picture).length <= MOST_KEPT_BYTES) scene = { picture, result, image };
      const payload = config.send === 'buffer' ? data : `data:image/${config.format};base64,${data.toString('base64')}`;
      return { payload, width, height, count: countOf(result) };
    };
    const draw = async (message: Message, send: (message: Message) => void) => {
      const { payload: result, image, images } = message;
      const drawn = [];
      // Of several pictures interpret gives a list of results.
      const isList = Array.isArray(result) && Array.isArray(images) && images.length === result.length && result.length > 0;
      for (const [index, one] of (isList ? images : [image]).entries()) {
        drawn.push(await drawOne(message, isList ? result[index] : result, one));
      }
      const [first] = drawn as [(typeof drawn)[number]];
      send({ ...message, payload: isList ? drawn.map(({ payload }) => payload) : first.payload, result });
      // Statuses travel to every open editor: once a second is enough.
      if (clock.now() - shownAt < 1000) return;
      shownAt = clock.now();
      const count = drawn.reduce((sum, one) => sum + one.count, 0);
      status('green', 'drawn', { count, width: first.width, height: first.height });
    };

    const service: AnnotateService = { scene: () => scene };
    return {
      service,
      async input(message, send) {
        if (waiting >= MOST_WAITING) throw new LinewatchError('annotate-busy', { waiting });
        waiting++;
        try {
          const turn = before.then(() => draw(message, send));
          before = turn.catch(() => {});
          await turn;
        } catch (thrown) {
          // After an error the next good picture shows at once.
          shownAt = Number.NEGATIVE_INFINITY;
          throw thrown;
        } finally {
          waiting--;
        }
      },
    };
  },
});
