/** One folder's network with its packets: built once per change, walked on demand, every walk remembered. */
import { buildPacket } from '../packet/build';
import { buildReply } from '../packet/reply';
import { platformById } from '../platforms';
import { createNetworkState } from '../simulator/gatewayState';
import type { Expectation, Network, SamplePacket } from '../simulator/network';
import { type Fragment, type ReasonCode, type Trace, text } from '../simulator/trace';
import { type Entry, walk } from '../simulator/walk';
import type { Problem } from '../syntax/problem';
import { asWritten, type WrittenAt } from './asWritten';
import { entryOf } from './entry';
import { findingsOfWalk } from './findings';
import { entryOn } from './findings/prober';
import type { Project, WalkRequest, WalkResult } from './snapshot';

export interface ProjectParts {
  readonly folder: string;
  readonly networkFile?: string;
  readonly network: Network;
  readonly packets: readonly SamplePacket[];
  readonly expectations: readonly Expectation[];
  readonly files: readonly string[];
  readonly gatewaysByUri: ReadonlyMap<string, readonly string[]>;
  readonly problemsByUri: ReadonlyMap<string, readonly Problem[]>;
  readonly writtenAt: WrittenAt;
}

export interface BuiltProject extends Project {
  /** Problems of the network file itself and of what it names. */
  readonly problemsByUri: ReadonlyMap<string, readonly Problem[]>;
}

export function createProject(parts: ProjectParts): BuiltProject {
  const walks = new Map<string, WalkResult>();
  const project: BuiltProject = {
    ...parts,
    inferred: parts.networkFile === undefined,
    gatewaysOf: (uri) => parts.gatewaysByUri.get(uri) ?? [],
    walk(request) {
      const key = `${request.packet.notation}\0${request.packet.name}\0${request.packet.from ?? ''}\0${request.reply}\0${request.platform ?? ''}`;
      let result = walks.get(key);
      if (result === undefined) {
        result = walkRequest(parts, request);
        walks.set(key, result);
      }
      return result;
    },
  };
  return project;
}

function walkRequest({ network: declared, writtenAt }: ProjectParts, request: WalkRequest): WalkResult {
  const network = onPlatform(declared, request.platform);
  const result = (trace: Trace, again?: (network: Network) => Trace) =>
    resultOf(network, request, asWritten(trace, writtenAt), again);
  const packet = buildPacket(request.packet.spec);
  const entered = entryOf(network, request.packet);
  if ('error' in entered) return result(lostAtOnce(packet, request.reply, 'no-entry', text(entered.error)));
  const state = createNetworkState(network);
  const there = walk(network, packet, entered.entry, state);
  if (!request.reply) {
    const again = (changed: Network) => walk(changed, packet, entryOn(changed, entered.entry));
    return result(there, again);
  }
  return result(walkReply(network, there, state));
}

function resultOf(
  network: Network,
  request: WalkRequest,
  trace: Trace,
  again?: (network: Network) => Trace,
): WalkResult {
  const evidence = { network, trace, asked: true, ...(again === undefined ? {} : { again }) };
  return { request, trace, findings: findingsOfWalk(evidence) };
}

/** The same network with every gateway's order of stages replaced. */
function onPlatform(network: Network, id: string | undefined): Network {
  const platform = id === undefined ? undefined : platformById(id);
  if (platform === undefined) return network;
  return { ...network, gateways: network.gateways.map((g) => ({ ...g, platform })) };
}

function walkReply(network: Network, there: Trace, state: ReturnType<typeof createNetworkState>): Trace {
  const last = there.steps.findLast((s) => s.depth === 0);
  const { kind, reason } = there.verdict;
  const arrived = (kind === 'delivered' || kind === 'uncertain') && reason === 'delivered';
  if (last === undefined || !arrived) {
    const why = text(
      reason === 'consumed'
        ? 'There is no reply but a refusal. '
        : 'There is no reply: the packet itself did not arrive. ',
      ...there.verdict.said,
    );
    return lostAtOnce(there.start, true, 'no-reply', why);
  }
  const reply = buildReply(last.after);
  if (reply === undefined)
    return lostAtOnce(last.after, true, 'no-reply', text('Nothing answers such a packet.'));
  const entry = replyEntry(network, there);
  if (entry === undefined)
    return lostAtOnce(reply, true, 'no-entry', text('It is not known where the reply comes from.'));
  return withOtherWay(there, walk(network, reply, entry, state, { reply: true }));
}

/** A filter that never saw the packet has no state for its answer, and that is why it stops there. */
function withOtherWay(there: Trace, back: Trace): Trace {
  const { verdict } = back;
  const isFiltered = verdict.reason === 'filter-rule' || verdict.reason === 'filter-default';
  if (!isFiltered || there.steps.some((s) => s.node === verdict.node)) return back;
  const why = text(
    ` The packet that this answers did not come through ${verdict.node}: the answer goes another way, and finds no state there.`,
  );
  return { ...back, verdict: { ...verdict, said: [...verdict.said, ...why] } };
}

/** The reply starts where the packet ended: at the host, the gateway, or on the wire it left by. */
function replyEntry(network: Network, there: Trace): Entry | undefined {
  const { node } = there.verdict;
  const host = network.hosts.find((h) => h.name === node);
  if (host !== undefined) return { kind: 'host', host };
  const gateway = network.gateways.find((g) => g.name === node);
  if (gateway !== undefined) return { kind: 'gateway', gateway };
  const segment = network.segments.find((s) => s.name === node);
  if (segment === undefined) return undefined;
  if (segment.kind === 'unknown') {
    const from = network.gateways.find((g) => g.interfaces.some((i) => i.segment === segment.name));
    const iface = from?.interfaces.find((i) => i.segment === segment.name);
    return from === undefined || iface === undefined
      ? undefined
      : { kind: 'interface', gateway: from, interface: iface };
  }
  return { kind: 'segment', segment, sender: `The receiver on ${segment.name}` };
}

function lostAtOnce(
  packet: Trace['start'],
  reply: boolean,
  reason: ReasonCode,
  said: readonly Fragment[],
): Trace {
  return {
    start: packet,
    reply,
    steps: [],
    verdict: { kind: 'lost', node: '', reason, said, origins: [] },
  };
}
