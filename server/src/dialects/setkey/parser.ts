/**
 * Reads one statement of setkey(8). The grammar is setkey's own (NetBSD crypto/dist/ipsec-tools/src/setkey),
 * written as a recursive descent; see `cursor.ts` for how it survives a slip and how completion listens in.
 */
import type { Problem } from '../../syntax/problem';
import type { TextRange } from '../../text/range';
import { checkFamilies, readRange } from './addresses';
import { readAdd, readContext, readSaCommand } from './associations';
import { Cursor, listWords, type Slot, takeOneOf, written } from './cursor';
import { type LexedStatement, lexStatement, type Token } from './lexer';
import { readPolicyString } from './policyString';
import type {
  AddressFamily,
  Command,
  SetkeyTree,
  SpdCommand,
  TaggedCommand,
  UpperProtocol,
  Written,
} from './tree';
import { COMMAND_WORDS, SA_PROTOCOLS, UPPER_PROTOCOLS } from './words';

export interface ParsedSetkeyStatement {
  readonly tree: SetkeyTree;
  readonly problems: readonly Problem[];
  /** What could stand behind the last token. */
  readonly offers: ReadonlySet<Slot>;
}

/** Never throws; a statement that cannot be read to its end gives a `broken` command and says why. */
export function parseSetkeyStatement(text: string): ParsedSetkeyStatement {
  const lexed = lexStatement(text);
  const cursor = new Cursor(lexed);
  const command = readCommand(cursor, lexed, text);
  if (command.kind !== 'blank' && command.kind !== 'comment') {
    reportLexicalSlips(cursor, lexed);
    reportMissingTerminator(cursor, lexed);
  }
  return {
    tree: {
      command: cursor.hasFailed ? { kind: 'broken', word: firstWord(lexed) } : command,
      content: contentOf(lexed),
      tokens: allTokens(cursor, lexed),
    },
    problems: cursor.problems,
    offers: cursor.offers,
  };
}

function readCommand(cursor: Cursor, lexed: LexedStatement, text: string): Command {
  cursor.offer('command');
  if (lexed.tokens.length === 0) {
    if (lexed.terminator !== undefined) {
      cursor.problem(
        'empty-statement',
        'error',
        lexed.terminator,
        'A `;` without a command before it. setkey stops here with a syntax error; remove it.',
        [{ title: 'Remove the `;`', edits: [{ ...rangeOf(lexed.terminator), text: '' }], preferred: true }],
      );
      return { kind: 'broken', word: undefined };
    }
    return { kind: text.includes('#') || lexed.backslashes.length > 0 ? 'comment' : 'blank' };
  }
  const token = cursor.current;
  if (!COMMAND_WORDS.has(token.text)) {
    cursor.fail(
      'unknown-command',
      `a command (${listWords([...COMMAND_WORDS].slice(0, 11))})`,
      COMMAND_WORDS,
    );
    return { kind: 'broken', word: undefined };
  }
  const word = written(token.text, cursor.take('action'));
  const command = readArguments(cursor, word);
  if (!cursor.hasFailed && cursor.current.kind !== 'end') cursor.fail('expected-semicolon', '`;`');
  cursor.offer('end');
  return command;
}

function readArguments(cursor: Cursor, word: Written<string>): Command {
  switch (word.value) {
    case 'add':
      return readAdd(cursor, word, readAddressOptions(cursor));
    case 'get':
    case 'delete':
    case 'deleteall':
      return readSaCommand(cursor, word, word.value, readAddressOptions(cursor));
    case 'flush':
    case 'dump': {
      cursor.offer('sa-protocol');
      if (cursor.current.kind === 'end') return { kind: word.value, word };
      const protocol = takeOneOf(
        cursor,
        [...SA_PROTOCOLS.keys()],
        'a protocol',
        'unknown-protocol',
        'protocol',
      );
      return { kind: word.value, word, protocol };
    }
    case 'spdadd':
    case 'spdupdate':
    case 'spddelete':
      return readSpdCommand(cursor, word, word.value);
    case 'spdflush':
    case 'spddump':
      return { kind: word.value, word };
    default:
      return { kind: 'exit', word };
  }
}

