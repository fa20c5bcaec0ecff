/**
 * One line of a packet in hexadecimal: bare digits, digits behind an offset (tcpdump -x, xxd, hexdump -C, od,
 * Wireshark), with or without the same bytes as text behind them; ipftest's `[in,fxp0]` in front.
 */
import { parseHex } from '../packet/bytes';

export interface HexLine {
  /** Where in the packet the line says it stands; absent without an offset. */
  readonly offset?: number;
  /** None when the line has nothing but brackets: they are for the lines that follow. */
  readonly bytes: Uint8Array;
  /** From ipftest's brackets. */
  readonly direction?: 'in' | 'out';
  readonly interface?: string;
}

/** Undefined when the line is no hex. */
export function readHexLine(line: string): HexLine | undefined {
  const place = /^\s*\[(?:(in|out),)?([^\]=]+)(?:=[^\]]*)?\](?:\+(?:mbcast|mcast|bcast))*\s*(.*)$/i.exec(
    line,
  );
  const digits = place === null ? line : place[3]!;
  const where = {
    ...(place?.[1] !== undefined &&
      ({ direction: place[1].toLowerCase() === 'out' ? 'out' : 'in' } as const)),
    ...(place !== null && { interface: place[2]!.trim() }),
  };
  const marked = /^\s*(?:0x([0-9a-f]{4,8})|([0-9a-f]{4,8})):\s+(.*)$/i.exec(digits);
  // Without a mark it is an offset only before single bytes: groups of eight digits are a packet themselves.
  const wide = marked ?? /^()([0-9a-f]{4,8})(?=\s+[0-9a-f]{2}\s)\s+(\S.*)$/i.exec(`${digits.trimStart()} `);
  if (wide !== null) {
    const bytes = leadingHex(wide[3]!);
    const offset = Number.parseInt(wide[1] || wide[2]!, 16);
    if (bytes !== undefined) return { offset, bytes, ...where };
  }
  if (place !== null && digits.trim() === '') return { bytes: new Uint8Array(0), ...where };
  const text = digits.trim().replace(/^0x/i, '');
  if (text.length < 2 || !/^[0-9a-f]{2}/i.test(text)) return undefined;
  const bytes = parseHex(text.replace(/^(?:0x)|[\s,]+(?:0x)?/gi, ' '));
  return bytes === undefined || bytes.length === 0 ? undefined : { bytes, ...where };
}

/** The groups of digits up to two blanks, or to a group that is none: behind it stands the text. */
function leadingHex(text: string): Uint8Array | undefined {
  const groups: string[] = [];
  // hexdump -C and Wireshark part the two halves of 16 bytes by two blanks as well; there, groups have two digits.
  const isByBytes = /^[0-9a-f]{2}\s/i.test(text);
  const column = isByBytes ? text.replace(/\s+\|.*$/, '') : text.split(/\s{2,}/)[0]!;
  for (const group of column.trim().split(/\s+/)) {
    if (!/^(?:[0-9a-f]{2})+$/i.test(group) || (isByBytes && (group.length !== 2 || groups.length === 16)))
      break;
    groups.push(group);
  }
  return groups.length === 0 ? undefined : parseHex(groups.join(''));
}
