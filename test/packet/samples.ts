/**
 * Packets as hex, made by hand with an independent program, so that their lengths and checksums are not this
 * product's own opinion. `ipv4Known` is the header that textbooks work out by hand (checksum b861).
 */
import { parseHex } from '../../server/src/packet/bytes';
import { decodePacket } from '../../server/src/packet/decode';
import type { Packet } from '../../server/src/packet/packet';
import { type Address, parseAddress } from '../../server/src/policy/address';

export const samples = {
  ipv4Known: '45000073000040004011b861c0a80001c0a800c7',
  udp4: '4500001f000100004011468d0a010005c63364070fa00035000b3259686921',
  /** `udp4` after source NAT to 203.0.113.9:61000 and one hop. */
  udp4Translated: '4500001f000100003f111589cb007109c6336407ee480035000b21ac686921',
  /** SYN with an MSS of 1460. */
  tcp4: '4500002c000100004006468b0a010005c63364079c40005001020304000000006002ffffc34f0000020405b4',
  /** The answer to `tcp4`. */
  tcp4Answer: '4500002c000100004006468bc63364070a01000500509c4000000000010203056012ffffc33e0000020405b4',
  /** The MSS option begins at an odd byte. */
  tcp4OddMss:
    '4500003000010000400646870a010005c63364079c40005000000001000000007002ffff0601000001020405b4000000',
  icmp4: '45000020000100004001469c0a010005c63364070800192c0001000270696e67',
  /** `udp4` with a router alert option. */
  ipv4Options: '46000023000100004011b1840a010005c6336407940400000fa00035000b3259686921',
  ipInIp:
    '4500003c000100004004f6b9c0000201c00002024500002800010000400666be0a0100050a02000a9c40005000000001000000005002ffffff3f0000',
  esp4: '4500002c000100004032f69bc0000201c0000202000027100000000178787878787878787878787878787878',
  espInUdp:
    '45000034000100004011f6b4c0000201c00002021194119400206dad000027100000000178787878787878787878787878787878',
  ikeInUdp: '45000028000100004011f6c0c0000201c000020211941194001476b8000000007878787878787878',
  ah4: '45000040000100004033464a0a010005c63364070604000000001000000000070000000000000000000000009c40005000000001000000005002ffffdf100000',
  gre4: '4500004400010000402ff686c0000201c0000202200008000000002a4500002800010000400666be0a0100050a02000a9c40005000000001000000005002ffffff3f0000',
  /** About `udp4`: fragmentation needed, MTU 1400. */
  unreachable4:
    '4500003800010000400134bdcb0071010a0100050304b54a000005784500001f000100004011468d0a010005c63364070fa00035000b3259',
  /** About `udp4`. */
  timeExceeded4:
    '4500003800010000400134bdcb0071010a0100050b00b2c6000000004500001f000100004011468d0a010005c63364070fa00035000b3259',
  udp6: '60000000000b114020010db800000000000000000000000120010db80000000000000000000000020fa00035000b0b25686921',
  tcp6:
    '60000000001406402001' +
    '0db800000000000000000000000120010db80000000000000000000000029c40005000000001000000005002ffffb7dc0000',
  icmp6:
    '60000000000c3a4020010db800000000000000000000000120010db8000000000000000000000002800045700001000270696e67',
  ah6: '600000000034334020010db800000000000000000000000120010db800000000000000000000000206060000000010000000000700000000000000000000000000000000000000009c40005000000001000000005002ffffb7dc0000',
  /** First fragment of a UDP datagram, identification 7. */
  fragment6:
    '6000000000202c4020010db800000000000000000000000120010db80000000000000000000000021100000100000007' +
    '0fa000350018d0b078787878787878787878787878787878',
  /** A hop-by-hop header with a router alert in front of UDP. */
  hopByHop6:
    '600000000013004020010db800000000000000000000000120010db800000000000000000000000211000502000000000fa00035000b0b25686921',
} as const;

export function bytesOf(name: keyof typeof samples): Uint8Array {
  return hexBytes(samples[name]);
}

export function packetOf(name: keyof typeof samples): Packet {
  return decodePacket(bytesOf(name));
}

export function hexBytes(hex: string): Uint8Array {
  const bytes = parseHex(hex);
  if (bytes === undefined) throw new Error(`not hex: ${hex}`);
  return bytes;
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
}

/** `ipv4 0-20-44` for each layer: start, end of header, end. */
export function layerNames(packet: Packet): string[] {
  return packet.layers.map((l) => `${l.protocol} ${l.start}-${l.headerEnd}-${l.end}`);
}

export function faultsOf(packet: Packet): string[] {
  return packet.layers.flatMap((layer) => layer.faults);
}

/** The packet with one byte set to another value. */
export function withByte(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = value;
  return changed;
}
