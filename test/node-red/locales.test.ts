import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCatalogue } from '../../nodes/shared/errors.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const nodes = Object.values((JSON.parse(read('package.json')) as { 'node-red': { nodes: Record<string, string> } })['node-red'].nodes).map(
  (built) => {
    const [, stage, name] = /nodes\/(\w+)\/([\w-]+)\.js$/.exec(built) as unknown as [string, string, string];
    return { stage, name };
  },
);

type Catalogue = { [key: string]: string | Catalogue };

/** Key path → text. */
function flatten(catalogue: Catalogue, prefix = ''): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(catalogue)) {
    if (typeof value === 'string') texts[`${prefix}${key}`] = value;
    else Object.assign(texts, flatten(value, `${prefix}${key}.`));
  }
  return texts;
}

const textsOf = (stage: string, language: string, name: string) =>
  flatten(JSON.parse(read(`nodes/${stage}/locales/${language}/${name}.json`)) as Catalogue);
const placeholders = (text: string) => (text.match(/__\w+__|\{\{\w+\}\}/g) ?? []).sort();

describe('the languages', () => {
  for (const { stage, name } of nodes) {
    describe(name, () => {
      const english = textsOf(stage, 'en-US', name);
      const chinese = textsOf(stage, 'zh-CN', name);

      it('has the same texts in both, none empty', () => {
        assert.deepEqual(Object.keys(chinese).sort(), Object.keys(english).sort());
        for (const [key, text] of [...Object.entries(english), ...Object.entries(chinese)]) assert.notEqual(text.trim(), '', key);
      });

      it('fills in the same values in both', () => {
        for (const [key, text] of Object.entries(english)) assert.deepEqual(placeholders(chinese[key] ?? ''), placeholders(text), key);
      });

      it('has every text that its dialog asks for', () => {
        const html = read(`nodes/${stage}/${name}.html`);
        const asked = [...html.matchAll(/data-i18n="(?:\[\w+\])?([\w.-]+)"|\._\('([\w.-]+\w)'[,)]/g)].map(
          ([, label, call]) => label ?? call,
        );
        assert.ok(asked.length > 0);
        assert.deepEqual(
          asked.filter((key) => !(String(key) in english)),
          [],
        );
      });

      it('names the field of every validator', () => {
        const labels = [
          ...read(`nodes/${stage}/${name}.html`).matchAll(/linewatch\.(?:number|required|configNode|rows|custom)\((.*?),\s*(.*?),/g),
        ];
        for (const [call, subject, label] of labels) {
          assert.equal(subject, 'this', call);
          assert.ok(String(label).slice(1, -1) in english, call);
        }
      });

      it('has help of the same build in both', () => {
        const [englishHelp, chineseHelp] = ['en-US', 'zh-CN'].map((language) =>
          read(`nodes/${stage}/locales/${language}/${name}.html`),
        ) as [string, string];
        const build = (help: string) => help.match(/data-help-name="[\w-]+"|<(?:h3|dl|dt|dd|ol|li)\b/g);
        assert.ok(englishHelp.includes(`data-help-name="linewatch-${name}"`));
        assert.deepEqual(build(chineseHelp), build(englishHelp));
        assert.match(chineseHelp, /[\u4e00-\u9fff]{3}/);
      });
    });
  }

  it('have no text of a node that is gone', () => {
    const files = globSync('nodes/*/locales/*/*', { cwd: root }).map((path) => path.replaceAll('\\', '/'));
    const wanted = nodes.flatMap(({ stage, name }) =>
      ['en-US', 'zh-CN'].flatMap((language) => ['json', 'html'].map((kind) => `nodes/${stage}/locales/${language}/${name}.${kind}`)),
    );
    assert.deepEqual(files.sort(), [...wanted, 'nodes/node-red/locales/zh-CN/errors.json'].sort());
  });

  it('word every error, with the same values', () => {
    const chinese = JSON.parse(read('nodes/node-red/locales/zh-CN/errors.json')) as Record<string, string>;
    assert.deepEqual(Object.keys(chinese).sort(), Object.keys(errorCatalogue).sort());
    for (const [code, text] of Object.entries(errorCatalogue)) {
      assert.deepEqual(placeholders(chinese[code] ?? ''), placeholders(text), code);
      assert.match(chinese[code] ?? '', /[\u4e00-\u9fff]/, code);
    }
  });
});
