/**
 * Holds walks against recorded walks of real BSD kernels, in the format of the recorded scenarios: a line of
 * JSON each, with the setkey, ipf and ipnat text of two gateways, the packets injected, and every hook the
 * kernel passed with the packet as it was there. The same text is loaded, the same bytes are injected, and the
 * stages, the headers at each and the outcome are compared. ESP's bytes depend on the IV and NAT's ports on the
 * engine's random numbers; both are left out.
 */

import { mergePolicies } from '../../server/src/analysis/network/buildNetwork';
import { dialects } from '../../server/src/dialects';
import { decodePacket, innerPacket, summarizePacket } from '../../server/src/packet/decode';
import { packetOneLine } from '../../server/src/packet/oneLine';
import type { Packet } from '../../server/src/packet/packet';
import { platformById } from '../../server/src/platforms';
import type { Platform } from '../../server/src/platforms/platform';
import { readsSetting } from '../../server/src/platforms/settings';
import { parseAddress, parsePrefix, prefixContains } from '../../server/src/policy/address';
import type { Policy } from '../../server/src/policy/policy';
import { createNetworkState } from '../../server/src/simulator/gatewayState';
import type { Gateway, Interface, Network, Route, Segment } from '../../server/src/simulator/network';
import { walk } from '../../server/src/simulator/walk';
import { recordsOfSteps } from './bsdStages';

export interface Scenario {
  readonly name: string;
  readonly why: string;
  readonly engine: string;
  readonly setkeyA: string;
  readonly setkeyB: string;
  readonly filterA: Readonly<Record<string, string>>;
  readonly filterB: Readonly<Record<string, string>>;
  readonly setupA: readonly (readonly [command: string, answers: readonly string[]])[];
  readonly setupB: Scenario['setupA'];
  readonly trace: readonly Recorded[];
}

export interface Recorded {
  readonly node: string;
  readonly stage: string;
  readonly if?: string;
  readonly v?: number;
  readonly pkt: string | null;
  readonly hex: string | null;
  readonly why?: string;
}

/** One stage passed, reduced to what is compared. */
export interface StageRecord {
  readonly node: string;
  readonly stage: string;
  readonly interface?: string;
  /** SPI of `ipsec_process_packet`, protocol of `deliver_proto`; 1 where a filter dropped the packet. */
  readonly v?: number;
  readonly packet?: Packet;
}

export type Agreement =
  | { readonly kind: 'agrees'; readonly stages: number }
  | { readonly kind: 'differs'; readonly difference: string }
  | { readonly kind: 'not-covered'; readonly why: string };

const PLATFORMS: Readonly<Record<string, string>> = {
  ipf: 'netbsd',
  fpf: 'freebsd',
  ipfw: 'freebsd',
  pf: 'netbsd',
};

export function parseScenarios(jsonl: string): Scenario[] {
  return jsonl
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Scenario);
}

export function compareScenario(scenario: Scenario): Agreement {
  const built = buildScenario(scenario);
  if ('why' in built) return { kind: 'not-covered', why: built.why };
  const { network } = built;
  const state = createNetworkState(network);
  let stages = 0;
  for (const group of injections(scenario.trace)) {
    const [inject, ...recorded] = group;
    const { node, if: name, hex } = inject!;
    const gateway = network.gateways.find((g) => g.name === node);
    const iface = gateway?.interfaces.find((i) => i.name === name);
    if (gateway === undefined || iface === undefined || inject!.stage !== 'INJECT' || hex === null)
      return {
        kind: 'not-covered',
        why: `a packet starts at ${node} ${name ?? ''} by ${inject!.stage}; only those injected on an interface are walked`,
      };
    const packet = decodePacket(bytesOf(hex));
    const trace = walk(network, packet, { kind: 'interface', gateway, interface: iface }, state, {
      answerRequests: true,
    });
    const ours = recordsOfSteps(trace.steps, network, scenario.engine);
    const stagesOfKernel = recorded.filter((r) => !IGNORED.has(r.stage));
    const strange = stagesOfKernel.find((r) => !KNOWN_STAGES.has(r.stage));
    if (strange !== undefined)
      return {
        kind: 'not-covered',
        why: `the recording has a stage ${strange.stage}, which walks do not have`,
      };
    const difference = firstDifference(stagesOfKernel, ours, packet);
    if (difference !== undefined) {
      const title = `packet ${packetOneLine(packet)}${inject!.why ? ` (${inject!.why})` : ''}`;
      return { kind: 'differs', difference: `${title}: ${difference}` };
    }
    stages += ours.length;
  }
  return { kind: 'agrees', stages };
}

