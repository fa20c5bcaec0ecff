/**
 * Address translation on the way in and out (`ipf_nat_checkin`, `ipf_nat_checkout`): an ICMP error goes by the
 * packet it quotes, a fragment by the session of its first one, everything else by its session, and when there
 * is none a rule makes one. A packet that matched rules none of which could allocate is dropped.
 */
import type { Address } from '../../policy/address';
import type { NatRule, NatTable } from '../../policy/nat';
import type { AddressPool } from '../../policy/policy';
import { getOrInsert } from '../getOrInsert';
import { CONDITION } from '../packetFacts';
import type { PoolFinder } from '../scanMatch';
import { DestinationLists } from './destinationLists';
import { FragmentCache } from './fragments';
import { type Allocator, allocateDivert, allocateMap, allocateRdr, allocateRewrite } from './natAllocation';
import { unknownProxy } from './natDoubts';
import { type LoadedNatRule, loadNatRule, NAT_FLAG, NatRuleList } from './natRules';
import { bindSession, type NatSession, queryOf, type SessionQuery, SessionTable } from './natSessions';
import { translateArriving, translateLeaving, translateQuoted, wrapOrUnwrap } from './natTranslate';
import type { PacketInfo, ReadLimits } from './packetInfo';
import { PptpProxy } from './pptpProxy';
import { addFollowing, addRedirection } from './proxies/expectedSession';
import type { ProxyHost } from './proxies/proxy';
import { ProxyRuns, proxyTakes } from './proxies/proxyRuns';

export interface NatConfig {
  readonly table: NatTable | undefined;
  readonly pools: PoolFinder;
  readonly allPools: readonly AddressPool[];
  addressesOf(interfaceName: string): readonly Address[];
  random(): number;
  readonly limits: ReadLimits;
  /** A proxy opens the way for a tunnel (GRE) between two hosts, as the filter sees them. */
  readonly openState?: (rule: NatRule, source: number, destination: number, out: boolean) => void;
  /** What proxies do to the state table. */
  readonly proxyStates?: ProxyStates;
  /** Lines that proxies print in a test program. */
  readonly say?: ((line: string) => void) | undefined;
}

export type ProxyStates = Pick<ProxyHost, 'expectState' | 'hasState' | 'giveUpState'>;

export type NatOutcome =
  | { readonly kind: 'untouched'; readonly exemptBy?: LoadedNatRule }
  | {
      readonly kind: 'translated';
      readonly session: NatSession;
      readonly isNew: boolean;
      readonly by: NatMeans;
      /** What the proxy did, in a sentence. */
      readonly proxyDid?: string | undefined;
      /** What the proxy did is not certain. */
      readonly doubt?: string | undefined;
    }
  | {
      readonly kind: 'failed';
      readonly rule: LoadedNatRule;
      /** A proxy dropped the packet. */
      readonly proxy?: { readonly name: string; readonly why: string };
    }
  /** The packet matches or may match, but what would happen to it is not known. */
  | { readonly kind: 'unknown'; readonly rule: LoadedNatRule; readonly why: string };

export type NatMeans = 'rule' | 'session' | 'quoted-packet' | 'fragment';

const GRE = 47;

/** Sessions beyond this are refused (`nattable_max`). */
const MOST_SESSIONS = 30_000;

export class Translator {
  readonly sessions = new SessionTable();
  readonly rules: readonly LoadedNatRule[];
  readonly lists: DestinationLists;
  readonly hasUnknownProxy: boolean;
  private readonly fragments = new FragmentCache<NatSession>();
  private readonly arriving = new NatRuleList();
  private readonly leaving = new NatRuleList();
  private readonly allocator: Allocator;

  private readonly limits: ReadLimits;
  private readonly pptpProxies = new Map<NatSession, PptpProxy>();
  private readonly tunnels = new Set<NatSession>();
  private readonly openState: NatConfig['openState'];
  private readonly proxies: ProxyRuns;

