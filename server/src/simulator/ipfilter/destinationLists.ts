/**
 * Destination lists (`pool ipf/dstlist`, `pool nat/dstlist` of ippool.conf): which node a new connection gets.
 * The hash policies take MD5 over a seed and the addresses, so that the choice is the same for every protocol
 * between two hosts (`ipf_dstlist_select`, ip_dstlist.c).
 */
import { md5 } from '@noble/hashes/legacy.js';
import { writeAddress } from '../../policy/address';
import type { PoolEntry } from '../../policy/match';
import type { AddressPool } from '../../policy/policy';
import { addressOf } from '../packetFacts';
import type { PacketInfo } from './packetInfo';

interface ListState {
  readonly list: AddressPool;
  readonly seed: number;
  /** Place of the node chosen last. */
  selected: number | undefined;
  /** Connections each node was chosen for. */
  readonly connections: number[];
}

/** Who asks: filter rules and NAT rules have lists of their own, and those for `all` are nobody's. */
export type ListRole = 'ipf' | 'nat';

export class DestinationLists {
  private readonly lists = new Map<string, ListState>();

  /** Every list draws its seed when it is loaded, whether its policy uses one or not. */
  constructor(
    pools: readonly AddressPool[],
    private readonly random: () => number,
  ) {
    for (const pool of pools) {
      const key = `${pool.role}/${pool.name}`;
      if (pool.type !== 'dstlist' || this.lists.has(key)) continue;
      this.lists.set(key, {
        list: pool,
        seed: random(),
        selected: undefined,
        connections: pool.entries.map(() => 0),
      });
    }
  }

  has(role: ListRole, name: string): boolean {
    return this.lists.has(`${role}/${name}`);
  }

  /** Undefined when there is no such list, it is empty, or the node is of the other address family. */
  select(role: ListRole, name: string, info: PacketInfo): PoolEntry | undefined {
    const state = this.lists.get(`${role}/${name}`);
    if (state === undefined || state.list.entries.length === 0) return undefined;
    const index = this.choose(state, info);
    const node = index === undefined ? undefined : state.list.entries[index];
    if (index === undefined || node?.address.family !== info.family) {
      state.selected = undefined;
      return undefined;
    }
    state.selected = index;
    state.connections[index] = (state.connections[index] ?? 0) + 1;
    return node;
  }

  /** Undefined without a policy. */
  private choose(state: ListState, info: PacketInfo): number | undefined {
    const count = state.list.entries.length;
    switch (state.list.selection) {
      case 'random':
        return (this.random() >>> 0) % count;
      case 'hash':
        return hashOf(state.seed, [info.source, info.destination], info.family) % count;
      case 'src-hash':
        return hashOf(state.seed, [info.source], info.family) % count;
      case 'dst-hash':
        return hashOf(state.seed, [info.destination], info.family) % count;
      case 'connection':
      case 'weighted connection':
        return leastUsed(state);
      case 'round-robin':
        return state.selected === undefined ? 0 : (state.selected + 1) % count;
      default:
        return undefined;
    }
  }
}

/** The node behind the last one that has the fewest connections; the last one itself only when it is alone. */
function leastUsed({ selected, connections }: ListState): number {
  if (selected === undefined) return 0;
  let best = selected;
  let fewest = Number.POSITIVE_INFINITY;
  for (let step = 1; step < connections.length; step++) {
    const index = (selected + step) % connections.length;
    const used = connections[index]!;
    if (used === 0) return index;
    if (used < fewest) {
      best = index;
      fewest = used;
    }
  }
  return best;
}

/** The first word of the digest as a little-endian machine reads it; IPv4 addresses fill 4 of 16 bytes. */
function hashOf(seed: number, addresses: readonly PacketInfo['source'][], family: 4 | 6): number {
  const input = new Uint8Array(4 + 16 * addresses.length);
  new DataView(input.buffer).setUint32(0, seed >>> 0, true);
  addresses.forEach((address, i) => {
    writeAddress(input, 4 + 16 * i, addressOf(family, address));
  });
  const digest = md5(input);
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0, true);
}
