/**
 * The walk: one packet through hosts, segments and gateways until it is delivered, dropped or lost. This is the
 * only control flow there is. What a gateway does, and in which order, stands in its platform's table; this
 * file takes one step after the other, asks the stage, notes what happened, and goes where the stage says.
 *
 * Packets wait in a queue because one may become several (fragments, ICMP errors, answers); the walk's verdict
 * is that of the packet it started with. Everything is counted, so a loop ends with a verdict that says so.
 */
import { summarizePacket } from '../packet/decode';
import { reassemble } from '../packet/fragment';
import { packetOneLine } from '../packet/oneLine';
import type { Packet } from '../packet/packet';
import { directionOf, type PathName, type PlatformStep, type WithinName } from '../platforms/platform';
import { LOOPBACK } from './addressing';
import { allHold, holds } from './conditions';
import { createNetworkState, type NetworkState, rememberStateAfter } from './gatewayState';
import type { Gateway, Host, Interface, Network, Segment } from './network';
import { type Crossing, crossSegment, protectionOf } from './segments';
import type { PacketMarks, StageContext, StageResult } from './stage';
import { runStage } from './stages';
import { fragmentKey } from './stages/routing';
import {
  type Protection,
  type ReasonCode,
  type Trace,
  type TraceStep,
  type TraceVerdict,
  text,
  value,
} from './trace';

/** Where a packet enters the network. */
export type Entry =
  | { readonly kind: 'host'; readonly host: Host }
  /** From a machine that is not listed, on a segment it belongs to. */
  | { readonly kind: 'segment'; readonly segment: Segment; readonly sender: string }
  /** Arrives at a gateway's interface, wherever it came from. */
  | { readonly kind: 'interface'; readonly gateway: Gateway; readonly interface: Interface }
  /** Made by the gateway itself. */
  | { readonly kind: 'gateway'; readonly gateway: Gateway }
  /** About to leave a gateway by an interface, forwarded from somewhere. */
  | { readonly kind: 'leaving'; readonly gateway: Gateway; readonly interface: Interface };

export interface WalkOptions {
  readonly reply?: boolean;
  /** Gateways answer echo requests within the walk, not only with errors. */
  readonly answerRequests?: boolean;
}

/** Steps in one walk; more means a loop. A path over several tunnels stays far below. */
const MAX_STEPS = 600;
/** Gateways passed by one packet. */
const MAX_HOPS = 40;
/** Protections put on or taken off in one gateway for one packet. */
const MAX_ENCAPSULATIONS = 8;

export function walk(
  network: Network,
  packet: Packet,
  entry: Entry,
  state: NetworkState = createNetworkState(network),
  options: WalkOptions = {},
): Trace {
  const walker = new Walker(network, state, options);
  walker.start(packet, entry);
  walker.run();
  const verdict = walker.verdict ?? {
    kind: 'lost' as const,
    node: walker.lastNode,
    reason: 'malformed' as const,
    said: text('The packet went nowhere.'),
    origins: [],
  };
  const trace: Trace = {
    start: packet,
    reply: options.reply ?? false,
    steps: walker.steps,
    verdict: withDoubts(network, walker.steps, verdict),
  };
  rememberStateAfter(trace, state);
  return trace;
}

/** A verdict that rests on something nobody modelled is uncertain, and says why. */
function withDoubts(network: Network, steps: readonly TraceStep[], verdict: TraceVerdict): TraceVerdict {
  const doubtful = steps.find((s) => s.depth === 0 && s.uncertain !== undefined);
  const visited = new Set(steps.map((s) => s.node));
  const platform = network.gateways.find(
    (g) => visited.has(g.name) && g.platform.unmodelled !== undefined && (g.filter ?? g.nat) !== undefined,
  )?.platform;
  const why = doubtful?.uncertain ?? platform?.unmodelled;
  if (why === undefined) return verdict;
  return {
    ...verdict,
    kind: 'uncertain',
    said: [...verdict.said, ...text(' This is uncertain: ', why)],
    origins: [...verdict.origins, ...(doubtful?.origins ?? [])],
  };
}

type Job =
  | {
      readonly at: 'gateway';
      readonly gateway: Gateway;
      readonly path: PathName;
      /** Step of the path to go on with. */
      readonly index: number;
      readonly packet: Packet;
      readonly marks: PacketMarks;
      readonly depth: number;
      readonly hops: number;
    }
  | {
      readonly at: 'segment';
      readonly crossing: Crossing;
      readonly packet: Packet;
      readonly depth: number;
      readonly hops: number;
    };

