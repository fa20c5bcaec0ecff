/**
 * Runs the application proxies of sessions (`ipf_proxy_new`, `ipf_proxy_check`, ip_proxy.c): on the way in before
 * the packet is translated, on the way out after it. Whatever the proxy did, the transport checksum of a packet
 * that passed it is worked out anew, so a checksum that was wrong is right afterwards.
 */
import { MODELLED_PROXIES } from '../../../policy/nat';
import { CONDITION } from '../../packetFacts';
import { addDelta, foldOnce, sumDelta } from '../natChecksum';
import type { NatSession } from '../natSessions';
import type { PacketInfo } from '../packetInfo';
import { FtpProxy } from './ftpProxy';
import type { ConnectionProxy, ProxyHost } from './proxy';
import { RcmdProxy } from './rcmdProxy';
import { RpcbProxy } from './rpcbProxy';
import { SequenceShift } from './sequenceShift';

export type ProxyRun =
  | {
      readonly kind: 'passed';
      readonly doubt?: string | undefined;
      /** A sentence. */
      readonly did?: string | undefined;
    }
  | { readonly kind: 'dropped'; readonly proxy: string; readonly why: string };

interface ProxyKind {
  readonly protocol: number;
  readonly families: readonly (4 | 6)[];
  create(host: ProxyHost): ConnectionProxy;
}

/** With `pptp` (pptpProxy.ts), the `MODELLED_PROXIES`. The kernel has no `rpcbt`: rules with it do not load. */
const KINDS: Readonly<Record<string, ProxyKind>> = {
  ftp: { protocol: 6, families: [4, 6], create: (host) => new FtpProxy(host) },
  rcmd: { protocol: 6, families: [4, 6], create: (host) => new RcmdProxy(host) },
  rpcbu: { protocol: 17, families: [4], create: (host) => new RpcbProxy(host) },
};

/** Protocols of the other proxies (`ap_proxies`, ip_proxy.c). */
const OTHER_PROTOCOLS: Readonly<Record<string, number>> = {
  pptp: 6,
  irc: 6,
  raudio: 6,
  h323: 6,
  tftp: 17,
  ipsec: 17,
  netbios: 17,
  dns: 17,
};

/** `ipf_proxy_ok`: a rule takes only packets of its proxy's protocol. */
export function proxyTakes(name: string | undefined, info: PacketInfo): boolean {
  if (name === undefined) return true;
  const protocol = KINDS[name]?.protocol ?? OTHER_PROTOCOLS[name];
  return protocol === undefined || protocol === info.protocol;
}

interface Running {
  readonly proxy: ConnectionProxy;
  readonly shift: SequenceShift;
}

export class ProxyRuns {
  private readonly running = new Map<NatSession, Running>();

  constructor(private readonly host: ProxyHost) {}

  /** False when the proxy cannot serve such a session, which is then not made. */
  serves(session: Pick<NatSession, 'rule' | 'family'>): boolean {
    const kind = kindOf(session);
    return kind === undefined || kind.families.includes(session.family);
  }

  start(session: NatSession): void {
    const kind = kindOf(session);
    session.hasProxy = kind !== undefined || session.rule.rule.body.proxy === 'pptp';
    if (kind === undefined) return;
    this.running.set(session, { proxy: kind.create(this.host), shift: new SequenceShift() });
  }

  run(info: PacketInfo, session: NatSession): ProxyRun {
    const name = session.rule.rule.body.proxy;
    if (name === undefined) return { kind: 'passed' };
    if (info.has(CONDITION.bad)) {
      return { kind: 'dropped', proxy: name, why: 'the packet is bad' };
    }
    if (!MODELLED_PROXIES.has(name)) return { kind: 'passed' };
    const running = this.running.get(session);
    if (running === undefined) return { kind: 'passed' };
    if (info.protocol !== session.protocol || info.has(CONDITION.short)) {
      return { kind: 'passed', doubt: `what the ${name} proxy makes of an ICMP error is not modelled` };
    }
    if (info.has(CONDITION.fragment) && session.protocol === 6) {
      return { kind: 'passed', doubt: `what the ${name} proxy makes of fragments is not modelled` };
    }
    const verdict = running.proxy.see(info, session, running.shift);
    if (verdict.kind !== 'passed') {
      if (verdict.kind === 'ended') {
        this.running.delete(session);
        session.hasProxy = false;
      }
      return { kind: 'dropped', proxy: name, why: verdict.why };
    }
    this.settle(info, running.shift, verdict.growth);
    const did = verdict.did === undefined ? undefined : `The ${name} proxy ${verdict.did}.`;
    return { kind: 'passed', doubt: verdict.doubt, did };
  }

  private settle(info: PacketInfo, shift: SequenceShift, growth: number): void {
    if (growth !== 0 && info.family === 4) {
      const at = info.start + 10;
      const delta = sumDelta(foldOnce(info.totalLength - growth), foldOnce(info.totalLength));
      info.writeWord(at, addDelta(info.word(at), delta));
    }
    if (info.protocol === 6) {
      shift.apply(info, growth);
      writeChecksum(info, info.dataStart + 16);
    } else if (info.word(info.dataStart + 6) !== 0) writeChecksum(info, info.dataStart + 6);
  }
}

function kindOf(session: Pick<NatSession, 'rule'>): ProxyKind | undefined {
  const name = session.rule.rule.body.proxy;
  return name === undefined ? undefined : KINDS[name];
}

/** `fr_cksum`. */
function writeChecksum(info: PacketInfo, field: number): void {
  info.writeWord(field, 0);
  const words = info.family === 4 ? 4 : 16;
  let sum = info.protocol + info.dataLength;
  for (let i = 0; i < words; i++) sum += info.word(info.sourceOffset + 2 * i);
  const end = Math.min(info.dataStart + info.dataLength, info.bytes.length);
  for (let at = info.dataStart; at < end; at += 2) {
    sum += at + 1 < end ? info.word(at) : info.byte(at) << 8;
  }
  while (sum > 0xffff) sum = foldOnce(sum);
  info.writeWord(field, ~sum & 0xffff);
}
