/** Packets of a pcap file (ipftest -F pcap), link types 0, 1, 10 and 12. */
import { latin1 } from '../frontend';
import type { PacketReader, TestPacket } from './testPacket';

/** Bytes of link header before the IP packet. */
const LINK_HEADER_LENGTH: ReadonlyMap<number, number> = new Map([
  [0, 0],
  [1, 14],
  [10, 0],
  [12, 0],
]);

export const readPcapPackets: PacketReader = (content) => {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const fail = (why: string) => ({ packets: [], stderr: `${why}\n`, stdout: '' });
  if (content.length < 24) return fail('error opening input: not a pcap file');
  const magic = view.getUint32(0, true);
  const little = magic === 0xa1b2c3d4;
  if (!little && view.getUint32(0, false) !== 0xa1b2c3d4) return fail('error opening input: not a pcap file');
  const linkType = view.getUint32(20, little);
  const linkLength = LINK_HEADER_LENGTH.get(linkType);
  if (linkLength === undefined) return fail(`error opening input: link type ${linkType} is not supported`);
  const packets: TestPacket[] = [];
  let at = 24;
  while (at + 16 <= content.length) {
    const captured = view.getUint32(at + 8, little);
    at += 16;
    if (captured === 0 || captured > 65536 || at + captured > content.length) break;
    packets.push({
      bytes: content.slice(at + Math.min(linkLength, captured), at + captured),
      direction: 'in',
      interface: undefined,
    });
    at += captured;
  }
  return { packets, stderr: '', stdout: '' };
};

/** The line that names the file is printed by the program, not by the format. */
export function pcapBanner(path: string, content: Uint8Array): string {
  if (content.length < 24) return '';
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const little = view.getUint32(0, true) === 0xa1b2c3d4;
  const id = latin1(content.subarray(0, 0)) + view.getUint32(0, true).toString(16).padStart(8, '0');
  return (
    `opened pcap file ${path}:\n\tid: ${id} version: ${view.getUint16(4, little)}.${view.getUint16(6, little)}` +
    ` type: ${view.getUint32(20, little)} snap ${view.getUint32(16, little)}\n`
  );
}