function readSpdCommand(
  cursor: Cursor,
  word: Written<string>,
  kind: SpdCommand['kind'],
): SpdCommand | TaggedCommand {
  if (kind !== 'spddelete') cursor.offer('tagged');
  if (cursor.is('tagged') && kind !== 'spddelete') return readTagged(cursor, word);
  const family = readAddressOptions(cursor);
  const source = readRange(cursor, 'the address or network of the senders');
  const destination = readRange(cursor, 'the address or network of the receivers');
  if (!cursor.hasFailed) checkFamilies(cursor, source.host, destination.host, family);
  const upper = readUpperProtocol(cursor);
  const context = readContext(cursor);
  const policy = readPolicyOption(cursor, kind);
  return {
    kind,
    word,
    source,
    destination,
    upper,
    policy,
    ...(context === undefined ? {} : { context }),
  };
}

function readTagged(cursor: Cursor, word: Written<string>): TaggedCommand {
  cursor.take('keyword');
  cursor.offer('string');
  if (cursor.current.kind !== 'string') cursor.fail('expected-tag', 'the tag in quotes');
  const tag = cursor.take('string');
  const policy = readPolicyOption(cursor, 'tagged');
  if (!cursor.hasFailed) {
    cursor.problem(
      'not-modelled',
      'information',
      tag,
      'This policy is for packets that the packet filter gave a tag. Walks do not follow tags, so it takes no part in them.',
    );
  }
  return { kind: 'tagged', word, tag: written(tag.text.replaceAll('"', ''), tag), policy };
}

function readPolicyOption(cursor: Cursor, kind: SpdCommand['kind'] | 'tagged') {
  cursor.offer('policy-option');
  if (!cursor.accept('-P', 'keyword')) cursor.fail('expected-policy', '`-P` and the policy', ['-P']);
  return readPolicyString(cursor, kind);
}

/** `-4`, `-6`, `-n`, also written together; the family that was asked for. */
function readAddressOptions(cursor: Cursor): AddressFamily | undefined {
  let family: AddressFamily | undefined;
  cursor.offer('address-option');
  while (cursor.current.kind === 'word' && /^-[n46]+$/.test(cursor.current.text)) {
    const letters = cursor.take('keyword').text;
    for (const letter of letters) if (letter === '4' || letter === '6') family = letter === '4' ? 4 : 6;
    cursor.offer('address-option');
  }
  return family;
}

function readUpperProtocol(cursor: Cursor): Written<UpperProtocol> {
  cursor.offer('upper-protocol');
  const token = cursor.current;
  const number = /^\d+$/.test(token.text) ? Number(token.text) : UPPER_PROTOCOLS.get(token.text);
  if (token.text !== 'any' && (number === undefined || token.kind !== 'word')) {
    cursor.fail('unknown-protocol', 'the upper-layer protocol: a name of protocols(5), a number or `any`', [
      'any',
      ...UPPER_PROTOCOLS.keys(),
    ]);
    return written({ text: token.text }, token);
  }
  cursor.take('protocol');
  if (number !== undefined && number > 255) {
    cursor.problem(
      'unknown-protocol',
      'error',
      token,
      `Protocol numbers go up to 255; ${token.text} is not one.`,
    );
  }
  // 255 is what the kernel itself uses for "any" (IPSEC_ULPROTO_ANY).
  const plain: UpperProtocol =
    number === undefined || number === 255 ? { text: token.text } : { text: token.text, number };
  cursor.offer('upper-detail');
  if (cursor.current.kind !== 'word' || cursor.current.text.startsWith('-')) return written(plain, token);
  return readUpperDetail(cursor, plain, token);
}