  constructor(config: NatConfig) {
    this.limits = config.limits;
    this.openState = config.openState;
    this.proxies = new ProxyRuns(this.hostFor(config));
    this.lists = new DestinationLists(config.allPools, config.random);
    const around = { pools: config.pools, addressesOf: config.addressesOf, lists: this.lists };
    this.rules = (config.table?.rules ?? []).map((rule, position) => loadNatRule(rule, position, around));
    this.hasUnknownProxy = this.rules.some(({ rule }) => unknownProxy(rule.body) !== undefined);
    for (const rule of this.rules) {
      if (actsOn(rule, 'out')) this.leaving.add(rule, rule.source.length);
      if (actsOn(rule, 'in')) this.arriving.add(rule, rule.destination.length);
    }
    this.allocator = {
      table: this.sessions,
      random: config.random,
      addressesOf: config.addressesOf,
      lists: this.lists,
    };
  }

  private hostFor(config: NatConfig): ProxyHost {
    const { sessions } = this;
    const states = config.proxyStates;
    return {
      expectSession: (info, session, port, back) => addFollowing(sessions, info, session, port, back),
      findSession: (query, out) =>
        (out ? sessions.findLeaving(query) : sessions.findArriving(query)) ??
        sessions.lookForExpected(query, out),
      findWildSession: (query, out) => sessions.lookForExpected(query, out),
      addRedirection: (expected) => addRedirection(sessions, expected),
      expectState: (expected) => states?.expectState(expected),
      hasState: (flow) => states?.hasState(flow) === true,
      giveUpState: (state) => states?.giveUpState(state),
      say: (line) => config.say?.(line),
      requests: { count: 0 },
    };
  }

  get isIdle(): boolean {
    return this.rules.length === 0 && this.sessions.sessions.length === 0;
  }

  arrive(info: PacketInfo): NatOutcome {
    return this.translate(info, this.arriving, undefined);
  }

  /** `filterTag`: the tag the deciding filter rule carries; map rules with a tag want the same one. */
  leave(info: PacketInfo, filterTag: FilterTag): NatOutcome {
    return this.translate(info, this.leaving, filterTag);
  }

  private translate(info: PacketInfo, rules: NatRuleList, filterTag: FilterTag): NatOutcome {
    if (this.isIdle) return { kind: 'untouched' };
    const flags = flagsOf(info);
    if (isLeftAlone(info)) return { kind: 'untouched' };
    const isIcmp = info.protocol === 1 || info.protocol === 58;
    if (isIcmp && (flags & NAT_FLAG.icmpQuery) === 0) {
      const session = this.findByQuoted(info);
      if (session !== undefined) {
        this.rememberFragment(info, session);
        translateQuoted(info, session);
        return this.apply(info, session, NAT_FLAG.icmpError, { isNew: false, by: 'quoted-packet' });
      }
    }
    if (info.has(CONDITION.fragment)) {
      const session = this.fragments.find(info);
      if (session !== undefined) return this.apply(info, session, flags, { isNew: false, by: 'fragment' });
    }
    const query = queryOf(info);
    const known =
      this.find(query, info.out) ??
      ((flags & NAT_FLAG.tcpUdp) === 0 ? undefined : this.sessions.findExpected(query, info.out));
    if (known !== undefined) {
      bindSession(known, info.out ? 1 : 0, info.interface);
      this.rememberFragment(info, known);
      return this.apply(info, known, known.flags, { isNew: false, by: 'session' });
    }
    if (info.fragmentOffset !== 0) return { kind: 'untouched' };
    return this.applyRules(info, rules, flags, filterTag);
  }

  private applyRules(info: PacketInfo, rules: NatRuleList, flags: number, filterTag: FilterTag): NatOutcome {
    let failed: LoadedNatRule | undefined;
    for (const list of rules.lists()) {
      for (const rule of list) {
        if (!takes(rule, info, flags, filterTag)) continue;
        if (rule.undefinedTable !== undefined)
          return { kind: 'unknown', rule, why: `${rule.undefinedTable} is not defined` };
        if (rule.rule.body.exempt) {
          rule.hits++;
          return failed === undefined
            ? { kind: 'untouched', exemptBy: rule }
            : { kind: 'failed', rule: failed };
        }
        if (rule.mode === 'divert' && rule.family === 6)
          return { kind: 'unknown', rule, why: 'divert is not modelled' };
        const session = this.allocate(rule, info, flags, rules);
        if (session === undefined) {
          failed = rule;
          continue;
        }
        rule.hits++;
        this.rememberFragment(info, session);
        return this.apply(info, session, flags, { isNew: true, by: 'rule' });
      }
    }
    return failed === undefined ? { kind: 'untouched' } : { kind: 'failed', rule: failed };
  }

