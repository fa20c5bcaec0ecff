/**
 * Packets nobody wrote down, made from the policies themselves and walked like any sample. Everything is chosen
 * by rule and in the order of the files, so the same policy gives the same probes; the number of walks is
 * limited, so a database of a thousand entries is tried in places, not throughout.
 */
import { buildPacket } from '../../packet/build';
import { formatPacketLine, type PacketSpec } from '../../packet/notation';
import { createNetworkState } from '../../simulator/gatewayState';
import type { Network } from '../../simulator/network';
import type { Trace } from '../../simulator/trace';
import { type Entry, walk } from '../../simulator/walk';
import { entryByAddress } from '../entry';

export interface Probe {
  readonly spec: PacketSpec;
  /** The packet in one line. */
  readonly witness: string;
  readonly trace: Trace;
  /** The same packet on another network. */
  readonly again: (network: Network) => Trace;
}

export class Prober {
  private left: number;
  private readonly done = new Map<string, Probe>();

  constructor(
    readonly network: Network,
    walks: number,
  ) {
    this.left = walks;
  }

  /** Undefined when nothing of the network sends such a packet, or no walk is left. */
  probe(wanted: PacketSpec, entry = this.entryOf(wanted)): Probe | undefined {
    if (entry === undefined) return undefined;
    const spec = entry.kind === 'interface' ? arriving(wanted, entry.interface.name) : wanted;
    const witness = formatPacketLine(spec);
    const key = `${witness} ${nameOf(entry)}`;
    const known = this.done.get(key);
    if (known !== undefined || this.left <= 0) return known;
    this.left--;
    const packet = buildPacket(spec);
    const probe: Probe = {
      spec,
      witness,
      trace: walk(this.network, packet, entry),
      again: (network) => {
        this.left--;
        return walk(network, packet, entryOn(network, entry));
      },
    };
    this.done.set(key, probe);
    return probe;
  }

  /** Several packets one after the other on the same state tables; the walk of the last. */
  exchange(specs: readonly PacketSpec[]): Trace | undefined {
    const state = createNetworkState(this.network);
    let last: Trace | undefined;
    for (const spec of specs) {
      const entry = this.entryOf(spec);
      if (entry === undefined || this.left <= 0) return undefined;
      this.left--;
      last = walk(this.network, buildPacket(spec), entry, state);
    }
    return last;
  }

  get probes(): readonly Probe[] {
    return [...this.done.values()];
  }

  private entryOf(spec: PacketSpec): Entry | undefined {
    const found = entryByAddress(this.network, spec.source);
    return 'entry' in found ? found.entry : undefined;
  }
}

function arriving(spec: PacketSpec, name: string): PacketSpec {
  return { ...spec, direction: 'in', interface: name };
}

function nameOf(entry: Entry): string {
  switch (entry.kind) {
    case 'host':
      return entry.host.name;
    case 'segment':
      return entry.segment.name;
    case 'gateway':
      return entry.gateway.name;
    case 'interface':
    case 'leaving':
      return `${entry.gateway.name} ${entry.interface.name} ${entry.kind}`;
  }
}

/** The same place on a network whose gateways are other objects with the same names. */
export function entryOn(network: Network, entry: Entry): Entry {
  if (!('gateway' in entry)) return entry;
  const gateway = network.gateways.find((g) => g.name === entry.gateway.name) ?? entry.gateway;
  return { ...entry, gateway };
}
