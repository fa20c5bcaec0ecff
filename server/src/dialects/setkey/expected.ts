/**
 * What can stand at an offset of a statement: the statement is read up to the word at the cursor, and the parser
 * says what it would take next. No second description of the grammar exists.
 */
import type { ParsedStatement } from '../../syntax/statement';
import type { Expectation } from '../dialect';
import type { Slot } from './cursor';
import { isWordMark } from './lexer';
import { parseSetkeyStatement } from './parser';
import type { SetkeyTree } from './tree';
import { vocabularyWord } from './vocabulary';
import {
  AUTHENTICATION_ALGORITHMS,
  algorithmWords,
  COMMAND_WORDS,
  COMPRESSION_ALGORITHMS,
  DIRECTIONS,
  ENCRYPTION_ALGORITHMS,
  EXTENSION_FLAGS,
  EXTENSION_OPTIONS,
  LEVELS,
  POLICY_ACTIONS,
  REQUEST_MODES,
  REQUEST_PROTOCOLS,
  SA_MODES,
  SA_PROTOCOLS,
  UPPER_PROTOCOLS,
} from './words';

export function expectedAt(statement: ParsedStatement<SetkeyTree>, offset: number): readonly Expectation[] {
  const { text } = statement;
  if (statement.tree.tokens.some((t) => isInside(t, offset, text))) return [];
  const before = text.slice(0, offset);
  if (
    before.includes(';') &&
    !statement.tree.tokens.some((t) => t.kind === 'comment' && t.range.end <= offset)
  ) {
    return [];
  }
  const inPolicy = /(^|\s)-P\s/.test(before);
  let start = offset;
  while (start > 0 && isWordMark(text[start - 1]!, inPolicy)) start--;
  let end = offset;
  while (end < text.length && isWordMark(text[end]!, inPolicy)) end++;
  const { offers } = parseSetkeyStatement(text.slice(0, start));
  return [...offers].flatMap((slot) => expectationsOf(slot, { start, end }));
}

/** In a comment, or in a string, which a key may be. */
function isInside({ kind, range }: SetkeyTree['tokens'][number], offset: number, text: string): boolean {
  if (kind === 'comment') return range.start < offset;
  return text[range.start] === '"' && range.start < offset && offset < range.end;
}

const SLOT_WORDS: Partial<Record<Slot, readonly string[]>> = {
  command: [...COMMAND_WORDS],
  'address-option': ['-4', '-6', '-n'],
  tagged: ['tagged'],
  'sa-protocol': [...SA_PROTOCOLS.keys()],
  extension: [...EXTENSION_OPTIONS.keys()],
  mode: SA_MODES,
  'extension-flag': EXTENSION_FLAGS,
  'algorithm-option': ['-E', '-A', '-C'],
  'authentication-option': ['-A'],
  encryption: algorithmWords(ENCRYPTION_ALGORITHMS),
  authentication: algorithmWords(AUTHENTICATION_ALGORITHMS),
  compression: [...COMPRESSION_ALGORITHMS.keys()],
  'raw-cpi': ['-R'],
  'upper-protocol': ['any', ...UPPER_PROTOCOLS.keys()],
  'policy-option': ['-P'],
  direction: DIRECTIONS,
  priority: ['priority'],
  action: POLICY_ACTIONS,
  'request-protocol': REQUEST_PROTOCOLS,
  'request-mode': REQUEST_MODES,
  level: LEVELS,
  port: ['any'],
};

const SNIPPETS: Partial<Record<Slot, readonly { label: string; insert: string; detail: string }[]>> = {
  command: [
    {
      label: 'spdadd (ESP tunnel)',
      insert: `spdadd ${stop(1, '10.0.1.0/24')} ${stop(2, '10.0.2.0/24')} any -P out ipsec esp/tunnel/${stop(3, '192.0.2.1')}-${stop(4, '192.0.2.2')}/require;`,
      detail: 'policy of a tunnel',
    },
    {
      label: 'add (ESP)',
      insert: `add ${stop(1, '192.0.2.1')} ${stop(2, '192.0.2.2')} esp ${stop(3, '0x1000')} -m tunnel -E aes-cbc ${stop(4, '0x')} -A hmac-sha256 ${stop(5, '0x')};`,
      detail: 'security association',
    },
  ],
  host: [{ label: 'address', insert: `${stop(1, '192.0.2.1')}`, detail: 'IPv4 or IPv6 address' }],
  range: [
    {
      label: 'address/length',
      insert: `${stop(1, '10.0.1.0')}/${stop(2, '24')}`,
      detail: 'address or network, [port] behind it',
    },
  ],
  spi: [{ label: 'SPI', insert: `0x${stop(1, '1000')}`, detail: '256 or more' }],
  key: [
    { label: '0x...', insert: `0x${stop(1)}`, detail: 'key in hex digits' },
    { label: '"..."', insert: `"${stop(1)}"`, detail: 'key as text' },
  ],
  string: [{ label: '"..."', insert: `"${stop(1)}"`, detail: 'text in quotes' }],
  'upper-detail': [],
  'request-endpoints': [
    {
      label: 'source-destination',
      insert: `${stop(1, '192.0.2.1')}-${stop(2, '192.0.2.2')}`,
      detail: 'ends of the tunnel',
    },
  ],
};

/** A tab stop of snippet syntax. */
function stop(index: number, text = ''): string {
  return `\${${index}:${text}}`;
}

function expectationsOf(slot: Slot, replace: { start: number; end: number }): Expectation[] {
  const words = (SLOT_WORDS[slot] ?? []).map((word): Expectation => {
    const known = vocabularyWord(word);
    return {
      label: word,
      insert: word,
      kind: known?.kind ?? (slot === 'upper-protocol' ? 'protocol' : 'keyword'),
      replace,
      ...(known === undefined ? {} : { documentation: known.documentation }),
    };
  });
  const snippets = (SNIPPETS[slot] ?? []).map(
    (s): Expectation => ({
      label: s.label,
      insert: s.insert,
      isSnippet: true,
      kind: slot === 'host' || slot === 'range' || slot === 'request-endpoints' ? 'address' : 'snippet',
      detail: s.detail,
      replace,
    }),
  );
  return [...words, ...snippets];
}
