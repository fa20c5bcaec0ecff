/** `add`, `get`, `delete` and `deleteall`: the commands of the SAD, with what setkey and the kernel ask of an SA. */
import type { IpsecMode } from '../../policy/ipsec';
import { checkFamilies, readEndpoint, readHost } from './addresses';
import { type Cursor, takeNumber, takeOneOf, written } from './cursor';
import type { AddCommand, AddressFamily, AlgorithmUse, Endpoint, SaCommand, Written } from './tree';
import {
  AUTHENTICATION_ALGORITHMS,
  algorithmWords,
  COMPRESSION_ALGORITHMS,
  describeKeyBits,
  ENCRYPTION_ALGORITHMS,
  EXTENSION_FLAGS,
  EXTENSION_OPTIONS,
  findAlgorithm,
  type KeyedAlgorithmWord,
  SA_MODES,
  SA_PROTOCOLS,
} from './words';

/** The SPI by which the kernel finds the key of the TCP signature option (TCP_SIG_SPI of netipsec). */
export const TCP_SIGNATURE_SPI = 0x1000;

const KERNEL_REFUSES = 'setkey reads the line, but the kernel refuses the SA: Invalid argument.';

export function readAdd(
  cursor: Cursor,
  word: Written<string>,
  family: AddressFamily | undefined,
): AddCommand {
  const head = readIdentity(cursor, family);
  const spi = readSpi(cursor);
  const extensions = readExtensions(cursor);
  const algorithms = readAlgorithms(cursor);
  const add: AddCommand = { kind: 'add', word, ...head, spi, ...extensions, ...algorithms };
  if (!cursor.hasFailed) checkAdd(cursor, add);
  return add;
}

export function readSaCommand(
  cursor: Cursor,
  word: Written<string>,
  kind: SaCommand['kind'],
  family: AddressFamily | undefined,
): SaCommand {
  const head = readIdentity(cursor, family);
  if (kind === 'deleteall') return { kind, word, ...head };
  const spi = readSpi(cursor);
  // Old setkey told SAs of one SPI apart by mode; the option is still read, with a warning.
  while (EXTENSION_OPTIONS.has(cursor.current.text)) readExtensions(cursor);
  return { kind, word, ...head, spi };
}

interface SaIdentity {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly protocol: Written<string>;
}

function readIdentity(cursor: Cursor, family: AddressFamily | undefined): SaIdentity {
  const source = readEndpoint(cursor, 'the source address of the SA');
  const destination = readEndpoint(cursor, 'the destination address of the SA');
  if (!cursor.hasFailed) checkFamilies(cursor, source.host, destination.host, family);
  cursor.offer('sa-protocol');
  const protocol = takeOneOf(
    cursor,
    [...SA_PROTOCOLS.keys()],
    'the protocol of the SA',
    'unknown-protocol',
    'protocol',
  );
  // `esp-udp` may be followed by the address the peer has behind its NAT; an SPI is a bare number.
  if (protocol.value === 'esp-udp' && /[.:]/.test(cursor.current.text)) {
    readHost(cursor, 'the original address of the peer');
  }
  return { source, destination, protocol };
}

function readSpi(cursor: Cursor): Written<number> {
  cursor.offer('spi');
  const token = cursor.current;
  if (!/^(\d+|0[xX][0-9a-fA-F]+)$/.test(token.text)) {
    cursor.fail('expected-spi', 'the SPI, a decimal or `0x` number');
    return written(0, token);
  }
  cursor.take('number');
  const value = Number(token.text);
  if (value > 0xffffffff) {
    cursor.problem(
      'spi-range',
      'error',
      token,
      `An SPI has 32 bits; ${token.text} is larger than 0xffffffff.`,
    );
    return written(0xffffffff, token);
  }
  return written(value, token);
}

type Extensions = Pick<AddCommand, 'mode' | 'replayWindow' | 'uniqueId' | 'flags' | 'limits' | 'context'>;

