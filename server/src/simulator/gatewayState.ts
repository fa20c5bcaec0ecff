/**
 * What a gateway remembers while packets pass: state and NAT tables, sequence numbers of security associations,
 * replay windows, fragments. Made fresh for a walk; the reply walks on the same state the packet left behind.
 */
import type { ReplayState } from '../packet/ipsec';
import type { Packet } from '../packet/packet';
import type { SecurityAssociation } from '../policy/ipsec';
import { createIpfilterEngine, type IpfilterEngine } from './ipfilter/engine';
import type { Gateway, Network } from './network';
import type { Trace } from './trace';

export interface GatewayState {
  readonly gateway: Gateway;
  readonly engine: IpfilterEngine;
  /** Last sequence number sent, per association. */
  readonly sequences: Map<SecurityAssociation, number>;
  /** Anti-replay windows, per association. */
  readonly replay: Map<SecurityAssociation, ReplayState>;
  /** Fragments for the gateway itself, waiting to be put together; keyed by source, destination, protocol, id. */
  readonly fragments: Map<string, Packet[]>;
}

export type NetworkState = ReadonlyMap<string, GatewayState>;

export function createNetworkState(network: Network): NetworkState {
  return new Map(network.gateways.map((gateway) => [gateway.name, createGatewayState(gateway)]));
}

const stateByTrace = new WeakMap<Trace, NetworkState>();

/** Kept beside the trace: what the gateways remember is asked for long after a walk, and seldom. */
export function rememberStateAfter(trace: Trace, state: NetworkState): void {
  stateByTrace.set(trace, state);
}

/** What the gateways remembered when a walk had ended; undefined for one that never began. */
export function stateAfter(trace: Trace): NetworkState | undefined {
  return stateByTrace.get(trace);
}

function createGatewayState(gateway: Gateway): GatewayState {
  return {
    gateway,
    engine: createIpfilterEngine({
      filter: gateway.filter,
      nat: gateway.nat,
      pools: gateway.pools,
      addressesOf: (name) =>
        gateway.interfaces.find((i) => i.name === name)?.addresses.map((p) => p.address) ?? [],
    }),
    sequences: new Map(),
    replay: new Map(),
    fragments: new Map(),
  };
}
