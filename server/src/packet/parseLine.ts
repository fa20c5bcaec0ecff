/**
 * Reads the one-line notation of packets (`notation.ts` shows it). The line is one left-to-right pass over its words: the
 * head (protocol and addresses) must be right to go on, behind it every word is judged by itself, so that a line
 * with two mistakes names both.
 */
import { type Address, parseAddress } from '../policy/address';
import type { Problem } from '../syntax/problem';
import { closestWord } from '../text/closestWord';
import type { TextRange } from '../text/range';
import { parseHex } from './bytes';
import type { PacketSpec } from './notation';
import {
  hasPorts,
  icmpTypesByName,
  isErrorType,
  longestPayloadBytes,
  type NumberWord,
  numberWords,
  takesInner,
  wordsFor,
} from './notationWords';
import { protocolByName, protocolName, protocolNames, protocolNumber } from './protocolNumbers';
import { parseTcpFlags, tcpFlagLetters } from './tcp';

export interface ParsedPacketLine {
  /** Absent when there is an error; warnings leave it. */
  readonly spec?: PacketSpec;
  /** Ranges are offsets in the line. */
  readonly problems: readonly Problem[];
}

/** Never throws; the problem's range is the exact word, or the end of the line when a word is missing. */
export function parsePacketLine(text: string): ParsedPacketLine {
  const reader: Reader = { tokens: tokenize(text), at: 0, problems: [], depth: 0 };
  const spec = readPacket(reader, 'line');
  const extra = peek(reader);
  if (spec !== undefined && extra !== undefined)
    report(reader, extra, 'packet/word', `“${extra.text}” closes nothing; the packet ended before it.`);
  const failed = reader.problems.some((problem) => problem.severity === 'error');
  return { problems: reader.problems, ...(spec !== undefined && !failed && { spec }) };
}

interface Token extends TextRange {
  readonly text: string;
}

interface Reader {
  readonly tokens: readonly Token[];
  at: number;
  readonly problems: Problem[];
  /** Packets inside packets that are being read. */
  depth: number;
}

/** Deep enough for every real stack of tunnels, and far from what would exhaust ours. */
const deepestNesting = 8;

type MutableSpec = { -readonly [Key in keyof PacketSpec]: PacketSpec[Key] };