function readExtensions(cursor: Cursor): Extensions {
  let mode: Written<IpsecMode | 'any'> | undefined;
  let replayWindow: Written<number> | undefined;
  let uniqueId: Written<number> | undefined;
  let context: Written<string> | undefined;
  const flags: Written<string>[] = [];
  const limits: { option: string; value: Written<number> }[] = [];
  for (;;) {
    cursor.offer('extension', 'algorithm-option');
    const option = cursor.current.text;
    const argument = EXTENSION_OPTIONS.get(option);
    if (argument === undefined) break;
    if (argument === 'context') {
      context = readContext(cursor);
      continue;
    }
    cursor.take('keyword');
    if (argument === 'mode') {
      cursor.offer('mode');
      mode = takeOneOf(cursor, SA_MODES, 'the mode', 'unknown-mode', 'keyword');
    } else if (argument === 'flag') {
      cursor.offer('extension-flag');
      flags.push(takeOneOf(cursor, EXTENSION_FLAGS, 'what `-f` sets', 'unknown-flag', 'keyword'));
    } else {
      cursor.offer('number');
      const value = takeNumber(cursor, `the number behind \`${option}\``, 'expected-number', 0, 0xffffffff);
      if (option === '-r') replayWindow = value;
      else if (option === '-u') uniqueId = value;
      else limits.push({ option, value });
    }
  }
  return {
    flags,
    limits,
    ...(mode === undefined ? {} : { mode }),
    ...(replayWindow === undefined ? {} : { replayWindow }),
    ...(uniqueId === undefined ? {} : { uniqueId }),
    ...(context === undefined ? {} : { context }),
  };
}

/** `-ctx doi algorithm "label"`, the security label of SELinux. */
export function readContext(cursor: Cursor): Written<string> | undefined {
  if (!cursor.is('-ctx')) return undefined;
  const start = cursor.take('keyword').start;
  for (const what of ['the domain of interpretation', 'the algorithm']) {
    if (!/^\d+$/.test(cursor.current.text)) cursor.fail('context', `${what} of the security label, a number`);
    cursor.take('number');
  }
  if (cursor.current.kind !== 'string') cursor.fail('context', 'the security label in quotes');
  const label = cursor.take('string');
  return written(label.text.replaceAll('"', ''), { start, end: label.end });
}

type Algorithms = Pick<AddCommand, 'encryption' | 'authentication' | 'compression' | 'rawCpi'>;

function readAlgorithms(cursor: Cursor): Algorithms {
  cursor.offer('algorithm-option');
  if (cursor.accept('-E', 'keyword')) {
    cursor.offer('encryption');
    const encryption = readAlgorithm(cursor, ENCRYPTION_ALGORITHMS, 'an encryption algorithm');
    cursor.offer('authentication-option');
    if (!cursor.accept('-A', 'keyword')) {
      rejectLateExtension(cursor);
      return { encryption, rawCpi: false };
    }
    const authentication = readAuthentication(cursor);
    rejectLateExtension(cursor);
    return { encryption, authentication, rawCpi: false };
  }
  if (cursor.accept('-A', 'keyword')) {
    const authentication = readAuthentication(cursor);
    rejectLateExtension(cursor);
    return { authentication, rawCpi: false };
  }
  if (cursor.accept('-C', 'keyword')) {
    cursor.offer('compression');
    const compression = takeOneOf(
      cursor,
      [...COMPRESSION_ALGORITHMS.keys()],
      'a compression algorithm',
      'unknown-algorithm',
      'algorithm',
    );
    cursor.offer('raw-cpi');
    return { compression, rawCpi: cursor.accept('-R', 'keyword') };
  }
  cursor.fail('expected-algorithm', '`-E`, `-A` or `-C` and an algorithm', [
    '-E',
    '-A',
    '-C',
    ...EXTENSION_OPTIONS.keys(),
  ]);
  return { rawCpi: false };
}

function readAuthentication(cursor: Cursor): AlgorithmUse {
  cursor.offer('authentication');
  return readAlgorithm(cursor, AUTHENTICATION_ALGORITHMS, 'an authentication algorithm');
}

function rejectLateExtension(cursor: Cursor): void {
  const option = cursor.current.text;
  if (EXTENSION_OPTIONS.has(option)) {
    cursor.fail('option-order', '`;`: options such as `-m` and `-u` must stand before the algorithms');
  } else if (option === '-E') {
    cursor.fail('option-order', '`;`: `-E` must stand before `-A`');
  }
}

