/** Takes the link header off a captured frame: what is left begins with the IP header and ends where it says. */
import { read16, read32 } from '../packet/bytes';
import { linkType } from './pcapngFormat';

export type Unframed =
  | { readonly kind: 'ip'; readonly bytes: Uint8Array }
  /** `ARP`, `link type 105`: what it is instead, for the message. */
  | { readonly kind: 'other'; readonly what: string };

export function unframe(type: number, frame: Uint8Array): Unframed {
  switch (type) {
    case linkType.null:
    case linkType.loop:
      return behindFamily(frame);
    case linkType.ethernet:
      return behindEtherType(frame, 12);
    case linkType.rawBsd:
    case linkType.rawOpenBsd:
    case linkType.raw:
    case linkType.ipv4:
    case linkType.ipv6:
      return ipAt(frame, 0);
    case linkType.linuxSll:
      return behindEtherType(frame, 14);
    case linkType.linuxSll2:
      // The protocol stands first, the rest of the 20 bytes tells about the interface.
      return byEtherType(frame, read16(frame, 0), 20);
    default:
      return { kind: 'other', what: `link type ${type}` };
  }
}

/** Bytes without a link type: from an IP header on, or a whole Ethernet frame, as hex dumps have them. */
export function unframeUnknown(bytes: Uint8Array): Unframed {
  const plain = ipAt(bytes, 0);
  if (plain.kind === 'ip') return plain;
  const framed = behindEtherType(bytes, 12);
  return framed.kind === 'ip' ? framed : plain;
}

/** The address family of the capturing system, in its byte order (big-endian for loop). */
function behindFamily(frame: Uint8Array): Unframed {
  if (frame.length < 4) return { kind: 'other', what: 'a frame that is cut off' };
  const family = read32(frame, 0);
  const swapped = (frame[3]! << 24) | (frame[2]! << 16) | (frame[1]! << 8) | frame[0]!;
  // AF_INET is 2 everywhere; AF_INET6 is 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on macOS, 10 on Linux.
  const isIp = [2, 10, 24, 28, 30].some((known) => known === family || known === swapped);
  return isIp ? ipAt(frame, 4) : { kind: 'other', what: `address family ${Math.min(family, swapped >>> 0)}` };
}

function behindEtherType(frame: Uint8Array, at: number): Unframed {
  if (frame.length < at + 2) return { kind: 'other', what: 'a frame that is cut off' };
  return byEtherType(frame, read16(frame, at), at + 2);
}

function byEtherType(frame: Uint8Array, first: number, start: number): Unframed {
  let type = first;
  let at = start;
  // VLAN tags may stand in one another.
  while (VLAN_TYPES.has(type) && at + 4 <= frame.length) {
    type = read16(frame, at + 2);
    at += 4;
  }
  switch (type) {
    case 0x0800:
    case 0x86dd:
      return ipAt(frame, at);
    case 0x8864: {
      // PPPoE: 6 bytes, then PPP's protocol.
      const protocol = read16(frame, at + 6);
      if (protocol === 0x0021 || protocol === 0x0057) return ipAt(frame, at + 8);
      return { kind: 'other', what: 'PPP control' };
    }
    case 0x0806:
      return { kind: 'other', what: 'ARP' };
    default:
      return { kind: 'other', what: `EtherType 0x${type.toString(16).padStart(4, '0')}` };
  }
}

const VLAN_TYPES: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);

/** Short Ethernet frames are filled up behind the packet; a length of 0 is what segmentation offload leaves. */
function ipAt(frame: Uint8Array, at: number): Unframed {
  const version = at < frame.length ? frame[at]! >>> 4 : 0;
  if (version === 4 && frame.length >= at + 20 && (frame[at]! & 15) >= 5) {
    const total = read16(frame, at + 2);
    return { kind: 'ip', bytes: frame.slice(at, total < 20 ? undefined : at + total) };
  }
  if (version === 6 && frame.length >= at + 40) {
    const payload = read16(frame, at + 4);
    return { kind: 'ip', bytes: frame.slice(at, payload === 0 ? undefined : at + 40 + payload) };
  }
  return { kind: 'other', what: 'bytes without an IP header' };
}
