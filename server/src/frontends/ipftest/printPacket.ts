/** Packets as ipftest prints them: one line of header words, or all bytes in hexadecimal (-x). */
import { addressFromBytes, formatAddress } from '../../policy/address';

const FLAG_LETTERS = 'FSRPAUEC';

export function printPacket(
  bytes: Uint8Array,
  direction: 'in' | 'out',
  interfaceName: string,
  asHex: boolean,
): string {
  if (asHex) return `${hexWords(bytes)}\n\n`;
  const mark = direction === 'out' ? '>' : '<';
  return `${mark} ${interfaceName} ${(bytes[0] ?? 0) >>> 4 === 6 ? words6(bytes) : words4(bytes)}\n`;
}

function hexWords(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) {
    text += bytes[i]!.toString(16).padStart(2, '0');
    if ((i & 1) === 1 || i === bytes.length - 1) text += ' ';
  }
  return text;
}

function words4(bytes: Uint8Array): string {
  const word = (at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  const headerLength = ((bytes[0] ?? 0) & 15) << 2;
  const protocol = bytes[9] ?? 0;
  const offset = word(6);
  const isFirst = (offset & 0x1fff) === 0;
  const hasPorts = isFirst && (protocol === 6 || protocol === 17);
  const address = (at: number) =>
    bytes.length >= at + 4 ? formatAddress(addressFromBytes(bytes, at, 4)) : '0.0.0.0';
  let text = `ip #${word(4)} ${word(2)}(${headerLength}) ${protocol}`;
  if (!isFirst) text += ` @${offset << 3}`;
  text += ` ${address(12)}${hasPorts ? `,${word(headerLength)}` : ''}`;
  text += ` > ${address(16)}${hasPorts ? `,${word(headerLength + 2)}` : ''}`;
  const flags = isFirst && protocol === 6 ? (bytes[headerLength + 13] ?? 0) : 0;
  if (flags !== 0) text += ` ${[...FLAG_LETTERS].filter((_, bit) => (flags & (1 << bit)) !== 0).join('')}`;
  return text;
}

function words6(bytes: Uint8Array): string {
  const word = (at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  const protocol = bytes[6] ?? 0;
  const length = word(4);
  const flow = ((word(0) & 0xf) << 16) | word(2);
  const hasPorts = length >= 4 && (protocol === 6 || protocol === 17);
  const address = (at: number) =>
    Array.from({ length: 8 }, (_, i) => word(at + 2 * i).toString(16)).join(':');
  const port = (at: number) => (hasPorts ? `,${word(at)}` : '');
  const shownFlow = flow === 0 ? '0' : `0x${flow.toString(16)}`;
  return (
    `ip6/${(bytes[0] ?? 0) & 0xf} ${length} ${shownFlow} ${protocol}` +
    ` ${address(8)}${port(40)} > ${address(24)}${port(42)}`
  );
}