/** Return values of nested calls, recorded when they return: no stage of their own. */
const IGNORED = new Set(['sp_lookup_result', 'ipsec_forward_result', 'ipsec_output_result']);

/** Stages of the recordings that a walk has a step for. */
const KNOWN_STAGES = new Set([
  'WIRE_IN',
  'WIRE_OUT',
  'pfil_in_before',
  'pfil_in_after',
  'pfil_in_skipped',
  'pfil_out_before',
  'pfil_out_after',
  'ip_tryforward',
  'ip_forward',
  'spcheck_forward',
  'spcheck_forward_drop',
  'spcheck_local',
  'spcheck_local_drop',
  'sp_lookup_out',
  'ipsec_process_packet',
  'ipsec_input_done',
  'ipsec_forward_hook',
  'ipsec_output_hook',
  'ipsec_input_hook',
  'enc_out_before',
  'enc_out_after',
  'enc_in_before',
  'enc_in_after',
  'deliver_proto',
]);

export function* injections(trace: readonly Recorded[]): Generator<Recorded[]> {
  let group: Recorded[] = [];
  for (const record of trace) {
    if (record.stage === 'INJECT' && group.length > 0) {
      yield group;
      group = [];
    }
    group.push(record);
  }
  if (group.length > 0) yield group;
}

function firstDifference(
  theirs: readonly Recorded[],
  ours: readonly StageRecord[],
  injected: Packet,
): string | undefined {
  for (let i = 0; i < Math.max(theirs.length, ours.length); i++) {
    const t = theirs[i];
    const o = ours[i];
    const at = `stage ${i + 1}`;
    if (t === undefined) return `${at}: the kernel stopped, the walk goes on with ${describe(o!)}`;
    if (o === undefined)
      return `${at}: the kernel goes on with ${t.node} ${t.stage} ${t.pkt ?? ''}, the walk stopped`;
    if (t.node !== o.node || t.stage !== o.stage)
      return `${at}: kernel ${t.node} ${t.stage} ${t.pkt ?? ''}, walk ${describe(o)}`;
    if (
      o.interface !== undefined &&
      o.interface !== '-' &&
      t.if !== undefined &&
      t.if !== '-' &&
      t.if !== o.interface
    )
      return `${at} ${t.stage}: kernel on ${t.if}, walk on ${o.interface}`;
    // A filter that drops says so with an errno, and which one differs.
    const real = /^pfil_.*_after$/.test(t.stage) && t.v ? 1 : t.v;
    if (o.v !== undefined && real !== o.v)
      return `${at} ${t.node} ${t.stage}: kernel value ${t.v}, walk ${o.v}`;
    const header = headerDifference(t, o.packet, injected);
    if (header !== undefined) return `${at} ${t.node} ${t.stage}: ${header}`;
  }
  return undefined;
}

function describe(record: StageRecord): string {
  return `${record.node} ${record.stage} ${record.packet === undefined ? '' : packetOneLine(record.packet)}`;
}