  private allocate(
    rule: LoadedNatRule,
    info: PacketInfo,
    flags: number,
    rules: NatRuleList,
  ): NatSession | undefined {
    if (this.sessions.sessions.length >= MOST_SESSIONS) return undefined;
    const allocation =
      rule.mode === 'rewrite'
        ? allocateRewrite(rule, info, flags, this.allocator)
        : rule.mode === 'divert'
          ? allocateDivert(rule, info, flags, this.allocator)
          : info.out
            ? allocateMap(rule, info, flags, this.allocator)
            : allocateRdr(rule, info, flags, this.allocator);
    if (allocation === undefined) return undefined;
    if (!this.proxies.serves(allocation.session)) return undefined;
    const session = this.sessions.add(allocation.session);
    this.proxies.start(session);
    if (allocation.move && allocation.rule.rule.body.roundRobin) {
      const used = allocation.rule;
      if (used.mode !== 'bimap') rules.rotate(used, info.out ? used.source.length : used.destination.length);
    }
    return session;
  }

  private apply(
    info: PacketInfo,
    session: NatSession,
    flags: number,
    how: { readonly isNew: boolean; readonly by: NatMeans },
  ): NatOutcome {
    let doubt: string | undefined;
    let proxyDid: string | undefined;
    if (session.rule.mode === 'divert') wrapOrUnwrap(info, session, this.limits);
    else {
      // A proxy sees what is outside: it comes first on the way in, and last on the way out.
      if (info.out) translateLeaving(info, session, flags);
      const run = this.proxies.run(info, session);
      if (run.kind === 'dropped') {
        return { kind: 'failed', rule: session.rule, proxy: { name: run.proxy, why: run.why } };
      }
      doubt = run.doubt;
      proxyDid = run.did;
      if (!info.out) translateArriving(info, session, flags);
    }
    if (session.rule.rule.body.proxy === 'pptp' && !this.askPptpProxy(info, session)) {
      return {
        kind: 'failed',
        rule: session.rule,
        proxy: { name: 'pptp', why: 'it does not follow on what came before' },
      };
    }
    const slot = info.out ? 1 : 0;
    session.packets[slot]++;
    session.bytes[slot] += info.totalLength;
    session.rule.bytes += info.totalLength;
    info.packetNumber = session.packets[slot];
    return { kind: 'translated', session, ...how, proxyDid, doubt };
  }

  /** False: the proxy drops the packet. */
  private askPptpProxy(info: PacketInfo, session: NatSession): boolean {
    if (info.protocol !== 6 || info.family !== 4) return true;
    const proxy = getOrInsert(this.pptpProxies, session, () => new PptpProxy());
    const outcome = proxy.see(info, info.out !== (session.direction === 'out'));
    if (outcome === 'call-answered' && !this.tunnels.has(session)) {
      this.tunnels.add(session);
      this.sessions.add({
        ...session,
        flags: 0,
        protocol: GRE,
        protocols: [GRE, GRE],
        oldSourcePort: 0,
        oldDestinationPort: 0,
        newSourcePort: 0,
        newDestinationPort: 0,
        mapping: undefined,
        mssClamp: undefined,
      });
      this.openState?.(
        session.rule.rule,
        Number(session.oldSource),
        Number(session.direction === 'in' ? session.newDestination : session.oldDestination),
        info.out,
      );
    }
    return outcome !== 'lost';
  }

  private rememberFragment(info: PacketInfo, session: NatSession): void {
    if (info.has(CONDITION.fragment)) this.fragments.add(info, session, false);
  }

  private find(query: SessionQuery, out: boolean): NatSession | undefined {
    return out ? this.sessions.findLeaving(query) : this.sessions.findArriving(query);
  }

