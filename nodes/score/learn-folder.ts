import { dataFolder } from '../node-red/files.ts';
import { LinewatchError } from '../shared/errors.ts';

/** The folder of what nodes keep, which `learn normal` can not do without. @throws LinewatchError learn-folder */
export function learnFolder(settings: Parameters<typeof dataFolder>[0]): string {
  const data = dataFolder(settings);
  if (data === undefined) throw new LinewatchError('learn-folder');
  return data;
}