/** Words are parted by blanks; an arrow and braces part them too. */
function tokenize(text: string): readonly Token[] {
  return [...text.matchAll(/[{}]|->|>|(?:(?!->)[^\s{}>])+/g)].map((match) => ({
    text: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** The head is read word by word and gives up at the first that does not fit; behind it every word is looked at. */
function readPacket(reader: Reader, place: 'line' | 'inner'): PacketSpec | undefined {
  const head = readHead(reader, place);
  if (head === undefined) return undefined;
  const spec: MutableSpec = head.spec;
  const seen = new Set<string>();
  let braces = false;
  for (let token = peek(reader); token !== undefined && token.text !== '}'; token = peek(reader)) {
    reader.at++;
    if (token.text === '{') {
      braces = true;
      readInner(reader, spec, token);
    } else readWord(reader, spec, token, seen);
  }
  checkWhole(reader, spec, head, braces);
  return spec;
}

interface Head {
  readonly spec: MutableSpec;
  readonly protocol: Token;
  readonly source: Token;
  readonly destination: Token;
}

function readHead(reader: Reader, place: 'line' | 'inner'): Head | undefined {
  const opening: Partial<MutableSpec> = place === 'line' ? readOpening(reader) : {};
  const protocol = next(reader);
  if (protocol === undefined || isMark(protocol))
    return fail(
      reader,
      protocol,
      'packet/protocol',
      'Expected a protocol here, such as tcp, udp, icmp or esp.',
    );
  const number = readProtocol(protocol.text);
  if (number === undefined) {
    const meant = closestWord(protocol.text, protocolNames());
    const hint = didYouMean(meant);
    return fail(
      reader,
      protocol,
      'packet/protocol',
      `“${protocol.text}” is no protocol; expected a name such as tcp, udp, icmp, esp, or a number from 0 to 255.${hint}`,
    );
  }
  const source = readEnd(reader, 'source', number);
  if (source === undefined) return undefined;
  const arrow = next(reader);
  if (arrow === undefined || (arrow.text !== '>' && arrow.text !== '->'))
    return fail(reader, arrow, 'packet/arrow', 'Expected “>” between the source and the destination.');
  const destination = readEnd(reader, 'destination', number);
  if (destination === undefined) return undefined;
  if (source.address.family !== destination.address.family)
    return fail(
      reader,
      destination.token,
      'packet/address',
      `The source is an IPv${source.address.family} address and the destination an IPv${destination.address.family} address; both must be of one kind.`,
    );
  const spec: MutableSpec = {
    ...opening,
    source: source.address,
    destination: destination.address,
    protocol: number,
    ...(source.port !== undefined && { sourcePort: source.port }),
    ...(destination.port !== undefined && { destinationPort: destination.port }),
  };
  return { spec, protocol, source: source.token, destination: destination.token };
}

/** `name:`, `in` or `out`, `on IF`, each of which may be left out. */
function readOpening(reader: Reader): Partial<MutableSpec> {
  const opening: Partial<MutableSpec> = {};
  const name = peek(reader);
  if (name !== undefined && /^[^:]+:$/.test(name.text)) {
    opening.name = name.text.slice(0, -1);
    reader.at++;
  }
  const direction = peek(reader);
  if (direction?.text === 'in' || direction?.text === 'out') {
    opening.direction = direction.text;
    reader.at++;
  }
  if (peek(reader)?.text === 'on') {
    reader.at++;
    const interfaceName = peek(reader);
    if (interfaceName === undefined || isMark(interfaceName))
      report(reader, interfaceName, 'packet/interface', 'Expected the name of an interface behind “on”.');
    else {
      opening.interface = interfaceName.text;
      reader.at++;
    }
  }
  return opening;
}

function readProtocol(word: string): number | undefined {
  if (/^\d{1,3}$/.test(word)) return Number(word) <= 255 ? Number(word) : undefined;
  return protocolByName(word);
}

/** `10.1.0.5`, `10.1.0.5:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`. */
function readEnd(
  reader: Reader,
  which: 'source' | 'destination',
  protocol: number,
): { address: Address; port?: number; token: Token } | undefined {
  const token = next(reader);
  if (token === undefined || isMark(token))
    return fail(reader, token, 'packet/address', `Expected the ${which} address here.`);
  const { text } = token;
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  const dotted = /^([^:]*):([^:]*)$/.exec(text);
  const addressText = bracketed?.[1] ?? dotted?.[1] ?? text;
  const portText = bracketed !== null ? bracketed[2] : dotted?.[2];
  const address = parseAddress(addressText);
  const addressStart = token.start + (bracketed !== null ? 1 : 0);
  if (address === undefined || (bracketed !== null && address.family === 4))
    return fail(
      reader,
      { text: addressText, start: addressStart, end: addressStart + addressText.length },
      'packet/address',
      `“${addressText}” is no address; expected the ${which} as 10.1.0.5 or 2001:db8::1, with a port as 10.1.0.5:80 or [2001:db8::1]:80.`,
    );
  if (portText === undefined) return { address, token };
  const portRange = { text: portText, start: token.end - portText.length, end: token.end };
  if (!hasPorts(protocol)) {
    const name = protocolName(protocol) ?? `Protocol ${protocol}`;
    return fail(reader, portRange, 'packet/port', `${name} has no ports; leave out “:${portText}”.`);
  }
  if (!/^\d{1,5}$/.test(portText) || Number(portText) > 65535)
    return fail(
      reader,
      portRange,
      'packet/port',
      `“${portText}” is no port; expected a number from 0 to 65535.`,
    );
  return { address, port: Number(portText), token };
}

function readWord(reader: Reader, spec: MutableSpec, token: Token, seen: Set<string>): void {
  const word = token.text;
  const once = (name: string): boolean => {
    if (!seen.has(name)) {
      seen.add(name);
      return true;
    }
    report(reader, token, 'packet/twice', `The packet's ${name} is already said; say it once.`);
    return false;
  };
  const { protocol } = spec;
  const numberWord = numberWords.find((w) => w.word === word && w.appliesTo(protocol));
  if (numberWord !== undefined) {
    readNumber(reader, spec, token, numberWord, once(numberWord.word));
    return;
  }
  switch (word) {
    case 'df':
      if (once('df')) spec.dontFragment = true;
      return;
    case 'mf':
      if (once('mf')) spec.moreFragments = true;
      return;
    case 'payload':
      readPayload(reader, spec, token, once('payload'));
      return;
  }
  if (protocol === protocolNumber.tcp) {
    const letters = word === 'flags' ? next(reader) : token;
    const flags =
      word === 'flags' && letters?.text === 'none'
        ? 0
        : letters !== undefined && letters.text === letters.text.toUpperCase()
          ? parseTcpFlags(letters.text)
          : undefined;
    if (flags !== undefined && letters !== undefined) {
      if (once('flags')) spec.tcpFlags = flags;
      return;
    }
    if (word === 'flags') {
      report(
        reader,
        letters,
        'packet/flags',
        `Expected TCP flags out of ${tcpFlagLetters} in capitals, each once, or “none”.`,
      );
      return;
    }
  }
  if (protocol === protocolNumber.icmp || protocol === protocolNumber.icmpv6) {
    if (readIcmpType(reader, spec, token, once)) return;
  }
  reportUnknownWord(reader, spec, token);
}

/** `echo`, `unreachable/3`, `40/1`. False when the word is none of these. */
function readIcmpType(
  reader: Reader,
  spec: MutableSpec,
  token: Token,
  once: (name: string) => boolean,
): boolean {
  const [typeText = '', codeText, ...more] = token.text.split('/');
  const named = icmpTypesByName(spec.protocol).get(typeText);
  const numeric = codeText !== undefined && /^\d{1,3}$/.test(typeText) ? Number(typeText) : undefined;
  const type = named ?? numeric;
  if (type === undefined || more.length > 0) return false;
  if (type > 255) {
    report(reader, token, 'packet/value', `An ICMP type is a number from 0 to 255, not ${type}.`);
    return true;
  }
  if (once('type')) spec.icmpType = type;
  if (codeText === undefined) return true;
  if (!/^\d{1,3}$/.test(codeText) || Number(codeText) > 255) {
    const range = { text: codeText, start: token.end - codeText.length, end: token.end };
    report(reader, range, 'packet/value', `“${codeText}” is no ICMP code; expected a number from 0 to 255.`);
    return true;
  }
  if (once('code')) spec.icmpCode = Number(codeText);
  return true;
}

function readNumber(
  reader: Reader,
  spec: MutableSpec,
  token: Token,
  word: NumberWord,
  wanted: boolean,
): void {
  const value = peek(reader);
  const expected = `a number from ${word.minimum} to ${word.maximum}${word.multipleOf === undefined ? '' : ` that is a multiple of ${word.multipleOf}`}`;
  if (value === undefined || isMark(value)) {
    report(reader, value, 'packet/value', `Expected ${expected} behind “${token.text}”.`);
    return;
  }
  reader.at++;
  const number = /^(\d{1,10}|0x[0-9a-fA-F]{1,8})$/.test(value.text) ? Number(value.text) : Number.NaN;
  const fits = number >= word.minimum && number <= word.maximum && number % (word.multipleOf ?? 1) === 0;
  if (!fits) {
    const message = `“${value.text}” does not fit “${word.word}”; expected ${expected}.`;
    report(reader, value, 'packet/value', message);
  } else if (wanted) spec[word.key] = number;
}

function readPayload(reader: Reader, spec: MutableSpec, token: Token, wanted: boolean): void {
  const value = peek(reader);
  if (value === undefined || isMark(value)) {
    report(reader, value, 'packet/value', `Expected the bytes behind “${token.text}”, such as 0x6869.`);
    return;
  }
  reader.at++;
  const bytes = value.text.startsWith('0x') ? parseHex(value.text.slice(2)) : undefined;
  if (bytes === undefined)
    report(
      reader,
      value,
      'packet/value',
      `“${value.text}” is no payload; expected 0x and two hexadecimal digits for each byte.`,
    );
  else if (bytes.length > longestPayloadBytes)
    report(
      reader,
      value,
      'packet/value',
      `A payload has at most ${longestPayloadBytes} bytes; this one has ${bytes.length}.`,
    );
  else if (wanted) spec.payload = bytes;
}

function readInner(reader: Reader, spec: MutableSpec, brace: Token): void {
  if (spec.inner !== undefined)
    report(reader, brace, 'packet/twice', 'The packet inside is already said; say it once.');
  else if (!takesInner(spec.protocol)) {
    const name = protocolName(spec.protocol) ?? `Protocol ${spec.protocol}`;
    const message = `${name} carries no packet in braces; ipencap, ipv6, gre, ah and ICMP errors do.`;
    report(reader, brace, 'packet/inner', message);
  }
  const start = peek(reader);
  reader.depth++;
  const inner = reader.depth > deepestNesting ? tooDeep(reader, brace) : readPacket(reader, 'inner');
  reader.depth--;
  if (inner === undefined) skipToBrace(reader);
  else if (spec.protocol === protocolNumber.ipv4 || spec.protocol === protocolNumber.ipv6) {
    const family = spec.protocol === protocolNumber.ipv4 ? 4 : 6;
    if (inner.source.family !== family)
      report(
        reader,
        start,
        'packet/inner',
        `${protocolName(spec.protocol)} carries an IPv${family} packet, but this one is IPv${inner.source.family}; write ${family === 4 ? 'ipv6' : 'ipencap'} before the outer addresses.`,
      );
  }
  const close = next(reader);
  if (close === undefined && inner !== undefined)
    report(reader, undefined, 'packet/inner', 'Expected “}” behind the packet inside.');
  if (inner !== undefined && spec.inner === undefined) spec.inner = inner;
}

function tooDeep(reader: Reader, brace: Token): undefined {
  const message = `At most ${deepestNesting} packets can stand inside each other; take some braces away.`;
  return fail(reader, brace, 'packet/inner', message);
}

/** What can only be judged when all words are known. `braces`: a packet inside was written, readable or not. */
function checkWhole(reader: Reader, spec: MutableSpec, head: Head, braces: boolean): void {
  const family = spec.source.family;
  const wrongIcmp =
    (spec.protocol === protocolNumber.icmp && family === 6) ||
    (spec.protocol === protocolNumber.icmpv6 && family === 4);
  if (wrongIcmp) {
    const right = family === 6 ? 'icmpv6' : 'icmp';
    const { start, end } = head.protocol;
    reader.problems.push({
      code: 'packet/protocol',
      severity: 'error',
      range: { start, end },
      message: `The addresses are IPv${family}, whose ICMP is ${right}; write ${right} here.`,
      fixes: [{ title: `Write ${right}`, edits: [{ start, end, text: right }], preferred: true }],
    });
  }
  const later = (spec.fragmentOffset ?? 0) > 0;
  if (hasPorts(spec.protocol))
    for (const [port, end] of [
      [spec.sourcePort, head.source],
      [spec.destinationPort, head.destination],
    ] as const) {
      if (later && port !== undefined)
        report(
          reader,
          end,
          'packet/port',
          'A later fragment has no ports, only the bytes behind them; leave the port out, or leave out “frag”.',
        );
      else if (!later && port === undefined)
        report(
          reader,
          end,
          'packet/port-missing',
          `No port is given, so it is 0; write it behind the address, as ${family === 4 ? `${end.text}:80` : `[${end.text.replace(/[[\]]/g, '')}]:80`}.`,
          'warning',
        );
    }
  if (spec.dontFragment && family === 6)
    report(reader, head.protocol, 'packet/word', 'IPv6 has no DF bit; leave “df” out.');
  if (spec.payload !== undefined && spec.payloadLength !== undefined)
    report(reader, head.protocol, 'packet/twice', 'Say the payload or its length, not both.');
  const isIcmp = spec.protocol === protocolNumber.icmp || spec.protocol === protocolNumber.icmpv6;
  if (isIcmp && spec.inner !== undefined && !isErrorType(spec.protocol, spec.icmpType))
    report(
      reader,
      head.protocol,
      'packet/inner',
      'Only an ICMP error quotes a packet; say its type, such as unreachable or time-exceeded.',
    );
  const wraps = spec.protocol === protocolNumber.ipv4 || spec.protocol === protocolNumber.ipv6;
  const empty = !braces && spec.payload === undefined && spec.payloadLength === undefined;
  if (wraps && empty && !later)
    report(
      reader,
      head.protocol,
      'packet/inner',
      `${protocolName(spec.protocol)} carries a packet; write it behind the addresses in braces: { tcp 10.1.0.5:40000 > 10.2.0.1:80 S }.`,
    );
}

function reportUnknownWord(reader: Reader, spec: MutableSpec, token: Token): void {
  const name = protocolName(spec.protocol) ?? `protocol ${spec.protocol}`;
  const known = wordsFor(spec.protocol);
  const flags = spec.protocol === protocolNumber.tcp ? parseTcpFlags(token.text) : undefined;
  if (flags !== undefined) {
    const capitals = token.text.toUpperCase();
    report(
      reader,
      token,
      'packet/flags',
      `TCP flags are written in capitals; write ${capitals} instead of ${token.text}.`,
    );
    return;
  }
  const elsewhere = numberWords.some((w) => w.word === token.text);
  const reason = elsewhere
    ? `“${token.text}” does not belong to ${name}`
    : `“${token.text}” is no word of a packet line`;
  const types = icmpTypesByName(spec.protocol);
  const special =
    spec.protocol === protocolNumber.tcp
      ? `flags out of ${tcpFlagLetters}, or `
      : types.size > 0
        ? 'an ICMP type such as echo or unreachable/3, or '
        : '';
  const listed = known.filter((word) => !types.has(word)).join(', ');
  const hint = didYouMean(elsewhere ? undefined : closestWord(token.text, known));
  const message = `${reason}; expected ${special}one of ${listed}.${hint}`;
  report(reader, token, 'packet/word', message);
  // A number behind an unknown word is its value, not a second mistake.
  const value = peek(reader);
  if (value !== undefined && /^\d/.test(value.text)) reader.at++;
}

function didYouMean(word: string | undefined): string {
  return word === undefined ? '' : ` Did you mean “${word}”?`;
}

function isMark(token: Token): boolean {
  return token.text === '>' || token.text === '->' || token.text === '{' || token.text === '}';
}

function peek(reader: Reader): Token | undefined {
  return reader.tokens[reader.at];
}

function next(reader: Reader): Token | undefined {
  const token = reader.tokens[reader.at];
  if (token !== undefined) reader.at++;
  return token;
}

/** After a packet inside that could not be read: up to the brace that closes it. */
function skipToBrace(reader: Reader): void {
  // A closing brace that stood where a word was expected has been read already.
  if (reader.tokens[reader.at - 1]?.text === '}') reader.at--;
  let depth = 0;
  for (let token = peek(reader); token !== undefined; token = peek(reader)) {
    if (token.text === '{') depth++;
    if (token.text === '}' && depth-- === 0) return;
    reader.at++;
  }
}

function fail(reader: Reader, token: Token | undefined, code: string, message: string): undefined {
  report(reader, token, code, message);
  return undefined;
}

function report(
  reader: Reader,
  token: Token | undefined,
  code: string,
  message: string,
  severity: 'error' | 'warning' = 'error',
): void {
  const end = reader.tokens.at(-1)?.end ?? 0;
  const range = token === undefined ? { start: end, end } : { start: token.start, end: token.end };
  reader.problems.push({ code, severity, range, message });
}
