/**
 * What an application proxy is to address translation (`aproxy_t` and `ap_session_t`, ip_proxy.h): it sees every
 * packet of its session, may change what the packet carries, and asks for connections that will follow.
 */
import type { NatSession, SessionQuery } from '../natSessions';
import type { PacketInfo } from '../packetInfo';
import type { StateEntry, StateFlow } from '../stateEntry';

export interface ConnectionProxy {
  /** Called for every whole packet of the session: on the way in before translation, on the way out after it. */
  see(info: PacketInfo, session: NatSession, shift: SequenceOffsets): ProxyVerdict;
}

export type ProxyVerdict =
  /** `growth`: bytes by which the packet's data became longer, as the proxy reports them. */
  | {
      readonly kind: 'passed';
      readonly growth: number;
      readonly doubt?: string;
      /** What it did, behind "The ... proxy": `expects the server to connect to port 1008`. */
      readonly did?: string;
    }
  /** The packet is dropped (`APR_ERR(1)`). */
  | { readonly kind: 'dropped'; readonly why: string }
  /** The packet is dropped, and the proxy looks at this session no more (`APR_ERR(2)`). */
  | { readonly kind: 'ended'; readonly why: string };

export const UNCHANGED: ProxyVerdict = { kind: 'passed', growth: 0 };

/** How far sequence numbers and acknowledgements of the session are moved (`aps_seqmin` and its kin). */
export interface SequenceOffsets {
  readonly selected: readonly [number, number];
  readonly sequenceFrom: readonly [number, number];
  readonly sequenceBy: readonly [number, number];
  readonly acknowledgedFrom: readonly [number, number];
  readonly acknowledgedBy: readonly [number, number];
}

/** What a proxy can ask of the gateway it runs in. */
export interface ProxyHost {
  /**
   * A session for a connection that follows this one: `back` from the other end to this one
   * (`ipf_proxy_rule_rev`), else the same way (`ipf_proxy_rule_fwd`). Undefined when the ends are taken.
   */
  expectSession(info: PacketInfo, session: NatSession, port: number, back: boolean): NatSession | undefined;
  /** The session that packets of these ends belong to; nothing is changed. */
  findSession(query: SessionQuery, out: boolean): NatSession | undefined;
  /** Of sessions for any source port only. */
  findWildSession(query: SessionQuery, out: boolean): NatSession | undefined;
  /** The session's redirection, for another port and any number of connections to it. */
  addRedirection(session: ExpectedSession): NatSession | undefined;
  expectState(expected: ExpectedState): StateEntry | undefined;
  hasState(flow: StateFlow): boolean;
  /** The state is not waited for any more. */
  giveUpState(state: StateEntry): void;
  /** A line that a test program prints. */
  say(line: string): void;
  /** RPC requests that wait for their answers. */
  readonly requests: { count: number };
}

export interface ExpectedSession {
  readonly info: PacketInfo;
  readonly session: NatSession;
  readonly protocol: number;
  readonly port: number;
}

/** A state for a connection that will come, from any source port. */
export interface ExpectedState {
  /** The packet whose options and conditions are taken over. */
  readonly info: PacketInfo;
  readonly session: NatSession;
  readonly protocol: number;
  readonly source: NatSession['newSource'];
  readonly destination: NatSession['newSource'];
  readonly destinationPort: number;
  readonly out: boolean;
  /** Bound to the interface of the packet. */
  readonly isBound: boolean;
  readonly clones: boolean;
  readonly counted: boolean;
  /** The rule's `fr_flags`, as dumps show them. */
  readonly word: number;
}

/** Bytes of a TCP segment's data. */
export function tcpDataLength(info: PacketInfo): number {
  return info.dataLength - tcpHeaderLength(info);
}

export function tcpHeaderLength(info: PacketInfo): number {
  return (info.byte(info.dataStart + 12) >>> 4) << 2;
}

/**
 * Writes over the beginning of what the packet carries and makes it longer or shorter by `growth` bytes, at its
 * end. The lengths in the headers follow; checksums do not.
 */
export function rewriteData(info: PacketInfo, at: number, content: Uint8Array, growth: number): void {
  const bytes = new Uint8Array(Math.max(info.bytes.length + growth, at + content.length));
  bytes.set(info.bytes.subarray(0, bytes.length));
  bytes.set(content, at);
  info.replaceBytes(bytes);
  if (growth === 0) return;
  info.totalLength += growth;
  info.dataLength += growth;
  if (info.family === 4) info.writeWord(info.start + 2, info.totalLength & 0xffff);
  else info.writeWord(info.start + 4, (info.totalLength - 40) & 0xffff);
}

export function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