function readAlgorithm(cursor: Cursor, list: readonly KeyedAlgorithmWord[], what: string): AlgorithmUse {
  const token = cursor.current;
  const algorithm = findAlgorithm(list, token.text);
  if (algorithm === undefined) {
    cursor.fail('unknown-algorithm', what, algorithmWords(list));
    return { word: written(token.text, token), name: 'null' };
  }
  const word = written(token.text, cursor.take('algorithm'));
  if (algorithm.keyBits === 'none') {
    if (cursor.current.kind === 'string' || /^0[xX]/.test(cursor.current.text)) {
      cursor.fail('key-length', `\`;\`: \`${token.text}\` takes no key`);
    }
    return { word, name: algorithm.name };
  }
  cursor.offer('key');
  const key = readKey(cursor, algorithm);
  return key === undefined ? { word, name: algorithm.name } : { word, name: algorithm.name, key };
}

function readKey(cursor: Cursor, algorithm: KeyedAlgorithmWord): Written<Uint8Array> | undefined {
  const token = cursor.current;
  const isHex = token.kind === 'word' && /^0[xX]/.test(token.text);
  if (token.kind !== 'string' && !isHex) {
    cursor.fail(
      'expected-key',
      `the key of \`${algorithm.name}\` (${describeKeyBits(algorithm)}) as "text" or \`0x\` hex digits`,
    );
    return undefined;
  }
  const badDigit = isHex ? /[^0-9a-fA-F]/.exec(token.text.slice(2)) : null;
  if (isHex && (badDigit !== null || token.text.length === 2)) {
    const found = badDigit === null ? 'none follow' : `\`${badDigit[0]}\` is not one`;
    cursor.fail('key-digits', `hex digits behind \`0x\` (${found})`);
    return undefined;
  }
  cursor.take('key');
  const key = isHex ? hexBytes(token.text.slice(2)) : textBytes(token.text.replaceAll('"', ''));
  if (isHex && token.text.length % 2 === 1) {
    cursor.problem(
      'key-odd-digits',
      'warning',
      token,
      `The key has an odd number of hex digits (${token.text.length - 2}): setkey makes the first digit a byte of its own, as if \`0\` stood before it. Write all digits.`,
    );
  }
  const isClosed = isHex || (token.text.length > 1 && token.text.endsWith('"'));
  if (isClosed) checkKeyLength(cursor, algorithm, written(key, token));
  return written(key, token);
}

function checkKeyLength(cursor: Cursor, algorithm: KeyedAlgorithmWord, key: Written<Uint8Array>): void {
  if (algorithm.keyBits === 'none') return;
  const bits = key.value.length * 8;
  if (algorithm.keyBits.some(([first, last]) => first <= bits && bits <= last)) return;
  const bytes = algorithm.keyBits.length === 1 && algorithm.keyBits[0]![0] === algorithm.keyBits[0]![1];
  const wanted = `${describeKeyBits(algorithm)}${bytes ? ` (${algorithm.keyBits[0]![0] / 8} bytes)` : ''}`;
  cursor.problem(
    'key-length',
    'error',
    key,
    `\`${algorithm.name}\` takes a key of ${wanted}; this one has ${bits} bits (${key.value.length} ${key.value.length === 1 ? 'byte' : 'bytes'}). ${KERNEL_REFUSES}`,
  );
}

/** What the grammar allows and setkey or the kernel then refuses. */
function checkAdd(cursor: Cursor, add: AddCommand): void {
  const protocol = SA_PROTOCOLS.get(add.protocol.value);
  const isOld = add.protocol.value.endsWith('-old');
  checkPorts(cursor, add);
  checkSpi(cursor, add, protocol);
  checkAlgorithmsFit(cursor, add, protocol);
  if (isOld && add.replayWindow !== undefined) {
    cursor.problem(
      'replay-window',
      'error',
      add.replayWindow,
      `\`${add.protocol.value}\` has no sequence numbers, so \`-r\` cannot stand with it; setkey stops here.`,
    );
  }
  const { encryption, authentication } = add;
  if (authentication?.name === 'keyed-md5' || authentication?.name === 'keyed-sha1') {
    cursor.problem(
      'old-algorithm',
      'warning',
      authentication.word,
      `Older NetBSD kernels (7.99 of 2016, for one) do not offer \`${authentication.name}\` (the bound AH_ALG_MAX hides it), and setkey stops there with \`Not supported\`. Use \`hmac-sha256\`.`,
    );
  }
  if (encryption?.name === 'des-deriv' && isOld) {
    cursor.problem(
      'algorithm-mismatch',
      'error',
      encryption.word,
      '`des-deriv` is for `esp`, not for `esp-old`; setkey stops here.',
    );
  }
  if (encryption?.name === 'des-32iv' && !isOld) {
    cursor.problem(
      'algorithm-mismatch',
      'error',
      encryption.word,
      '`des-32iv` is for `esp-old` only; setkey stops here.',
    );
  }
}

