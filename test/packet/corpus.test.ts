/**
 * Packets that real engines sent, received and translated (`corpus/bsd` and `corpus/linux`): what was on the wire
 * decodes without a fault, and our rewriting gives the engine's own bytes.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatHex } from '../../server/src/packet/bytes';
import { decodePacket, summarizePacket } from '../../server/src/packet/decode';
import { encapsulateInIp } from '../../server/src/packet/encapsulate';
import { rewritePacket } from '../../server/src/packet/rewrite';
import { faultsOf, hexBytes } from './samples';

const shared = process.env.GATEWALK_SHARED ?? resolve(import.meta.dirname, '../../../shared');
const traces = resolve(shared, 'corpus/bsd/ipsec.jsonl');
const present = existsSync(traces);
if (!present) console.warn(`skipped: ${traces} is not there`);

interface TracedPacket {
  readonly node: string;
  readonly stage: string;
  readonly hex?: string | null;
}

interface Walk {
  readonly name: string;
  readonly engine: string;
  readonly trace: readonly TracedPacket[];
}

function walks(): Walk[] {
  return readFileSync(traces, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Walk);
}

/** Pairs of neighbours in a walk: the packet as a hook was given it and as it left it. */
function hookPairs(before: string, after: string): { label: string; from: string; to: string }[] {
  return walks().flatMap((walk) =>
    walk.trace.flatMap((step, index) => {
      const next = walk.trace[index + 1];
      if (step.stage !== before || next?.stage !== after || step.node !== next.node) return [];
      if (typeof step.hex !== 'string' || typeof next.hex !== 'string') return [];
      return [{ label: `${walk.name} ${walk.engine}`, from: step.hex, to: next.hex }];
    }),
  );
}

/** On the way out these kernels compute the IPv4 header checksum behind the hooks, so there it is stale. */
function withoutHeaderChecksum(hex: string): string {
  return `${hex.slice(0, 20)}....${hex.slice(24)}`;
}

describe.skipIf(!present)('packets of real BSD engines', () => {
  it('decode without a fault where they were on the wire', () => {
    const faulty: string[] = [];
    let seen = 0;
    for (const walk of walks())
      for (const step of walk.trace) {
        if (typeof step.hex !== 'string' || !['WIRE_IN', 'WIRE_OUT', 'INJECT'].includes(step.stage)) continue;
        seen++;
        const faults = faultsOf(decodePacket(hexBytes(step.hex)));
        if (faults.length > 0) faulty.push(`${walk.name} ${walk.engine} ${step.stage}: ${faults.join(' ')}`);
      }
    expect(faulty).toEqual([]);
    expect(seen).toBeGreaterThan(500);
  });

  it.each([
    ['in', 'pfil_in_before', 'pfil_in_after', (hex: string) => hex],
    ['out', 'pfil_out_before', 'pfil_out_after', withoutHeaderChecksum],
  ])('are translated %s to the same bytes by us', (_, before, after, compared) => {
    const pairs = hookPairs(before, after).filter((pair) => pair.from !== pair.to);
    expect(pairs.length).toBeGreaterThan(0);
    for (const { label, from, to } of pairs) {
      const wanted = summarizePacket(decodePacket(hexBytes(to)));
      if (wanted === undefined) throw new Error(`${label}: ${to}`);
      const { source, destination, sourcePort, destinationPort, icmpId, id } = wanted;
      const ours = rewritePacket(decodePacket(hexBytes(from)), {
        source,
        destination,
        id,
        ...(sourcePort !== undefined && { sourcePort }),
        ...(destinationPort !== undefined && { destinationPort }),
        ...(icmpId !== undefined && { icmpId }),
      });
      expect(`${label} ${compared(formatHex(ours.bytes))}`).toBe(`${label} ${compared(to)}`);
    }
  });

  it('are put into an outer header as we put them', () => {
    const pairs = hookPairs('enc_out_before', 'enc_out_after').filter((pair) => pair.from !== pair.to);
    const tunnels = pairs.filter((pair) => hexBytes(pair.to)[9] === 4);
    expect(tunnels.length).toBeGreaterThan(0);
    for (const { label, to } of tunnels) {
      const outer = decodePacket(hexBytes(to));
      const header = summarizePacket(outer);
      if (header === undefined) throw new Error(`${label}: ${to}`);
      const inner = decodePacket(outer.bytes.slice(header.transportStart));
      const { source, destination, ttl, tos, id, dontFragment } = header;
      const ours = encapsulateInIp(inner, { source, destination, ttl, tos, id, dontFragment });
      expect(`${label} ${withoutHeaderChecksum(formatHex(ours.bytes))}`).toBe(
        `${label} ${withoutHeaderChecksum(to)}`,
      );
    }
  });
});
