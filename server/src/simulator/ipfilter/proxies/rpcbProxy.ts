/**
 * The `rpcbu` proxy (ip_rpcb_pxy.c): reads requests to a portmapper or rpcbind (RFC 1833) that arrive and their
 * answers that leave, and makes a session and a state for the port that an answer tells. Both are wildcards:
 * every connection to that port gets a copy of its own. A packet that it cannot decode is dropped, also every
 * request but for a port or an address.
 */
import { CONDITION } from '../../packetFacts';
import type { NatSession } from '../natSessions';
import { queryOf } from '../natSessions';
import type { PacketInfo } from '../packetInfo';
import { asciiBytes, type ConnectionProxy, type ProxyHost, type ProxyVerdict, UNCHANGED } from './proxy';

/** Lengths that requests and answers may have, `RPCB_REQMIN` to `RPCB_REPMAX`. Bytes. */
const LENGTHS = { request: [40, 888], answer: [20, 604] } as const;
/** Requests that wait for their answers, of all sessions together. */
const MOST_REQUESTS = 32;
const RPC = { call: 0, reply: 1, version: 2, portmapper: 100000, accepted: 0, denied: 1 } as const;
const PROCEDURE = { port: 3, address: 3, addressList: 11 } as const;
const UDP_HEADER = 8;
/** `FR_PASS|FR_QUICK|FR_KEEPSTATE`. */
const RULE_WORD = 0x502;

interface Request {
  readonly asks: 'port' | 'address' | 'list';
  readonly protocol: number;
  uses: number;
}

/** A universal address, `192.0.2.1.0.111`, and where its length stands. */
interface UniversalAddress {
  readonly at: number;
  readonly end: number;
  readonly address: number;
  readonly port: number;
}

interface ListEntry {
  readonly address: UniversalAddress;
  readonly protocol: number;
  /** Where the entry ends. */
  readonly end: number;
}

type Answer =
  | 'bad'
  | 'negative'
  | { readonly rewritten: readonly ListEntry[] | UniversalAddress | undefined };

const BAD: ProxyVerdict = {
  kind: 'dropped',
  why: 'it is no request or answer of a portmapper that the proxy knows',
};

export class RpcbProxy implements ConnectionProxy {
  private readonly requests = new Map<number, Request>();
  /** The port that the last answer told. */
  private told = 0;

  constructor(private readonly host: ProxyHost) {}

  see(info: PacketInfo, session: NatSession): ProxyVerdict {
    if (info.has(CONDITION.fragment | CONDITION.short)) return BAD;
    const at = info.dataStart + UDP_HEADER;
    const length = info.dataLength - UDP_HEADER;
    const [least, most] = info.out ? LENGTHS.answer : LENGTHS.request;
    if (length < least || length > most) return BAD;
    const data = new Uint8Array(length);
    data.set(info.bytes.subarray(at, at + length));
    const message = new Message(data);
    return info.out ? this.seeAnswer(info, session, message) : this.seeRequest(info, session, message);
  }

  /** `ipf_p_rpcb_in`, `ipf_p_rpcb_decodereq`. */
  private seeRequest(info: PacketInfo, session: NatSession, message: Message): ProxyVerdict {
    const id = message.word();
    if (message.word() !== RPC.call || message.word() !== RPC.version || message.word() !== RPC.portmapper)
      return BAD;
    const version = message.word();
    const procedure = message.word();
    if (!message.skipCredentials() || !message.skipCredentials()) return BAD;
    let asks: Request['asks'];
    let protocol: number = info.protocol;
    let named: UniversalAddress | undefined;
    if (version === 2) {
      if (procedure !== PROCEDURE.port || message.left !== 16) return BAD;
      message.at += 8;
      protocol = message.word();
      if (protocol !== 6 && protocol !== 17) return BAD;
      asks = 'port';
    } else if (version === 3 || version === 4) {
      if (procedure === PROCEDURE.address) asks = 'address';
      else if (procedure === PROCEDURE.addressList && version === 4) asks = 'list';
      else return BAD;
      if (message.left < 20) return BAD;
      message.at += 8;
      if (message.protocolName() === undefined) return BAD;
      named = message.universalAddress();
      if (named === undefined || message.left !== 4 || message.word() !== 0) return BAD;
      if (named.address !== session.newDestination || named.port !== session.newDestinationPort) return BAD;
    } else return BAD;
    if (!this.remember(id, asks, protocol)) return BAD;
    const isSame =
      session.newDestination === session.oldDestination &&
      session.newDestinationPort === session.oldDestinationPort;
    if (named === undefined || isSame) return UNCHANGED;
    const text = universalText(Number(session.oldDestination), session.oldDestinationPort);
    return rewrite(info, named.at, concat(text, new Uint8Array(4)), text.length - (named.end - named.at));
  }

