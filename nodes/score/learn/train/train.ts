import { asLinewatchError, LinewatchError } from '../../../shared/errors.ts';
import { seededRandom } from '../../../shared/random.ts';
import type { OnEvent, TrainingRequest } from '../contract.ts';
import { checkRequest } from './check-request.ts';
import { learnClasses } from './classes.ts';
import type { Learned } from './manifest.ts';
import { learnNormal } from './normal.ts';
import { learnPrediction } from './predict.ts';

/** From windows to a model file, in one go: progress, then `done` or `refused`. The same request gives the same bytes. */
export function train(request: TrainingRequest, onEvent: OnEvent): void {
  let learned: Learned;
  try {
    checkRequest(request);
    learned = learn(request, onEvent);
  } catch (thrown) {
    const { code, context } = thrown instanceof LinewatchError ? thrown : asLinewatchError(thrown);
    onEvent({ kind: 'refused', code, context });
    return;
  }
  onEvent({ kind: 'done', ...learned });
}

function learn(request: TrainingRequest, onEvent: OnEvent): Learned {
  const random = seededRandom(request.seed);
  switch (request.task) {
    case 'normal':
      return learnNormal(request, onEvent, random);
    case 'predict':
      return learnPrediction(request, onEvent);
    case 'classes':
      return learnClasses(request, onEvent);
  }
}