function headerDifference(theirs: Recorded, ours: Packet | undefined, injected: Packet): string | undefined {
  if (theirs.hex === null)
    return ours === undefined ? undefined : 'the kernel has no packet left, the walk has';
  if (ours === undefined) return 'the walk has no packet left, the kernel has';
  const recorded = decodePacket(bytesOf(theirs.hex));
  // Behind a tunnel's association the recorder still shows the outer header, now around readable IP.
  const real = theirs.stage === 'ipsec_input_done' ? (innerPacket(recorded) ?? recorded) : recorded;
  const a = headersOf(real, injected);
  const b = headersOf(ours, injected);
  for (const key of Object.keys(a))
    if (a[key] !== b[key]) return `${key} is ${a[key]} in the kernel, ${b[key]} in the walk`;
  // On the wire every byte counts, where no random number decides it.
  const random =
    a['ports'] === 'translated' || real.layers.some((l) => ['esp', 'ah', 'ipcomp'].includes(l.protocol));
  if (
    (theirs.stage === 'WIRE_OUT' || theirs.stage === 'WIRE_IN') &&
    !random &&
    wireHex(ours, injected) !== wireHex(real, injected)
  )
    return `bytes ${theirs.hex} in the kernel, ${hexOf(ours)} in the walk`;
  return undefined;
}

/** What is compared of a packet: the outer header and what the transport says. */
function headersOf(packet: Packet, injected: Packet): Record<string, string | number | undefined> {
  const s = summarizePacket(packet);
  if (s === undefined) return { packet: 'unreadable' };
  const i = summarizePacket(injected);
  const known = [i?.sourcePort, i?.destinationPort];
  const translated = [s.sourcePort, s.destinationPort].some((p) => p !== undefined && !known.includes(p));
  const name = packetOneLine(packet);
  return {
    addresses: `${s.source.value}>${s.destination.value}`,
    protocol: s.protocol,
    ttl: s.ttl,
    ports: translated ? 'translated' : `${s.sourcePort}>${s.destinationPort}`,
    icmp: `${s.icmpType}/${s.icmpCode}`,
    spi: s.spi,
    // How small a compressor makes a packet is its own affair.
    length: packet.layers.some((l) => l.protocol === 'ipcomp') ? undefined : packet.bytes.length,
    ...(name === '' ? { name } : {}),
  };
}

export function buildScenario(scenario: Scenario): { network: Network } | { why: string } {
  const platform = platformById(PLATFORMS[scenario.engine] ?? '');
  if (platform === undefined) return { why: `no platform is modelled for engine ${scenario.engine}` };
  const segments: Segment[] = [];
  const gateways: Gateway[] = [];
  for (const side of ['A', 'B'] as const) {
    const policies: Policy[] = [];
    const files: Record<string, string> = { setkey: scenario[`setkey${side}`], ...scenario[`filter${side}`] };
    for (const [language, text] of Object.entries(files)) {
      const dialect = dialects.find((d) => d.id === language);
      if (dialect === undefined) {
        if (text.trim() === '') continue;
        return { why: `${language} rules are not modelled` };
      }
      const parse = dialect.parse(text);
      const lowered = dialect.lower(parse, { file: `${side}/${language}` });
      const errors = [...parse.statements.flatMap((s) => s.problems), ...lowered.problems].filter(
        (p) => p.severity === 'error',
      );
      if (errors.length > 0 && !wasRefused(scenario[`setup${side}`], language))
        return { why: `${side}’s ${language} text has an error: ${errors[0]!.message}` };
      policies.push(lowered.policy);
    }
    const setup: Setup = { interfaces: [], routes: [], settings: new Map() };
    for (const [command, answers] of scenario[`setup${side}`]) {
      const failed = answers.find((a) => /\brc=(?!0\b)/.test(a));
      const why =
        failed === undefined
          ? applySetup(command.trim().split(/\s+/), side, setup, segments, platform)
          : `\`${command}\` failed in the recording: ${failed}`;
      if (why !== undefined) return { why: `${side}: ${why}` };
    }
    gateways.push({
      name: side,
      platform,
      ...setup,
      ...mergePolicies(policies),
      forwarding: true,
      listening: [],
    });
  }
  return { network: { gateways, hosts: [], segments } };
}

