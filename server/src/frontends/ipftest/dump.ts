/** What `ipftest -D` prints behind the packets: translation rules and sessions, states, pools, groups, rules. */

import { formatAddress } from '../../policy/address';
import type { NatTable } from '../../policy/nat';
import type { AddressPool } from '../../policy/policy';
import { protocolName } from '../../policy/protocols';
import type { IpfilterEngine } from '../../simulator/ipfilter/engine';
import { swapLong } from '../../simulator/ipfilter/natChecksum';
import { NAT_FLAG } from '../../simulator/ipfilter/natRules';
import type { NatSession } from '../../simulator/ipfilter/natSessions';
import type { StateEntry } from '../../simulator/ipfilter/stateEntry';
import { type AddressValue, addressOf } from '../../simulator/packetFacts';
import type { CompiledChain } from '../../simulator/scan';

export interface DumpParts {
  readonly engine: IpfilterEngine;
  readonly nat: NatTable | undefined;
  /** `List of configured pools` and what follows, as the pools' printer writes them. */
  readonly pools: string;
  readonly hashes: string;
  readonly groupMaps: readonly AddressPool[];
}

export function dump(parts: DumpParts): string {
  return (
    dumpTranslation(parts) +
    dumpStates(parts.engine) +
    `List of configured pools\n${parts.pools}` +
    `List of configured hash tables\n${parts.hashes}` +
    dumpRules(parts)
  );
}

function dumpTranslation({ engine, nat }: DumpParts): string {
  let text = 'List of active MAP/Redirect filters:\n';
  for (const rule of nat?.rules ?? []) text += `${rule.body.text}\n`;
  text += '\nList of active sessions:\n';
  for (const session of engine.translator.sessions.sessions) {
    text += `${sessionWords(session)}\n`;
    if (session.hasProxy) text += '\tproxy active\n';
  }
  text += '\nHostmap table:\n';
  for (const mapping of engine.translator.sessions.mappings) {
    const { family } = mapping.rule;
    const show = (value: AddressValue) => (value === 0n ? 'any' : formatAddress(addressOf(family, value)));
    const { mapped } = mapping;
    // Redirections file their address in the machine's own byte order, which was little-endian.
    const isSwapped = mapping.rule.mode === 'rdr' && typeof mapped === 'number';
    text +=
      `${show(mapping.source)},${show(mapping.destination)} -> ` +
      `${show(isSwapped ? swapLong(mapped) : mapped)},${show(family === 4 ? 0 : 0n)} (use = ${mapping.uses})\n`;
  }
  return text;
}

function sessionWords(session: NatSession): string {
  const { family, rule } = session;
  const hasPorts = (session.flags & NAT_FLAG.tcpUdp) !== 0;
  const padded = (value: AddressValue) => {
    const shown = formatAddress(addressOf(family, value));
    return family === 4 ? shown.padEnd(15) : shown;
  };
  const plain = (value: AddressValue) => formatAddress(addressOf(family, value));
  const port = (n: number) => (hasPorts ? ` ${String(n).padEnd(5)}` : '');
  const s = session;
  if (rule.mode === 'rewrite') {
    return (
      `RWR-${rule.rule.body.direction === 'in' ? 'RDR' : 'MAP'} ` +
      `${padded(s.oldSource)}${port(s.oldSourcePort)} ${padded(s.oldDestination)}${port(s.oldDestinationPort)}` +
      `<- -> ${padded(s.newSource)}${port(s.newSourcePort)} ${padded(s.newDestination)}${port(s.newDestinationPort)}`
    );
  }
  const way = s.direction === 'in' ? 'RDR' : 'MAP';
  const mode = { map: 'MAP', 'map-block': 'MAP-BLOCK', rdr: 'RDR', bimap: 'BIMAP', divert: `DIV-${way}` }[
    rule.mode
  ];
  const name = s.clones ? `${mode} CLONE` : mode;
  if (s.direction === 'out') {
    return (
      `${name} ${padded(s.oldSource)}${port(s.oldSourcePort)} <- -> ` +
      `${padded(s.newSource)}${port(s.newSourcePort)} [${plain(s.oldDestination)}${hasPorts ? ` ${s.oldDestinationPort}` : ''}]`
    );
  }
  return (
    `${name} ${padded(s.newDestination)}${port(s.newDestinationPort)} <- -> ` +
    `${padded(s.oldDestination)}${port(s.oldDestinationPort)} [${plain(s.oldSource)}${hasPorts ? ` ${s.oldSourcePort}` : ''}]`
  );
}

function dumpStates(engine: IpfilterEngine): string {
  let text = 'List of active state sessions:\n';
  for (const entry of engine.states.entries) text += stateWords(entry);
  return text;
}

