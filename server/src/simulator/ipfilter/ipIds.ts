/**
 * IPv4 ids of leaving packets under `ipf_update_ipid`: the gateway's own counting, where fragments get the id of
 * their first (`ipf_updateipid`).
 */
import { CONDITION } from '../packetFacts';
import { FragmentCache } from './fragments';
import { addDelta, sumDelta } from './natChecksum';
import type { PacketInfo } from './packetInfo';

export class IpIds {
  private readonly ofFragments = new FragmentCache<number>();
  private nextId = 0;

  /** False for a fragment whose first was not seen. */
  renumber(info: PacketInfo): boolean {
    const id = info.fragmentOffset !== 0 ? this.ofFragments.find(info) : this.newId(info);
    if (id === undefined) return false;
    const old = info.word(info.start + 4);
    if (old === id) return true;
    info.writeWord(info.start + 4, id);
    info.writeWord(info.start + 10, addDelta(info.word(info.start + 10), sumDelta(old, id)));
    return true;
  }

  private newId(info: PacketInfo): number {
    const id = this.nextId;
    this.nextId = (this.nextId + 1) & 0xffff;
    if (info.has(CONDITION.fragment)) this.ofFragments.add(info, id, false);
    return id;
  }
}