class Walker {
  readonly steps: TraceStep[] = [];
  verdict: TraceVerdict | undefined;
  lastNode = '';
  private readonly queue: Job[] = [];
  private readonly fragments = new Map<string, Packet[]>();
  private readonly protections = new Map<string, Protection>();

  constructor(
    private readonly network: Network,
    private readonly state: NetworkState,
    private readonly options: WalkOptions,
  ) {}

  start(packet: Packet, entry: Entry): void {
    const common = { packet, depth: 0, hops: 0 };
    switch (entry.kind) {
      case 'host':
        this.note({
          node: entry.host.name,
          nodeKind: 'host',
          stage: 'send',
          outcome: 'sent',
          said: text(`${entry.host.name} sends `, value(packetOneLine(packet)), '.'),
          origins: [],
          before: packet,
          after: packet,
          depth: 0,
        });
        this.queue.push({ at: 'segment', crossing: { kind: 'from-host', host: entry.host }, ...common });
        return;
      case 'segment':
        this.note({
          node: entry.segment.name,
          nodeKind: 'network',
          stage: 'send',
          outcome: 'sent',
          said: text(`${entry.sender} sends `, value(packetOneLine(packet)), '.'),
          origins: [],
          before: packet,
          after: packet,
          depth: 0,
        });
        this.queue.push({
          at: 'segment',
          crossing: { kind: 'from-segment', segment: entry.segment },
          ...common,
        });
        return;
      case 'interface':
        this.queue.push(arrival(entry.gateway, entry.interface, common));
        this.noteArrival(entry.gateway, entry.interface, packet, 0);
        return;
      case 'gateway':
        this.note({
          node: entry.gateway.name,
          nodeKind: 'gateway',
          stage: 'send',
          outcome: 'sent',
          said: text(`${entry.gateway.name} itself sends `, value(packetOneLine(packet)), '.'),
          origins: [],
          before: packet,
          after: packet,
          depth: 0,
        });
        this.queue.push(localOutput(entry.gateway, common));
        return;
      case 'leaving': {
        const job = localOutput(entry.gateway, common);
        this.queue.push({
          ...job,
          marks: { ...job.marks, local: false, leavesBy: { interface: entry.interface } },
        });
      }
    }
  }

  run(): void {
    for (let job = this.queue.shift(); job !== undefined; job = this.queue.shift()) {
      if (this.steps.length > MAX_STEPS || job.hops > MAX_HOPS) {
        this.end(job.depth, {
          kind: 'looped',
          node: this.lastNode,
          reason: 'loop',
          said: text(
            `The packet goes round without end: the walk was stopped after ${job.hops > MAX_HOPS ? `${MAX_HOPS} gateways` : `${MAX_STEPS} steps`}.`,
          ),
          origins: [],
        });
        return;
      }
      if (job.at === 'segment') this.cross(job);
      else this.step(job);
    }
  }

  /** One row of a platform's table. */
  private step(job: Job & { at: 'gateway' }): void {
    const { gateway, path, index, packet, marks, depth, hops } = job;
    const row = gateway.platform.paths[path][index];
    if (row === undefined) {
      // `forward` has no end of its own: what it leaves alone goes out.
      if (path === 'forward') this.queue.unshift({ ...job, path: 'output', index: 0 });
      return;
    }
    if (!allHold(row, gateway, packet, marks)) {
      const { tellWhenSkipped: tell } = row;
      if (tell !== undefined && holds(tell.when, gateway, packet, marks))
        this.noteSkipped(gateway, row, path, job, tell.text);
      this.queue.unshift({ ...job, index: index + 1 });
      return;
    }
    const context: StageContext = {
      network: this.network,
      gateway,
      state: this.state.get(gateway.name)!,
      step: row,
      path,
      packet,
      marks,
    };
    const result = runStage(context, { answerRequests: this.options.answerRequests ?? false });
    this.noteResult(gateway, row, path, job, result);
    for (const answer of result.answers ?? [])
      this.queue.push(localOutput(gateway, { packet: answer, depth: depth + 1, hops: hops + 1 }));
    this.follow(job, result);
  }