  private remember(id: number, asks: Request['asks'], protocol: number): boolean {
    const known = this.requests.get(id);
    if (known !== undefined) {
      known.uses++;
      return true;
    }
    if (this.host.requests.count === MOST_REQUESTS) return false;
    this.host.requests.count++;
    this.requests.set(id, { asks, protocol, uses: 1 });
    return true;
  }

  private forget(id: number, request: Request, times: number): void {
    request.uses -= times;
    if (request.uses > 0) return;
    this.requests.delete(id);
    this.host.requests.count--;
  }

  /** `ipf_p_rpcb_out`. */
  private seeAnswer(info: PacketInfo, session: NatSession, message: Message): ProxyVerdict {
    const id = message.word();
    const request = this.requests.get(id);
    if (request === undefined) return BAD;
    const answer = this.decodeAnswer(info, session, message, request);
    if (answer === 'bad') return BAD;
    this.forget(id, request, 1);
    if (answer === 'negative') return UNCHANGED;
    const did = `expects connections to port ${this.told}`;
    if (answer.rewritten === undefined || session.oldDestination === session.newDestination) {
      return { kind: 'passed', growth: 0, did };
    }
    const address = Number(session.newDestination);
    const { rewritten } = answer;
    if (isList(rewritten)) return rewriteList(info, message, rewritten, address);
    const text = universalText(address, rewritten.port);
    return rewrite(info, rewritten.at, text, text.length - (rewritten.end - rewritten.at));
  }

  /** `ipf_p_rpcb_decoderep`. */
  private decodeAnswer(info: PacketInfo, session: NatSession, message: Message, request: Request): Answer {
    if (message.word() !== RPC.reply) return 'bad';
    const status = message.word();
    if (status === RPC.denied) return 'negative';
    if (status !== RPC.accepted || !message.skipCredentials() || message.left < 4) return 'bad';
    if (message.word() !== 0) return 'negative';
    switch (request.asks) {
      case 'port': {
        if (message.left !== 4) return 'bad';
        const port = message.word();
        if (port === 0) return 'negative';
        if (port > 65535 || !this.expect(info, session, request.protocol, port)) return 'bad';
        this.told = port;
        return { rewritten: undefined };
      }
      case 'address': {
        if (message.left < 4) return 'bad';
        if (message.left === 4 && message.peek() === 0) return 'negative';
        const found = message.universalAddress();
        if (found === undefined || found.address !== session.oldDestination) return 'bad';
        if (!this.expect(info, session, request.protocol, swapped(found.port))) return 'bad';
        this.told = swapped(found.port);
        return { rewritten: found };
      }
      case 'list': {
        const entries = message.entries();
        if (typeof entries === 'string') return entries;
        for (const { protocol, address } of entries) {
          this.told = swapped(address.port);
          if (!this.expect(info, session, protocol, this.told)) return 'bad';
        }
        return { rewritten: entries };
      }
    }
  }

  /** `ipf_p_rpcb_getnat`. */
  private expect(info: PacketInfo, session: NatSession, protocol: number, port: number): boolean {
    const flow = {
      family: session.family,
      protocol,
      source: session.oldSource,
      destination: session.oldDestination,
      sourcePort: 0,
      destinationPort: port,
    };
    const hasState = this.host.hasState(flow);
    const known = this.host.findWildSession({ ...queryOf(info), ...flow }, false);
    if (known !== undefined && hasState) return true;
    const expected = known ?? this.host.addRedirection({ info, session, protocol, port });
    if (expected === undefined) return false;
    if (hasState) return true;
    const isNew = known === undefined;
    const state = this.host.expectState({
      info,
      session,
      protocol,
      source: isNew ? expected.newSource : session.oldSource,
      destination: isNew ? expected.newDestination : session.oldDestination,
      destinationPort: port,
      out: false,
      isBound: true,
      clones: true,
      counted: true,
      word: RULE_WORD,
    });
    return state !== undefined;
  }
}

function isList(found: readonly ListEntry[] | UniversalAddress): found is readonly ListEntry[] {
  return Array.isArray(found);
}

/** Ports in addresses are taken over in the machine's own byte order; little-endian ones were run. */
function swapped(port: number): number {
  return ((port & 255) << 8) | (port >>> 8);
}

