/**
 * IPFilter's fragment caches (ip_frag.c): what was decided for one fragment holds for the others of the same
 * packet. There are three alike: verdicts of the filter, translation sessions, and the IP ids chosen for
 * outgoing packets.
 */
import { CONDITION } from '../packetFacts';
import type { PacketInfo } from './packetInfo';

/** Options that must be copied into every fragment (`IPF_OPTCOPY`); the others say nothing about the packet. */
const COPIED_OPTIONS = 0x07ff00;
/** `IPFT_SIZE`. */
const MOST_ENTRIES = 257;

interface FragmentEntry<T> {
  readonly value: T;
  /** Where the first fragment's data ends, in 8-byte units; 0 when it was not seen. */
  readonly firstEnd: number;
  firstSeen: boolean;
  /** Offset at which the next fragment is expected, in 8-byte units. */
  expected: number;
  readonly inOrder: boolean;
}

export class FragmentCache<T> {
  private readonly entries = new Map<string, FragmentEntry<T>>();

  get isEmpty(): boolean {
    return this.entries.size === 0;
  }

  /** `ipfr_frag_new`: false when the packet is no sound fragment, or its packet is known already. */
  add(info: PacketInfo, value: T, inOrder: boolean): boolean {
    if (this.entries.size >= MOST_ENTRIES) return false;
    if (!info.has(CONDITION.fragment) || info.has(CONDITION.bad)) return false;
    if (inOrder && info.fragmentOffset !== 0) return false;
    const key = keyOf(info);
    if (this.entries.has(key)) return false;
    const offset = info.fragmentOffset >>> 3;
    const dataFrom = info.family === 6 ? info.fragmentDataStart : info.dataStart;
    this.entries.set(key, {
      value,
      firstEnd: offset === 0 ? (info.start + info.totalLength - dataFrom) >> 3 : 0,
      firstSeen: offset === 0,
      expected: offset + (info.dataLength >> 3),
      inOrder,
    });
    return true;
  }

  /**
   * `ipf_frag_lookup`. A fragment that reaches into the first one's header is marked bad and not found; so is
   * a second "first" fragment.
   */
  find(info: PacketInfo): T | undefined {
    if (info.has(CONDITION.short | CONDITION.bad)) return undefined;
    const entry = this.entries.get(keyOf(info));
    if (entry === undefined) return undefined;
    const offset = info.fragmentOffset >>> 3;
    if (entry.firstSeen) {
      if (offset === 0) return undefined;
      if (entry.firstEnd !== 0 && offset < entry.firstEnd) {
        info.conditions |= CONDITION.bad;
        return undefined;
      }
    } else if (offset === 0) entry.firstSeen = true;
    if (offset === entry.expected) entry.expected = offset + (info.dataLength >> 3);
    else if (entry.inOrder) return undefined;
    return entry.value;
  }
}

function keyOf(info: PacketInfo): string {
  const options = info.options & COPIED_OPTIONS;
  return [
    info.interface,
    info.family,
    info.protocol,
    info.id,
    info.source,
    info.destination,
    options,
    info.securityClass,
    info.authority,
  ].join(' ');
}
