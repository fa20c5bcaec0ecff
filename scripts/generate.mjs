/**
 * `npm run generate [-- --check]`: what the editor must know of a dialect before the server runs, written from
 * the dialects themselves, so that a new dialect is one folder and one line in the registry:
 *
 * - `syntaxes/ID.tmLanguage.json`: the colours, with the words of the dialect's vocabulary;
 * - `syntaxes/ID.language-configuration.json`: comments, brackets, what a word is;
 * - `package.json`: languages with the file names they claim, grammars, activation events. What a dialect does not
 *   know (`firstLine`) is kept as it stands there;
 * - `docs/diagnostics.md`, from the table of diagnostics;
 * - `l10n/bundle.l10n.json`: every text of the extension and of the trace view, for translators.
 *
 * With `--check` nothing is written and a difference is an error.
 */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { Failure, runMain } from './lib/failure.mjs';
import { fromRoot, out } from './lib/paths.mjs';
import { translatableTexts } from './lib/translatableTexts.mjs';

/** TextMate scopes that themes colour, for each kind of vocabulary word. */
const scopeOfKind = {
  action: 'keyword.control',
  keyword: 'keyword.other',
  option: 'storage.modifier',
  operator: 'keyword.operator',
  protocol: 'support.type',
  service: 'constant.language',
  algorithm: 'support.function',
  constant: 'constant.language',
  interface: 'variable.parameter',
};

/** A character that goes on a word: `rcmd-proxy`, `des-cbc`, `return-icmp-as-dest`. */
const wordCharacter = '[A-Za-z0-9_.-]';

runMain(async () => {
  const dialects = await loadDialects();
  const files = new Map();
  for (const dialect of dialects) {
    files.set(`syntaxes/${dialect.id}.tmLanguage.json`, grammar(dialect));
    files.set(`syntaxes/${dialect.id}.language-configuration.json`, languageConfiguration(dialect));
  }
  files.set(
    'package.json',
    manifest(dialects, JSON.parse(fs.readFileSync(fromRoot('package.json'), 'utf8'))),
  );
  files.set('docs/diagnostics.md', await diagnosticsMarkdown());
  files.set('l10n/bundle.l10n.json', textBundle(['client/src', 'webview/src']));
  const stale = [...files].filter(([name, content]) => read(name) !== textOf(content));
  if (process.argv.includes('--check')) {
    if (stale.length === 0) return;
    throw new Failure(
      `Out of date: ${stale.map(([name]) => name).join(', ')}. Run npm run generate and commit the result.`,
    );
  }
  for (const [name, content] of stale) {
    fs.mkdirSync(path.dirname(fromRoot(name)), { recursive: true });
    fs.writeFileSync(fromRoot(name), textOf(content));
    process.stdout.write(`${name}\n`);
  }
});

async function loadDialects() {
  return (await load('server/src/dialects/index.ts')).dialects;
}

async function diagnosticsMarkdown() {
  return (await load('server/src/analysis/diagnostics/markdown.ts')).diagnosticsMarkdown();
}

/** Each text stands for itself until it is translated. What hands texts on (`l10n.ts`) has none of its own. */
function textBundle(folders) {
  const sources = folders.flatMap((folder) =>
    fs
      .readdirSync(fromRoot(folder), { recursive: true })
      .filter((file) => file.endsWith('.ts') && file !== 'l10n.ts')
      .map((file) => path.posix.join(folder, file.replaceAll(path.sep, '/')))
      .map((name) => ({ name, text: fs.readFileSync(fromRoot(name), 'utf8') })),
  );
  return Object.fromEntries(translatableTexts(sources).map((text) => [text, text]));
}

/** A module of the server, bundled so that Node can read it. */
async function load(source) {
  const outfile = path.join(out, 'generate', `${path.basename(source, '.ts')}.mjs`);
  const entryPoints = [fromRoot(source)];
  await build({ entryPoints, outfile, bundle: true, platform: 'neutral', mainFields: ['module', 'main'] });
  return import(pathToFileURL(outfile).href);
}

function textOf(content) {
  return typeof content === 'string' ? content : `${JSON.stringify(content, undefined, 2)}\n`;
}

