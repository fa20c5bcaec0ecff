/** Holds the expectations of a network file against the walks. */
import { summarizePacket } from '../packet/decode';
import { formatAddress } from '../policy/address';
import type { Claim, Expectation } from '../simulator/network';
import { fragmentsToText, type Trace } from '../simulator/trace';
import type { Project, WalkResult } from './snapshot';

export interface CheckedClaim {
  readonly expectation: Expectation;
  readonly claim: Claim;
  readonly ok: boolean;
  /** What was expected and, when it failed, what the walk says instead. */
  readonly message: string;
  readonly result: WalkResult | undefined;
}

export function checkExpectations(project: Project): readonly CheckedClaim[] {
  return project.expectations.flatMap((expectation) => {
    const packet = project.packets.find((p) => p.name === expectation.packet);
    const result = packet && project.walk({ packet, reply: expectation.reply });
    return expectation.claims.map((claim): CheckedClaim => {
      if (result === undefined)
        return {
          expectation,
          claim,
          ok: false,
          message: `There is no sample packet \`${expectation.packet}\`.`,
          result,
        };
      const failure = failureOf(claim, result.trace);
      return {
        expectation,
        claim,
        ok: failure === undefined,
        message: failure === undefined ? `${claimText(claim)}.` : `Expected: ${claimText(claim)}. ${failure}`,
        result,
      };
    });
  });
}

export function claimText(claim: Claim): string {
  switch (claim.kind) {
    case 'delivered-to':
      return `delivered to ${claim.node}`;
    case 'dropped-at':
      return `dropped at ${claim.node}`;
    case 'encrypted-on':
      return `encrypted on ${claim.segment}`;
    case 'clear-on':
      return `in clear on ${claim.segment}`;
    case 'source-seen':
      return `the receiver sees source ${endpoint(claim)}`;
    case 'destination-seen':
      return `the receiver sees destination ${endpoint(claim)}`;
    case 'reason':
      return `the reason is ${claim.reason}`;
  }
}

function endpoint(claim: { address: Parameters<typeof formatAddress>[0]; port?: number }): string {
  const address = formatAddress(claim.address);
  return claim.port === undefined ? address : `${address}:${claim.port}`;
}

/** What the walk says instead, or undefined when the claim holds. An uncertain walk proves nothing. */
function failureOf(claim: Claim, trace: Trace): string | undefined {
  const { verdict } = trace;
  const says = `${verdict.kind === 'uncertain' ? 'An uncertain walk proves nothing; it' : 'The walk'} says: ${fragmentsToText(verdict.said)}`;
  switch (claim.kind) {
    case 'delivered-to':
      return verdict.kind === 'delivered' && verdict.reason !== 'consumed' && arrivedAt(trace, claim.node)
        ? undefined
        : says;
    case 'dropped-at':
      return (verdict.kind === 'dropped' || verdict.kind === 'lost') && verdict.node === claim.node
        ? undefined
        : says;
    case 'reason':
      return verdict.kind !== 'uncertain' && verdict.reason === claim.reason
        ? undefined
        : `${says} (reason ${verdict.reason})`;
    case 'encrypted-on':
    case 'clear-on': {
      const crossings = trace.steps.filter(
        (s) => s.stage === 'wire' && s.node === claim.segment && s.depth === 0,
      );
      if (crossings.length === 0) return `The packet never crosses ${claim.segment}. ${says}`;
      const wanted = claim.kind === 'encrypted-on';
      const wrong = crossings.find((s) => (s.protection === 'encrypted') !== wanted);
      return wrong === undefined ? undefined : `The walk says: ${fragmentsToText(wrong.said)}`;
    }
    case 'source-seen':
    case 'destination-seen': {
      if (verdict.kind !== 'delivered') return says;
      const last = trace.steps.findLast((s) => s.depth === 0);
      const summary = last && summarizePacket(last.after);
      if (summary === undefined) return says;
      const source = claim.kind === 'source-seen';
      const address = source ? summary.source : summary.destination;
      const port = source ? summary.sourcePort : summary.destinationPort;
      const same = address.value === claim.address.value && (claim.port === undefined || claim.port === port);
      return same
        ? undefined
        : `It sees ${formatAddress(address)}${claim.port === undefined ? '' : `:${port ?? ''}`}.`;
    }
  }
}

/** A host, or the network whose host received it. */
function arrivedAt(trace: Trace, node: string): boolean {
  if (trace.verdict.node === node) return true;
  const lastWire = trace.steps.findLast((s) => s.stage === 'wire' && s.depth === 0);
  return lastWire?.node === node && trace.steps.at(-1)?.nodeKind === 'host';
}