  /** `ipf_nat_icmperrorlookup`: the session of the packet that an ICMP error quotes. */
  private findByQuoted(info: PacketInfo): NatSession | undefined {
    if (!info.has(CONDITION.icmpError) || info.has(CONDITION.short | CONDITION.fragmentBody))
      return undefined;
    const quoted = info.dataStart + 8;
    if (info.family === 6) return this.findByQuoted6(info, quoted);
    if (info.headerLength !== 20) return undefined;
    const headerLength = (info.byte(quoted) & 15) << 2;
    if (headerLength < 20 || info.totalLength < 28 + headerLength) return undefined;
    const source = info.long(quoted + 12);
    if (source !== info.destination) return undefined;
    const protocol = info.byte(quoted + 9);
    const data = quoted + headerLength;
    const query = {
      family: info.family,
      protocol,
      interface: info.interface,
      source: info.long(quoted + 16),
      destination: source,
      sourcePort: 0,
      destinationPort: 0,
    };
    if (protocol === 6 || protocol === 17) {
      if (info.totalLength < 28 + headerLength + 8) return undefined;
      query.sourcePort = info.word(data + 2);
      query.destinationPort = info.word(data);
    } else if (protocol === 1) {
      // The id is looked for in the wrong port's place, so only queries with the id 0 are ever found.
      if (ICMP_QUERIES.has(info.byte(data))) query.sourcePort = info.word(data + 4);
      else query.destinationPort = info.icmpId;
    }
    return this.find(query, info.out);
  }

  private findByQuoted6(info: PacketInfo, quoted: number): NatSession | undefined {
    if (info.totalLength < 88) return undefined;
    const destination = addressAt6(info, quoted + 8);
    if (destination !== info.destination) return undefined;
    const protocol = info.byte(quoted + 6);
    const data = quoted + 40;
    const hasPorts = protocol === 6 || protocol === 17;
    const isQuery = protocol === 58 && (info.byte(data) & 0x80) !== 0;
    return this.find(
      {
        family: 6,
        protocol,
        interface: info.interface,
        source: addressAt6(info, quoted + 24),
        destination,
        // Of queries only those with the id 0 are found, as for IPv4.
        sourcePort: hasPorts ? info.word(data + 2) : isQuery ? info.word(data + 4) : 0,
        destinationPort: hasPorts ? info.word(data) : 0,
      },
      info.out,
    );
  }
}

/** Missing bytes count as 0. */
function addressAt6(info: PacketInfo, offset: number): bigint {
  let value = 0n;
  for (let i = 0; i < 16; i++) value = (value << 8n) | BigInt(info.byte(offset + i));
  return value;
}

/** ICMPv6 queries other than echoes, neighbour discovery above all, are never translated (`ipf_nat6_checkin`). */
function isLeftAlone(info: PacketInfo): boolean {
  if (info.family !== 6 || info.protocol !== 58) return false;
  if (info.has(CONDITION.short) || info.fragmentOffset !== 0) return false;
  return info.icmpType > 129;
}

/** The tag of the filter rule that let a leaving packet pass; undefined when no rule did. */
export type FilterTag = { readonly tag: string | undefined } | undefined;

const ICMP_QUERIES: ReadonlySet<number> = new Set([0, 8, 13, 14, 15, 16, 17, 18]);

function actsOn(rule: LoadedNatRule, direction: 'in' | 'out'): boolean {
  return rule.rule.body.direction === direction || rule.rule.body.direction === 'both';
}

/** As what a packet is translated; short ones and later fragments only by address. */
function flagsOf(info: PacketInfo): number {
  if (info.has(CONDITION.short) || info.fragmentOffset !== 0) return 0;
  switch (info.protocol) {
    case 6:
      return NAT_FLAG.tcp;
    case 17:
      return NAT_FLAG.udp;
    case 1:
    case 58:
      return info.has(CONDITION.icmpQuery) ? NAT_FLAG.icmpQuery : 0;
    default:
      return 0;
  }
}

function takes(rule: LoadedNatRule, info: PacketInfo, flags: number, filterTag: FilterTag): boolean {
  const wanted = rule.interfaces[info.out ? 1 : 0];
  if (wanted !== undefined && wanted !== info.interface) return false;
  if (rule.family !== info.family) return false;
  if (rule.protocol !== 0 && rule.protocol !== info.protocol) return false;
  if (rule.protocolFlags !== 0 && (rule.protocolFlags & flags) === 0) return false;
  if (!proxyTakes(rule.rule.body.proxy, info)) return false;
  // A bimap looks only at the side that it changes in this direction.
  const isBimap = rule.mode === 'bimap';
  if (!(isBimap && !info.out) && !rule.source.matches(info)) return false;
  if (!(isBimap && info.out) && !rule.destination.matches(info)) return false;
  if (info.out && filterTag !== undefined && (rule.rule.body.tag ?? '') !== (filterTag.tag ?? ''))
    return false;
  return true;
}