function stateWords(e: StateEntry): string {
  const show = (value: AddressValue) => formatAddress(addressOf(e.family, value));
  const hasPorts = e.protocol === 6 || e.protocol === 17;
  const port = (n: number) => (hasPorts ? `,${n}` : '');
  let text = `${e.family}:${protocolName(e.protocol)} src:${show(e.source)}${e.anySourcePort ? ',*' : port(e.sourcePort)}`;
  text += ` dst:${show(e.destination)}${port(e.destinationPort)}`;
  if (e.protocol === 6) text += ` state:${e.tcpStates[0]}/${e.tcpStates[1]}`;
  text += ` ${e.timeout}${e.clones ? ' CLONE' : ''}\n`;
  if (e.protocol === 6) {
    const [from, to] = e.tcp;
    text +=
      `\t${from.end.toString(16)}:${to.end.toString(16)} ` +
      `${from.maxWindow & 0xffff}<<${from.windowScale}:${to.maxWindow & 0xffff}<<${to.windowScale}\n`;
  } else if (e.protocol === 47) text += '\tcall 0/0\n';
  else if (e.protocol === 1 || e.protocol === 58) {
    // The id is printed in the byte order of the machine, which was little-endian where this was compared.
    text += `\tid ${((e.icmpId & 255) << 8) | (e.icmpId >>> 8)} seq 0 type ${e.icmpType}\n`;
  }
  const [p0, p1, p2, p3] = e.packets;
  const [b0, b1, b2, b3] = e.bytes;
  text += `\tFWD: IN pkts ${p0} bytes ${b0} OUT pkts ${p1} bytes ${b1}\n`;
  text += `\tREV: IN pkts ${p2} bytes ${b2} OUT pkts ${p3} bytes ${b3}\n`;
  text += `\ttag ${e.rule.rule.body.setTag?.log ?? 0} pass 0x${e.decision.word.toString(16)} = ${passWords(e)}\n`;
  const slots = e.interfaces.map((name) => `X[${name ?? ''}]`);
  text += `\tinterfaces: in ${slots[0]},${slots[1]} out ${slots[2]},${slots[3]}\n`;
  return `${text}\tSync status: not synchronized\n`;
}

function passWords(e: StateEntry): string {
  const { decision } = e;
  const words: string[] = [];
  switch (decision.action) {
    case 'pass':
      words.push('pass');
      break;
    case 'block':
      words.push('block');
      if (decision.answer?.kind === 'rst') words.push('return-rst');
      if (decision.answer?.kind === 'icmp') {
        words.push(decision.answer.asDestination ? 'return-icmp-as-dest' : 'return-icmp');
      }
      break;
    default:
      if (decision.log) words.push('log');
  }
  words.push((decision.word & 0x4000) !== 0 ? 'out' : 'in');
  if (decision.log) {
    words.push('log');
    if ((decision.word & 0x10000) !== 0) words.push('body');
    if ((decision.word & 0x20000) !== 0) words.push('first');
    if ((decision.word & 0x40000) !== 0) words.push('or-block');
  }
  if (decision.quick) words.push('quick');
  if (decision.keepFragments) words.push('keep frags');
  if (decision.keepState) {
    words.push('keep state');
    const options = decision.stateOptions;
    const marks = [options?.sync && 'sync', options?.strict && 'strict', options?.loose && 'loose'].filter(
      Boolean,
    );
    if (marks.length > 0) words.push(`( ${marks.join(' ')} )`);
  }
  return words.join(' ');
}

function dumpRules(parts: DumpParts): string {
  const { engine } = parts;
  const chain = (name: string): CompiledChain | undefined => engine.compiled?.chains.get(name);
  const rules = (c: CompiledChain | undefined): string =>
    (c?.rules ?? []).map((rule) => `${engine.hitsOf(rule)} ${rule.rule.body.text}\n`).join('');
  const entries = engine.compiled?.program.entries ?? {};
  const top = (name: string | undefined) => (name === undefined ? '' : rules(chain(name)));
  let text = 'List of groups configured (set 0)\n';
  for (const c of engine.compiled?.chains.values() ?? []) {
    const group = / group (.+)$/.exec(c.chain.name)?.[1];
    if (group === undefined) continue;
    const direction = c.chain.direction === 'in' ? '0x8000' : '0x4000';
    text += `Dev.0. Group ${group} Ref ${groupReferences(parts, c)} Flags ${direction}\n${rules(c)}`;
  }
  text += 'List of groups configured (set 1)\n';
  text += `Rules configured (set 0, in)\n${top(entries.in)}`;
  text += `Rules configured (set 0, out)\n${top(entries.out)}`;
  text += 'Rules configured (set 1, in)\nRules configured (set 1, out)\n';
  text += `Accounting rules configured (set 0, in)\n${top(entries['account-in'])}`;
  text += `Accounting rules configured (set 0, out)\n`;
  text += `Accounting rules configured (set 1, in)\n${top(entries['account-out'])}`;
  return `${text}Accounting rules configured (set 1, out)\n`;
}

/** Rules in a group, rules that head it, and entries of group maps that lead to it. */
function groupReferences(parts: DumpParts, group: CompiledChain): number {
  let count = group.rules.length;
  for (const c of parts.engine.compiled?.chains.values() ?? []) {
    for (const rule of c.rules) {
      const next = rule.rule.body.next;
      if (next.kind === 'head' && next.chain === group.chain.name) count++;
    }
  }
  const entries = parts.groupMaps.flatMap((pool) => pool.entries);
  return (
    count +
    entries.filter((e) => e.group !== undefined && group.chain.name.endsWith(` group ${e.group}`)).length
  );
}