/** `type,code` of ICMP, the key of GRE; setkey puts both into the fields of the ports. */
function readUpperDetail(cursor: Cursor, plain: UpperProtocol, protocol: Token): Written<UpperProtocol> {
  const token = cursor.current;
  const range = { start: protocol.start, end: token.end };
  switch (plain.number) {
    case 1:
    case 58: {
      const parts = /^(\d+)(?:,(\d+))?$/.exec(token.text);
      if (parts === null) {
        cursor.fail('icmp-type', 'the ICMP type and code as two numbers, such as `8,0`');
        return written(plain, range);
      }
      cursor.take('number');
      const icmpType = Number(parts[1]);
      const icmpCode = parts[2] === undefined ? undefined : Number(parts[2]);
      if (icmpType > 255 || (icmpCode ?? 0) > 255) {
        cursor.problem('icmp-type', 'error', token, 'ICMP type and code are numbers from 0 to 255.');
      } else if (icmpCode === undefined) {
        cursor.problem(
          'icmp-type',
          'warning',
          token,
          `setkey leaves the code undefined when only a type is written. Write both, such as \`${icmpType},0\`.`,
        );
      }
      return written({ ...plain, icmpType, ...(icmpCode === undefined ? {} : { icmpCode }) }, range);
    }
    case 47:
      if (!/^\d+$|^\d+\.\d+\.\d+\.\d+$/.test(token.text)) {
        cursor.fail('gre-key', 'the key of GRE as a number or four octets');
        return written(plain, range);
      }
      cursor.take('number');
      return written({ ...plain, greKey: token.text }, range);
    default:
      cursor.fail(
        'expected-policy',
        `\`-P\` and the policy; only ICMP (type,code) and GRE (key) take more behind \`${plain.text}\``,
        ['-P'],
      );
      return written(plain, range);
  }
}

function reportLexicalSlips(cursor: Cursor, lexed: LexedStatement): void {
  for (const mark of lexed.backslashes) {
    cursor.problem(
      'line-continuation',
      'error',
      mark,
      'setkey has no line continuation and stops at a `\\`. A statement goes on over lines by itself until its `;`; remove the backslash.',
      [{ title: 'Remove the backslash', edits: [{ ...rangeOf(mark), text: '' }], preferred: true }],
    );
  }
  for (const comment of lexed.commentsInPolicy) {
    cursor.problem(
      'comment-in-policy',
      'error',
      comment,
      'Behind `-P` setkey reads everything up to `;` as the policy and stops at a comment. Move the comment behind the `;` or before the statement.',
    );
  }
  for (const string of lexed.openStrings) {
    cursor.problem(
      'open-string',
      'error',
      string,
      'This string has no closing `"` on its line. Close it on the same line.',
    );
  }
}

function reportMissingTerminator(cursor: Cursor, lexed: LexedStatement): void {
  const last = lexed.tokens[lexed.tokens.length - 1];
  if (lexed.terminator !== undefined || last === undefined || cursor.hasFailed) return;
  // A string that is not closed may have taken the `;` in; that problem is told already.
  if (lexed.openStrings.length > 0) return;
  cursor.problem(
    'missing-semicolon',
    'error',
    last,
    'This statement has no `;`. setkey would read what follows as a part of it; write `;` behind the last word.',
    [{ title: 'Add `;`', edits: [{ start: last.end, end: last.end, text: ';' }], preferred: true }],
  );
}

/** What the grammar named, then everything it did not reach, then comments; in order of place. */
function allTokens(cursor: Cursor, lexed: LexedStatement): SetkeyTree['tokens'] {
  const named = new Set(cursor.classified.map((t) => t.range.start));
  const rest: SetkeyTree['tokens'][number][] = [];
  for (const token of lexed.tokens) {
    if (named.has(token.start)) continue;
    if (token.kind === 'string') rest.push({ range: rangeOf(token), kind: 'string' });
    else if (token.kind === 'punctuation') rest.push({ range: rangeOf(token), kind: 'operator' });
  }
  for (const comment of lexed.comments) rest.push({ range: rangeOf(comment), kind: 'comment' });
  return [...cursor.classified, ...rest].sort((a, b) => a.range.start - b.range.start);
}

function contentOf(lexed: LexedStatement): TextRange {
  const { tokens, terminator } = lexed;
  const start = (tokens[0] ?? terminator)?.start ?? 0;
  return { start, end: Math.max(start, terminator?.end ?? 0, tokens[tokens.length - 1]?.end ?? 0) };
}

function firstWord(lexed: LexedStatement): Written<string> | undefined {
  const first = lexed.tokens[0];
  return first === undefined ? undefined : written(first.text, first);
}

function rangeOf(token: Token): TextRange {
  return { start: token.start, end: token.end };
}