  private follow(job: Job & { at: 'gateway' }, result: StageResult): void {
    const { gateway, depth, hops } = job;
    const packet = result.packet ?? job.packet;
    const marks = result.marks ?? job.marks;
    const on = { ...job, packet, marks };
    const verdictAt = (kind: TraceVerdict['kind'], reason: ReasonCode): TraceVerdict => ({
      kind,
      node: gateway.name,
      reason,
      said: result.said,
      origins: result.origins ?? [],
    });
    switch (result.flow.kind) {
      case 'next':
        this.queue.unshift({ ...on, index: job.index + 1 });
        return;
      case 'path':
        if (marks.encapsulations > MAX_ENCAPSULATIONS) {
          this.end(depth, {
            ...verdictAt('looped', 'loop'),
            said: text(
              `${gateway.name} puts the packet into a tunnel again and again: its policy takes its own tunnel’s packets.`,
            ),
          });
          return;
        }
        this.queue.unshift({ ...on, path: result.flow.path, index: 0 });
        return;
      case 'split':
        this.rememberWhole(packet, result.flow.packets);
        this.queue.unshift(...result.flow.packets.map((p) => ({ ...on, packet: p, index: job.index + 1 })));
        return;
      case 'hold':
        return;
      case 'drop':
        this.end(depth, verdictAt('dropped', result.flow.reason));
        return;
      case 'delivered':
        this.end(depth, verdictAt('delivered', result.flow.reason));
        return;
      case 'transmit':
        // Behind the queue: a gateway is done with all fragments before the wire delivers the first.
        if (marks.leavesBy?.interface === LOOPBACK) {
          this.noteArrival(gateway, LOOPBACK, packet, depth);
          this.queue.push(arrival(gateway, LOOPBACK, { packet, depth, hops: hops + 1 }));
        } else if (marks.leavesBy !== undefined)
          this.queue.push({
            at: 'segment',
            crossing: { kind: 'from-gateway', gateway, ...marks.leavesBy },
            packet,
            depth,
            hops,
          });
    }
  }

  private cross(job: Job & { at: 'segment' }): void {
    const { packet, depth, hops } = job;
    const result = crossSegment(this.network, job.crossing, packet, this.protectionOfWhole(packet));
    for (const step of result.steps) this.note({ ...step, before: packet, after: packet, depth });
    switch (result.to.kind) {
      case 'gateway':
        this.noteArrival(result.to.gateway, result.to.interface, packet, depth);
        this.queue.unshift(
          arrival(result.to.gateway, result.to.interface, { packet, depth, hops: hops + 1 }),
        );
        return;
      case 'host':
        this.arriveAtHost(result.to.host.name, packet, depth);
        return;
      case 'end':
        this.end(depth, result.to.verdict);
    }
  }

  /** Of ESP in UDP a later fragment does not show what it is, so it is noted when the packet is cut. */
  private rememberWhole(whole: Packet, fragments: readonly Packet[]): void {
    for (const fragment of fragments) {
      const summary = summarizePacket(fragment);
      if (summary !== undefined) this.protections.set(fragmentKey(summary), protectionOf(whole));
    }
  }

  private protectionOfWhole(packet: Packet): Protection | undefined {
    const summary = summarizePacket(packet);
    if (summary === undefined || (!summary.moreFragments && summary.fragmentOffset === 0)) return undefined;
    return this.protections.get(fragmentKey(summary));
  }

  /** A host takes whole packets: fragments wait until the last has come. */
  private arriveAtHost(name: string, arrived: Packet, depth: number): void {
    const at = { node: name, nodeKind: 'host' as const, origins: [], depth };
    const summary = summarizePacket(arrived);
    let packet = arrived;
    if (summary !== undefined && (summary.moreFragments || summary.fragmentOffset > 0)) {
      const key = `${name} ${fragmentKey(summary)}`;
      const waiting = [...(this.fragments.get(key) ?? []), arrived];
      const whole = reassemble(waiting);
      if (whole === undefined) {
        this.fragments.set(key, waiting);
        const said = text(
          `${name} keeps the fragment at byte ${summary.fragmentOffset} until the others come.`,
        );
        this.note({ ...at, stage: 'reassemble', outcome: 'continue', said, before: arrived, after: arrived });
        return;
      }
      this.fragments.delete(key);
      packet = whole;
      const said = text(`${name} puts ${waiting.length} fragments together.`);
      this.note({ ...at, stage: 'reassemble', outcome: 'changed', said, before: arrived, after: whole });
    }
    const said = text(`${name} receives `, value(packetOneLine(packet)), '.');
    this.note({ ...at, stage: 'deliver', outcome: 'delivered', said, before: packet, after: packet });
    this.end(depth, {
      kind: 'delivered',
      node: name,
      reason: 'delivered',
      said,
      origins: [],
    });
  }