function grammar(dialect) {
  const scope = (name) => `${name}.${dialect.id}`;
  const wordsOf = (kind) => [
    ...new Set(
      dialect.vocabulary.words
        .filter((word) => word.kind === kind)
        // `keep state` is coloured word by word, as it may be written over a line end.
        .flatMap(({ word }) => word.split(/\s+/)),
    ),
  ];
  const vocabulary = Object.entries(scopeOfKind)
    .map(([kind, name]) => ({ name: scope(name), words: wordsOf(kind).sort() }))
    .filter(({ words }) => words.length > 0)
    .flatMap(({ name, words }) => {
      const alphabetic = words.filter((word) => /^[A-Za-z0-9]/.test(word));
      const symbols = words.filter((word) => !/^[A-Za-z0-9]/.test(word));
      return [
        ...(alphabetic.length > 0
          ? [{ name, match: `(?<!${wordCharacter})(?:${alternatives(alphabetic)})(?!${wordCharacter})` }]
          : []),
        ...(symbols.length > 0
          ? [{ name, match: `(?<!\\S)(?:${alternatives(symbols)})(?!${wordCharacter})` }]
          : []),
      ];
    });
  return {
    information: 'Generated from the dialect by scripts/generate.mjs; change the vocabulary there.',
    name: dialect.title,
    scopeName: `source.${dialect.id}`,
    patterns: [
      { name: scope('comment.line'), match: `${escapePattern(dialect.lineComment)}.*$` },
      { name: scope('string.quoted.double'), begin: '"', end: '"|$' },
      {
        name: scope('constant.numeric.address'),
        match: `(?<!${wordCharacter})\\d{1,3}(?:\\.\\d{1,3}){3}(?:/(?:\\d{1,3}(?:\\.\\d{1,3}){3}|0[xX][0-9A-Fa-f]+|\\d{1,2}))?`,
      },
      {
        name: scope('constant.numeric.address'),
        match: `(?<![A-Za-z0-9_.:-])(?=[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:)[0-9A-Fa-f:]+(?:\\.\\d+){0,3}(?:/\\d{1,3})?(?!${wordCharacter})`,
      },
      {
        name: scope('constant.numeric.hex'),
        match: `(?<!${wordCharacter})0[xX][0-9A-Fa-f]+(?!${wordCharacter})`,
      },
      ...vocabulary,
      { name: scope('constant.numeric'), match: `(?<!${wordCharacter})\\d+(?!${wordCharacter})` },
      { name: scope('variable.other'), match: '\\$\\w+' },
      { name: scope('keyword.operator'), match: '[<>=!]=?|->' },
    ],
  };
}

/** Longest first, because the first alternative that fits wins. */
function alternatives(words) {
  return [...words]
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
    .map(escapePattern)
    .join('|');
}

function escapePattern(text) {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function languageConfiguration(dialect) {
  const pairs = [
    ['(', ')'],
    ['[', ']'],
    ['{', '}'],
  ];
  const quotes = [...pairs, ['"', '"']];
  return {
    comments: { lineComment: dialect.lineComment },
    brackets: pairs,
    autoClosingPairs: quotes.map(([open, close]) => ({ open, close })),
    surroundingPairs: quotes,
    wordPattern: '[A-Za-z0-9_][A-Za-z0-9_.:/-]*',
  };
}

function manifest(dialects, before) {
  const { contributes } = before;
  const earlier = new Map((contributes.languages ?? []).map((language) => [language.id, language]));
  const languages = dialects.map((dialect) => ({
    ...earlier.get(dialect.id),
    id: dialect.id,
    aliases: [dialect.title, dialect.id],
    filenames: dialect.fileNames,
    ...(dialect.fileEndings.length > 0 ? { extensions: dialect.fileEndings } : {}),
    configuration: `./syntaxes/${dialect.id}.language-configuration.json`,
  }));
  const grammars = dialects.map(({ id }) => ({
    language: id,
    scopeName: `source.${id}`,
    path: `./syntaxes/${id}.tmLanguage.json`,
  }));
  const otherEvents = before.activationEvents.filter((event) => !event.startsWith('onLanguage:'));
  const activationEvents = [...dialects.map(({ id }) => `onLanguage:${id}`), ...otherEvents];
  return { ...before, activationEvents, contributes: { ...contributes, languages, grammars } };
}

function read(name) {
  try {
    return fs.readFileSync(fromRoot(name), 'utf8');
  } catch {
    return undefined;
  }
}