/** Big-endian words (XDR, RFC 4506); what is behind the end reads as 0. */
class Message {
  at = 0;

  constructor(readonly data: Uint8Array) {}

  get left(): number {
    return this.data.length - this.at;
  }

  peek(): number {
    let value = 0;
    for (let i = 0; i < 4; i++) value = value * 256 + (this.data[this.at + i] ?? 0);
    return value;
  }

  word(): number {
    const value = this.peek();
    this.at += 4;
    return value;
  }

  /** `ipf_p_rpcb_skipauth`. Something must follow. */
  skipCredentials(): boolean {
    if (this.left < 8) return false;
    this.at += 4;
    const length = padded(this.word());
    if (length > 0xffffffff || this.left <= 0 || this.left < length) return false;
    this.at += length;
    return true;
  }

  /** `tcp` or `udp`. */
  protocolName(): number | undefined {
    if (this.left < 8 || this.word() !== 3) return undefined;
    const name = this.word();
    return name === 0x74637000 ? 6 : name === 0x75647000 ? 17 : undefined;
  }

  /** `ipf_p_rpcb_getuaddr`: six numbers with dots between them. */
  universalAddress(): UniversalAddress | undefined {
    const { at } = this;
    if (this.left < 4) return undefined;
    const length = this.word();
    if (length < 11 || length > 23 || this.left <= 0 || this.left < padded(length)) return undefined;
    const text = String.fromCharCode(...this.data.subarray(this.at, this.at + length));
    this.at += padded(length);
    const found = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
    if (found === null) return undefined;
    const numbers = found.slice(1).map(Number);
    if (numbers.some((number) => number > 255)) return undefined;
    const [a = 0, b = 0, c = 0, d = 0, high = 0, low = 0] = numbers;
    return {
      at,
      end: this.at,
      address: ((a << 24) | (b << 16) | (c << 8) | d) >>> 0,
      port: (high << 8) | low,
    };
  }

  /** The answer to GETADDRLIST: up to three entries. */
  entries(): readonly ListEntry[] | 'bad' | 'negative' {
    if (this.left < 4) return 'bad';
    const isThere = this.word();
    if (isThere === 0) return 'negative';
    if (isThere !== 1) return 'bad';
    const entries: ListEntry[] = [];
    for (;;) {
      const address = this.universalAddress();
      if (address === undefined || this.protocolName() === undefined || this.left < 12) return 'bad';
      this.at += 4;
      if (this.word() !== 4 || this.word() !== 0x696e6574) return 'bad';
      const protocol = this.protocolName();
      if (protocol === undefined || this.left < 4) return 'bad';
      const more = this.word();
      if (more > 1) return 'bad';
      entries.push({ address, protocol, end: this.at });
      if (more === 0) return entries;
      if (entries.length > 2) return 'bad';
    }
  }
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}

/** Length and text, filled up with zeros. */
function universalText(address: number, port: number): Uint8Array {
  const numbers = [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255];
  const text = [...numbers, port >>> 8, port & 255].join('.');
  const bytes = new Uint8Array(4 + padded(text.length));
  bytes[3] = text.length;
  bytes.set(asciiBytes(text), 4);
  return bytes;
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** `ipf_p_rpcb_modv4`: entries move behind an address that became longer or shorter. */
function rewriteList(
  info: PacketInfo,
  message: Message,
  entries: readonly ListEntry[],
  address: number,
): ProxyVerdict {
  let growth = 0;
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    const text = universalText(address, entry.address.port);
    growth += text.length - (entry.address.end - entry.address.at);
    parts.push(text, message.data.slice(entry.address.end, entry.end));
  }
  return rewrite(info, entries[0]?.address.at ?? 0, concat(...parts), growth);
}

/** `at`: from the beginning of what UDP carries. The datagram ends where it did, or that much later or earlier. */
function rewrite(info: PacketInfo, at: number, content: Uint8Array, growth: number): ProxyVerdict {
  const from = info.dataStart + UDP_HEADER + at;
  const bytes = new Uint8Array(Math.max(info.start + info.totalLength + growth, from + content.length));
  bytes.set(info.bytes.subarray(0, Math.min(info.bytes.length, bytes.length)));
  bytes.set(content, from);
  info.replaceBytes(bytes.slice(0, info.start + info.totalLength + growth));
  if (growth !== 0) {
    info.writeWord(info.dataStart + 4, info.word(info.dataStart + 4) + growth);
    info.totalLength += growth;
    info.dataLength += growth;
    info.writeWord(info.start + 2, info.totalLength);
  }
  return { kind: 'passed', growth };
}
