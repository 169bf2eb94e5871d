import { readFileSync } from 'node:fs';
import { type ErrorContext, errorCatalogue, fill, type LinewatchError } from '../shared/errors.ts';

export type Language = 'en-US' | 'zh-CN';

type Catalogue = { [key: string]: string | Catalogue };

const catalogues = new Map<string, Catalogue>();

/** The runtime's language: settings.js `lang` first, as Node-RED itself does it, then the environment's locale. */
export function runtimeLanguage(settings: { lang?: unknown }, env: NodeJS.ProcessEnv = process.env): Language {
  const name =
    typeof settings.lang === 'string' && settings.lang !== '' ? settings.lang : (env.LC_ALL ?? env.LC_MESSAGES ?? env.LANG ?? '');
  return /^zh/i.test(name) ? 'zh-CN' : 'en-US';
}

/** An error in the runtime's language, English where a translation is missing. */
export function wordError(error: LinewatchError, language: Language): string {
  if (language === 'en-US') return error.message;
  const translated = readCatalogue(new URL(`./locales/${language}/errors.json`, import.meta.url))[error.code];
  return fill(typeof translated === 'string' ? translated : errorCatalogue[error.code], error.context);
}

/**
 * A text of a node's own catalogue, e.g. `status.scanning`.
 * @param nodeUrl the node's `import.meta.url`: its locales stand beside it
 */
export function wordText(nodeUrl: string, language: Language, key: string, values: ErrorContext = {}): string {
  const name = nodeUrl.replace(/^.*\//, '').replace(/\.[jt]s$/, '');
  for (const candidate of [language, 'en-US'] as const) {
    let found: string | Catalogue | undefined = readCatalogue(new URL(`./locales/${candidate}/${name}.json`, nodeUrl));
    for (const part of key.split('.')) found = typeof found === 'object' ? found[part] : undefined;
    if (typeof found === 'string') return fill(found.replace(/__(\w+?)__/g, '{{$1}}'), values);
  }
  return key;
}

function readCatalogue(url: URL): Catalogue {
  const known = catalogues.get(url.href);
  if (known !== undefined) return known;
  let catalogue: Catalogue = {};
  try {
    catalogue = JSON.parse(readFileSync(url, 'utf8')) as Catalogue;
  } catch {
    // A missing translation must never stop a node; English stands in.
  }
  catalogues.set(url.href, catalogue);
  return catalogue;
}