/** Only `esp-udp` makes setkey ask for encapsulation (NAT-T type); ports alone are left in the addresses, unused. */
function checkPorts(cursor: Cursor, add: AddCommand): void {
  const port = add.source.port ?? add.destination.port;
  if (port === undefined || add.protocol.value === 'esp-udp' || add.protocol.value === 'tcp') return;
  cursor.problem(
    'ports-without-udp',
    'warning',
    port,
    `Ports on the addresses take effect with \`esp-udp\` only; \`${add.protocol.value}\` packets go without UDP. Write \`esp-udp\`, or remove the ports.`,
  );
}

function checkSpi(cursor: Cursor, add: AddCommand, protocol: string | undefined): void {
  const spi = add.spi.value;
  if ((protocol === 'esp' || protocol === 'ah') && spi <= 255) {
    cursor.problem(
      'spi-range',
      'error',
      add.spi,
      `SPIs 0 to 255 are reserved (RFC 4303 section 2.1); use 256 or more. ${KERNEL_REFUSES}`,
    );
  }
  if (protocol === 'tcp' && spi !== TCP_SIGNATURE_SPI) {
    cursor.problem(
      'spi-range',
      'error',
      add.spi,
      `The SA of a TCP signature must have the SPI 0x1000. ${KERNEL_REFUSES}`,
    );
  }
  if (protocol === 'ipcomp' && !add.rawCpi && spi > 0xffff) {
    cursor.problem(
      'spi-range',
      'error',
      add.spi,
      `The CPI of IPComp has 16 bits; ${spi} is larger than 65535. ${KERNEL_REFUSES}`,
    );
  }
}

function checkAlgorithmsFit(cursor: Cursor, add: AddCommand, protocol: string | undefined): void {
  const { encryption, authentication, compression } = add;
  const mismatch = (at: Written<string>, message: string) =>
    cursor.problem('algorithm-mismatch', 'error', at, `${message} ${KERNEL_REFUSES}`);
  if (protocol === 'esp' && encryption === undefined) {
    const at = authentication?.word ?? compression ?? add.protocol;
    mismatch(at, 'An SA of ESP needs an encryption algorithm; write `-E null` to authenticate only.');
  }
  if (protocol === 'ah' && encryption !== undefined) {
    mismatch(encryption.word, 'AH does not encrypt; an SA of AH takes `-A` only.');
  } else if (protocol === 'ah' && authentication === undefined) {
    mismatch(compression ?? add.protocol, 'An SA of AH needs `-A` and an authentication algorithm.');
  }
  if (protocol === 'ipcomp' && compression === undefined) {
    const at = encryption?.word ?? authentication?.word ?? add.protocol;
    mismatch(at, 'An SA of IPComp takes `-C` and a compression algorithm.');
  }
  if (protocol === 'tcp' && authentication?.name !== 'tcp-md5') {
    const at = encryption?.word ?? authentication?.word ?? compression ?? add.protocol;
    mismatch(at, 'An SA of TCP takes `-A tcp-md5` and its key.');
  }
  if (authentication?.name === 'tcp-md5' && protocol !== 'tcp') {
    mismatch(authentication.word, '`tcp-md5` is for the protocol `tcp`.');
  }
}

/** An odd first digit stands for a byte of its own, as setkey reads it. */
function hexBytes(digits: string): Uint8Array {
  const padded = digits.length % 2 === 0 ? digits : `0${digits}`;
  return Uint8Array.from({ length: padded.length / 2 }, (_, i) =>
    Number.parseInt(padded.slice(2 * i, 2 * i + 2), 16),
  );
}

/** UTF-8, as the bytes stand in the file. */
function textBytes(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const mark of text) {
    const c = mark.codePointAt(0)!;
    if (c < 0x80) bytes.push(c);
    else if (c < 0x800) bytes.push(0xc0 | (c >> 6), 0x80 | (c & 63));
    else if (c < 0x10000) bytes.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    else bytes.push(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 63), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
  }
  return Uint8Array.from(bytes);
}