  private end(depth: number, verdict: TraceVerdict): void {
    // Only the fate of the walk's own packet is its verdict; of several fragments the first bad end counts.
    if (depth > 0) return;
    if (this.verdict === undefined || this.verdict.kind === 'delivered') this.verdict = verdict;
  }

  private note(step: TraceStep): void {
    this.lastNode = step.node;
    this.steps.push(step);
  }

  private noteArrival(gateway: Gateway, iface: Interface, packet: Packet, depth: number): void {
    this.note({
      node: gateway.name,
      nodeKind: 'gateway',
      stage: 'receive',
      interface: iface.name,
      direction: 'in',
      outcome: 'continue',
      quiet: true,
      said: text(`${gateway.name} receives it on `, value(iface.name), '.'),
      origins: [],
      before: packet,
      after: packet,
      depth,
    });
  }

  private noteSkipped(
    gateway: Gateway,
    row: PlatformStep,
    path: PathName,
    job: Job & { at: 'gateway' },
    why: string,
  ): void {
    this.note({
      ...place(gateway, row, path, job.marks),
      outcome: 'skipped',
      quiet: !hasSomethingToSay(gateway, row),
      said: text(why),
      origins: [],
      before: job.packet,
      after: job.packet,
      depth: job.depth,
    });
  }

  private noteResult(
    gateway: Gateway,
    row: PlatformStep,
    path: PathName,
    job: Job & { at: 'gateway' },
    result: StageResult,
  ): void {
    let before = job.packet;
    const marks = result.marks?.leavesBy ? result.marks : job.marks;
    for (const part of [...(result.substeps ?? []), result]) {
      before = part.before ?? before;
      const after = part.packet ?? before;
      const { said, outcome, entry, spi, intermediate, uncertain, quiet, visitedRules } = part;
      const { within } = part;
      this.note({
        ...place(gateway, within?.row ?? row, within?.path ?? path, marks),
        outcome,
        said,
        origins: part.origins ?? [],
        before,
        after,
        depth: job.depth,
        ...(entry === undefined ? {} : { entry }),
        ...(spi === undefined ? {} : { spi }),
        ...(intermediate === undefined ? {} : { intermediate }),
        ...(uncertain === undefined ? {} : { uncertain }),
        ...(quiet === undefined ? {} : { quiet }),
        ...(visitedRules === undefined ? {} : { visitedRules }),
      });
      before = after;
    }
  }
}

function place(gateway: Gateway, row: PlatformStep, path: PathName | WithinName, marks: PacketMarks) {
  const direction = directionOf(path, row.stage);
  const iface =
    row.interface ?? (direction === 'out' ? marks.leavesBy?.interface.name : marks.receivedOn?.name);
  return {
    node: gateway.name,
    nodeKind: 'gateway' as const,
    stage: row.stage,
    hook: row.hook,
    path,
    ...(iface === undefined ? {} : { interface: iface }),
    direction,
    citation: row.citation,
  };
}

function arrival(
  gateway: Gateway,
  iface: Interface,
  common: { packet: Packet; depth: number; hops: number },
): Job & { at: 'gateway' } {
  return {
    at: 'gateway',
    gateway,
    path: 'input',
    index: 0,
    marks: {
      receivedOn: iface,
      local: false,
      ipsecDone: false,
      cameBy: [],
      decapsulated: false,
      encapsulations: 0,
    },
    ...common,
  };
}

function localOutput(
  gateway: Gateway,
  common: { packet: Packet; depth: number; hops: number },
): Job & { at: 'gateway' } {
  return {
    at: 'gateway',
    gateway,
    path: 'output',
    index: 0,
    marks: { local: true, ipsecDone: false, cameBy: [], decapsulated: false, encapsulations: 0 },
    ...common,
  };
}

/** A skipped filter or NAT is worth a line only where there is something that could have been met. */
function hasSomethingToSay(gateway: Gateway, row: PlatformStep): boolean {
  if (row.stage === 'filter') return gateway.filter !== undefined || gateway.nat !== undefined;
  if (row.stage === 'nat') return gateway.nat !== undefined;
  return true;
}