/** What the kernel refuses is told and not loaded; the walk leaves out statements with an error too. */
function wasRefused(setup: Scenario['setupA'], language: string): boolean {
  return setup.some(
    ([command, answers]) =>
      command.startsWith(`${language} `) && answers.some((a) => /^The result of line \d+/.test(a)),
  );
}

interface Setup {
  readonly interfaces: Interface[];
  readonly routes: Route[];
  readonly settings: Map<string, number>;
}

/** Network cards of the recordings; any other interface (gif, ipsec, lo) works in a way no walk models. */
const ETHERNET = /^(wm|em|vtnet|vioif|igb|re)$/;

/** One line of the recorded set-up; answers why it is not covered. */
function applySetup(
  words: readonly string[],
  side: string,
  { interfaces, routes, settings }: Setup,
  segments: Segment[],
  platform: Platform,
): string | undefined {
  const line = `set-up line \`${words.join(' ')}\``;
  const [verb, first = '', second = '', ...rest] = words;
  const at = interfaces.findIndex((i) => i.name === first);
  switch (verb) {
    case 'if':
      if (!ETHERNET.test(first)) return `${line}: interfaces of the kind ${first} are not modelled`;
      interfaces.push({ name: `${first}${second}`, addresses: [], mtu: 1500 });
      return rest.length > 0 ? `${line} has words that are not understood` : undefined;
    case 'ifup':
      if (at >= 0) return undefined;
      if (first !== 'enc0' || platform.within === undefined) return `${line}: ${first} is not modelled`;
      interfaces.push({ name: first, addresses: [], mtu: 1500 });
      return undefined;
    case 'ifdown':
      if (at < 0 && first !== 'enc0') return `${line}: ${first} was not set up`;
      if (at >= 0) interfaces.splice(at, 1);
      return undefined;
    case 'addr': {
      const prefix = parsePrefix(second);
      if (prefix === undefined || at < 0 || rest.length > 0) return `${line} is not understood`;
      const known = segments.find((s) => s.prefixes.some((p) => prefixContains(p, prefix.address)));
      const segment = known ?? { name: `${side} ${first}`, kind: 'lan', prefixes: [prefix] };
      if (known === undefined) segments.push(segment);
      const old = interfaces[at]!;
      interfaces[at] = {
        ...old,
        addresses: [...old.addresses, prefix],
        segment: old.segment ?? segment.name,
      };
      return undefined;
    }
    case 'route': {
      const destination = parsePrefix(first === 'default' ? '0.0.0.0/0' : first);
      const nextHop = parseAddress(second);
      if (destination === undefined || nextHop === undefined || rest.length > 0)
        return `${line} is not understood`;
      routes.push({ destination, nextHop });
      return undefined;
    }
    case 'mtu': {
      if (at < 0 || !/^\d+$/.test(second)) return `${line} is not understood`;
      interfaces[at] = { ...interfaces[at]!, mtu: Number(second) };
      return undefined;
    }
    case 'sysctl': {
      const [name, value] = second === '' ? first.split('=') : [first, second];
      if (name === undefined || !/^-?\d+$/.test(value ?? '')) return `${line} is not understood`;
      if (!readsSetting(platform.id, name)) return `${line}: no walk reads ${name} on ${platform.title}`;
      settings.set(name, Number(value));
      return undefined;
    }
    case 'setkey':
    case 'ipf':
    case 'ipnat':
    case 'pfctl':
    case 'ipfw':
      return undefined;
    default:
      return `${line} is not understood`;
  }
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (h) => Number.parseInt(h, 16));
}

function hexOf(packet: Packet): string {
  return Array.from(packet.bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/** The bytes; of a packet the gateway made itself without its identification, which is the kernel's to choose. */
function wireHex(packet: Packet, injected: Packet): string {
  const own = summarizePacket(packet)?.source.value !== summarizePacket(injected)?.source.value;
  if (!own || summarizePacket(packet)?.family !== 4) return hexOf(packet);
  const bytes = packet.bytes.slice();
  bytes.fill(0, 4, 6);
  bytes.fill(0, 10, 12);
  return hexOf({ ...packet, bytes });
}
