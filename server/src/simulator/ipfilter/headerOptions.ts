/** The options behind an IPv4 or TCP header (RFC 791 section 3.1, RFC 9293 section 3.2), as `fil.c` walks both. */
import type { PacketInfo } from './packetInfo';

export interface HeaderOption {
  readonly kind: number;
  /** Offset of its first byte in the packet. */
  readonly at: number;
  /** Bytes, kind and length included. */
  readonly length: number;
}

/** From `at` on, in `left` bytes. Ends at the end of options, and where a length cannot be. */
export function* headerOptions(info: PacketInfo, at: number, left: number): Generator<HeaderOption> {
  while (left > 0) {
    const kind = info.byte(at);
    if (kind === 0) return;
    let length = 1;
    if (kind !== 1) {
      if (left < 2) return;
      length = info.byte(at + 1);
      if (length < 2 || length > left) return;
    }
    yield { kind, at, length };
    left -= length;
    at += length;
  }
}
