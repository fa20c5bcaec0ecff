/**
 * When a proxy makes a segment longer or shorter, every later sequence number of that side and every
 * acknowledgement of it is off by as much (`ipf_proxy_fixseqack`, ip_proxy.c). Two offsets are kept for each
 * side, so that a segment sent again from before the latest change still gets the earlier one. Numbers are
 * compared unsigned and without regard to wrapping, as IPFilter does.
 */
import type { PacketInfo } from '../packetInfo';
import { type SequenceOffsets, tcpDataLength } from './proxy';

type Pair = [number, number];

export class SequenceShift implements SequenceOffsets {
  /** By direction of the hook: which of the two sets is in use. */
  readonly selected: Pair = [0, 0];
  readonly sequenceFrom: Pair = [0, 0];
  readonly sequenceBy: Pair = [0, 0];
  readonly acknowledgedFrom: Pair = [0, 0];
  readonly acknowledgedBy: Pair = [0, 0];

  /** `growth`: by how much this segment's data became longer. */
  apply(info: PacketInfo, growth: number): void {
    const out = info.out ? 1 : 0;
    const other = info.out ? 0 : 1;
    const end = tcpDataLength(info) - 1;
    // Of what leaves the sequence numbers are moved, of what arrives the acknowledgements of it.
    const [ownFrom, ownBy] = info.out
      ? [this.sequenceFrom, this.sequenceBy]
      : [this.acknowledgedFrom, this.acknowledgedBy];
    const [otherFrom, otherBy] = info.out
      ? [this.acknowledgedFrom, this.acknowledgedBy]
      : [this.sequenceFrom, this.sequenceBy];

    const sequenceAt = info.dataStart + 4;
    let sequence = info.long(sequenceAt);
    let set = this.select(out, ownFrom, sequence);
    if (ownBy[set] !== 0 && sequence > (ownFrom[set]! - ownBy[set]!) >>> 0) {
      sequence = (sequence + ownBy[set]!) >>> 0;
      info.writeLong(sequenceAt, sequence);
    }
    if (growth !== 0 && sequence > ownFrom[1 - set]!) {
      // Leaving segments change the set in use, arriving ones the other.
      const changed = info.out ? set : 1 - set;
      ownFrom[changed] = (sequence + end) >>> 0;
      ownBy[changed] = asShort(ownBy[set]! + growth);
    }

    const acknowledgementAt = info.dataStart + 8;
    const acknowledgement = info.long(acknowledgementAt);
    set = this.select(other, otherFrom, acknowledgement);
    if (otherBy[set] !== 0 && acknowledgement > otherFrom[set]!) {
      info.writeLong(acknowledgementAt, (acknowledgement - otherBy[set]!) >>> 0);
    }
  }

  /** Goes over to the other set when the number is past where that one begins. */
  private select(way: 0 | 1, from: Pair, number: number): 0 | 1 {
    const set = this.selected[way] === 0 ? 0 : 1;
    const next = set === 0 ? 1 : 0;
    if (!(from[next] > from[set] && number > from[next])) return set;
    this.selected[way] = next;
    return next;
  }
}

function asShort(value: number): number {
  return (value << 16) >> 16;
}
