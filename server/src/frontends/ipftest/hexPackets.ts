/**
 * Packets in hexadecimal (ipftest -F hex): an optional `[in,fxp0]` with `+mcast` and its like, lines of digits,
 * and a blank line behind every packet. What no blank line ends is not read.
 */
import { latin1 } from '../frontend';
import type { PacketReader, TestPacket } from './testPacket';

export const readHexPackets: PacketReader = (content) => {
  const packets: TestPacket[] = [];
  let bytes: number[] = [];
  let direction: 'in' | 'out' = 'in';
  let interfaceName: string | undefined;
  let linkCast: TestPacket['linkCast'];
  const lines = latin1(content).split('\n');
  // A last line without an end is read as well, but can end no packet.
  for (let i = 0; i < lines.length; i++) {
    const isLast = i === lines.length - 1;
    let line = lines[i]!;
    if (line === '') {
      if (isLast) break;
      // An empty packet ends the input.
      if (bytes.length === 0) break;
      packets.push({ bytes: Uint8Array.from(bytes), direction, interface: interfaceName, linkCast });
      bytes = [];
      direction = 'in';
      interfaceName = undefined;
      linkCast = undefined;
      continue;
    }
    const comment = line.indexOf('#');
    if (comment >= 0) line = line.slice(0, comment);
    const close = line.startsWith('[') ? line.indexOf(']') : -1;
    if (close > 0) {
      const inside = line.slice(1, close);
      const comma = inside.indexOf(',');
      if (comma >= 0) {
        interfaceName = inside.slice(comma + 1);
        direction = inside.startsWith('o') ? 'out' : 'in';
      } else interfaceName = inside;
      line = line.slice(close + 1);
      for (
        let marks = /^\+(mbcast|mcast|bcast)/i.exec(line);
        marks;
        marks = /^\+(mbcast|mcast|bcast)/i.exec(line)
      ) {
        linkCast = marks[1]!.toLowerCase() === 'mcast' ? 'multicast' : 'broadcast';
        line = line.slice(marks[0].length);
      }
      line = line.trimStart();
    }
    readDigits(line, bytes);
  }
  return { packets, stderr: '', stdout: '' };
};

/** Pairs of digits; a single digit before a blank is the high half of its byte. Stops at anything else. */
function readDigits(line: string, into: number[]): void {
  let high: number | undefined;
  for (const c of line) {
    if (/\s/.test(c)) {
      if (high !== undefined) into.push(high << 4);
      high = undefined;
      continue;
    }
    const digit = Number.parseInt(c, 16);
    if (Number.isNaN(digit)) break;
    if (high === undefined) high = digit;
    else {
      into.push((high << 4) | digit);
      high = undefined;
    }
  }
  if (high !== undefined) into.push(high << 4);
}
