/** The generated grammars colour real lines, tokenized by the engine that VS Code uses. */
import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import oniguruma from 'vscode-oniguruma';
import textmate from 'vscode-textmate';
import packageJson from '../../package.json' with { type: 'json' };

const root = path.resolve(import.meta.dirname, '../..');
let registry: textmate.Registry;

beforeAll(async () => {
  const wasm = fs.readFileSync(path.join(root, 'node_modules/vscode-oniguruma/release/onig.wasm'));
  await oniguruma.loadWASM(Uint8Array.from(wasm).buffer);
  registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (scopeName) => {
      const grammar = packageJson.contributes.grammars.find((candidate) => candidate.scopeName === scopeName);
      if (grammar === undefined) return null;
      const file = path.join(root, grammar.path);
      return textmate.parseRawGrammar(fs.readFileSync(file, 'utf8'), file);
    },
  });
});

/** The coloured pieces of a line: text and innermost scope without the language's name. */
async function colours(language: string, line: string): Promise<string[]> {
  const grammar = await registry.loadGrammar(`source.${language}`);
  if (grammar === null) throw new Error(`no grammar for ${language}`);
  const { tokens } = grammar.tokenizeLine(line, textmate.INITIAL);
  return tokens
    .map(({ startIndex, endIndex, scopes }) => ({
      text: line.slice(startIndex, endIndex),
      scope: scopes.at(-1) ?? '',
    }))
    .filter(({ scope }) => scope !== `source.${language}`)
    .map(({ text, scope }) => `${text} ${scope.replace(`.${language}`, '')}`);
}

describe('colours of ipf', () => {
  it('knows actions, keywords, addresses and ports', async () => {
    expect(await colours('ipf', 'pass in quick from 10.1.0.0/24 to any port = 22 keep state')).toEqual([
      'pass keyword.control',
      'in keyword.other',
      'quick keyword.other',
      'from keyword.other',
      '10.1.0.0/24 constant.numeric.address',
      'to keyword.other',
      'any keyword.other',
      'port keyword.other',
      '= keyword.operator',
      '22 constant.numeric',
      'keep keyword.other',
      'state keyword.other',
    ]);
  });

  it('sees no keyword in an interface name or after a comment sign', async () => {
    expect(await colours('ipf', 'tun-in # pass in all')).toEqual(['# pass in all comment.line']);
  });

  it('takes IPv6 addresses whole', async () => {
    expect(await colours('ipf', 'pass in from 2001:db8::1/64 to ::1')).toEqual([
      'pass keyword.control',
      'in keyword.other',
      'from keyword.other',
      '2001:db8::1/64 constant.numeric.address',
      'to keyword.other',
      '::1 constant.numeric.address',
    ]);
  });
});

describe('colours of ipnat', () => {
  it('knows the mapping with its arrow and ports', async () => {
    expect(
      await colours('ipnat', 'map fxp1 10.1.0.0/24 -> 192.0.2.1/32 portmap tcp/udp 40000:60000'),
    ).toEqual(
      expect.arrayContaining([
        'map keyword.control',
        '10.1.0.0/24 constant.numeric.address',
        '-> keyword.operator',
        '192.0.2.1/32 constant.numeric.address',
        '40000 constant.numeric',
      ]),
    );
  });
});

describe('colours of setkey', () => {
  it('knows commands, strings and hexadecimal keys', async () => {
    expect(await colours('setkey', 'add 192.0.2.1 203.0.113.1 esp 0x2710 -A hmac-sha1 "a key";')).toEqual(
      expect.arrayContaining([
        'add keyword.control',
        '192.0.2.1 constant.numeric.address',
        '0x2710 constant.numeric.hex',
        'hmac-sha1 support.function',
      ]),
    );
  });
});

describe('package.json', () => {
  it('names only files that are there', () => {
    const { languages, grammars, commands } = packageJson.contributes;
    const files = [
      ...languages.map(({ configuration }) => configuration),
      ...grammars.map((grammar) => grammar.path),
      ...commands.flatMap((command) =>
        'icon' in command && command.icon ? Object.values(command.icon) : [],
      ),
      packageJson.icon,
    ];
    expect(files.filter((file) => !fs.existsSync(path.join(root, file)))).toEqual([]);
  });

  it('activates for every language it contributes', () => {
    const events = packageJson.contributes.languages.map(({ id }) => `onLanguage:${id}`);
    expect(packageJson.activationEvents).toEqual(expect.arrayContaining(events));
  });
});
