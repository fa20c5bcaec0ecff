/**
 * What IPFilter writes to its log about a packet: `ipf_dolog` of fil.c and `ipf_log_pkt` of ip_log.c. A rule with
 * the action `log` writes when it matches, so with the number and group of the rule that matched before it; the
 * final verdict writes once, behind translation, when the rule that decided says `log`.
 */
import type { CompiledRule } from '../scan';
import type { Decision } from '../scanDecision';
import type { PacketInfo } from './packetInfo';

export interface LogEntry {
  /** The rule's position in its list, from 0; -1: no rule had matched yet (`fin_rule`). */
  readonly ruleNumber: number;
  /** Its group, empty outside of groups; `\xff`: no rule had matched yet (`fin_group`). */
  readonly group: string;
  /** The rule whose level and tag the entry carries. */
  readonly rule: CompiledRule | undefined;
  /** The decision's word (`fr_flags`): action, `keep state`, `keep frags`, `log body`. */
  readonly flags: number;
  /** Facts about the packet (`fin_flx`). */
  readonly conditions: number;
  /** Why the engine itself dropped it (`fin_reason`); 0 otherwise. */
  readonly reason: number;
  readonly interface: string;
  readonly out: boolean;
  readonly family: 4 | 6;
  readonly natTag: string | undefined;
  /** Bytes of the packet that are logged: headers, and with `log body` up to 128 bytes behind them. */
  readonly bytes: Uint8Array;
  readonly headerLength: number;
  readonly bodyLength: number;
  /** Entries in a row with the same text here are written as one, counted. Empty for fragments: never. */
  readonly likeness: string;
}

/** Takes an entry; false when there is no room for it. */
export type LogSink = (entry: LogEntry) => boolean;

/** Name of the group in a group buffer of the scan: it ends at the first zero byte. */
export function groupName(buffer: string): string {
  const end = buffer.indexOf('\0');
  return end < 0 ? buffer : buffer.slice(0, end);
}

const MOST_BODY_BYTES = 128;
const LOG_BODY = 0x10000;

export function logEntryOf(
  info: PacketInfo,
  decision: Decision,
  where: {
    readonly rule: CompiledRule | undefined;
    readonly ruleNumber: number;
    readonly group: string;
    readonly reason: number;
  },
): LogEntry {
  const headerLength = info.dataStart - info.start + transportLength(info);
  const body = Math.max(0, Math.min(info.totalLength - headerLength, MOST_BODY_BYTES));
  const bodyLength = (decision.word & LOG_BODY) === 0 ? 0 : body;
  const bytes = new Uint8Array(Math.max(0, headerLength + bodyLength));
  bytes.set(info.bytes.subarray(info.start, info.start + bytes.length));
  return {
    ruleNumber: where.ruleNumber,
    group: groupName(where.group),
    rule: where.rule,
    flags: decision.word,
    conditions: info.conditions,
    reason: where.reason,
    interface: info.interface,
    out: info.out,
    family: info.family,
    natTag: info.tag,
    bytes,
    headerLength,
    bodyLength,
    likeness: info.fragmentOffset === 0 ? likenessOf(info, where.rule, where.ruleNumber, where.group) : '',
  };
}

/** Bytes of the transport header that are logged; with an ICMP error, the header it quotes and 8 bytes more. */
function transportLength(info: PacketInfo): number {
  if (info.fragmentOffset !== 0) return 0;
  const most = (length: number) => Math.min(length, info.dataLength);
  const type = info.byte(info.dataStart);
  switch (info.protocol) {
    case 6:
      return most(20);
    case 17:
      return most(8);
    case 1:
      return most(ICMP_ERRORS.has(type) ? 36 : 28);
    case 58:
      return most(type < 128 ? 16 : 8);
    default:
      return 0;
  }
}

/** Unreachable, source quench, redirect, time exceeded, parameter problem. */
const ICMP_ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);

const ruleNumbers = new WeakMap<CompiledRule, number>();
let rulesNumbered = 0;

/** The part of `fr_info` that the log compares (`FI_LCSIZE`): no sequence numbers, no IP id, no data. */
function likenessOf(
  info: PacketInfo,
  rule: CompiledRule | undefined,
  ruleNumber: number,
  group: string,
): string {
  return [
    info.interface,
    rule === undefined ? -1 : identityOf(rule),
    ruleNumber,
    group,
    info.out,
    info.family,
    info.tos,
    info.ttl,
    info.protocol,
    info.options,
    info.securityClass,
    info.authority,
    info.source,
    info.destination,
    info.conditions,
    info.sourcePort,
    info.destinationPort,
    info.icmpType,
    info.icmpCode,
    info.icmpId,
    info.tcpFlags,
    info.dataLength,
    info.totalLength,
    info.headerLength,
  ].join(' ');
}

function identityOf(rule: CompiledRule): number {
  let number = ruleNumbers.get(rule);
  if (number === undefined) {
    number = rulesNumbered++;
    ruleNumbers.set(rule, number);
  }
  return number;
}
