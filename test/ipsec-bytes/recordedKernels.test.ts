/**
 * The recorded walks of real NetBSD and FreeBSD kernels hold ESP and AH packets made with known keys. Every one
 * of them is opened here, and made again from what came out, with the same IV, to the same bytes.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { setkeyDialect } from '../../server/src/dialects/setkey';
import { formatHex } from '../../server/src/packet/bytes';
import { decodePacket, summarizePacket } from '../../server/src/packet/decode';
import { EMPTY_REPLAY_STATE, protect, unprotect } from '../../server/src/packet/ipsec';
import type { Packet } from '../../server/src/packet/packet';
import type { SecurityAssociation } from '../../server/src/policy/ipsec';

const corpus = join(process.env.GATEWALK_SHARED ?? '../shared', 'corpus/bsd/ipsec.jsonl');

interface Scenario {
  readonly name: string;
  readonly engine: string;
  readonly setkeyA: string;
  readonly setkeyB: string;
  readonly trace: readonly { readonly node: string; readonly stage: string; readonly hex: string | null }[];
}

interface Recorded {
  readonly packet: Packet;
  readonly sa: SecurityAssociation;
}

/** What each engine's walks hold; the bundle of AH around ESP was recorded with two of them. */
const RECORDED_KINDS: Readonly<Record<string, readonly string[]>> = {
  ipf: ['ah transport', 'ah tunnel', 'esp transport', 'esp tunnel'],
  pf: ['ah tunnel', 'esp transport', 'esp tunnel'],
  fpf: ['ah transport', 'ah tunnel', 'esp transport', 'esp tunnel'],
  ipfw: ['ah tunnel', 'esp transport', 'esp tunnel'],
};

const scenarios = existsSync(corpus)
  ? readFileSync(corpus, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Scenario)
  : [];

describe.skipIf(scenarios.length === 0)('IPsec packets of recorded kernels', () => {
  for (const engine of Object.keys(RECORDED_KINDS)) {
    const protectedOnes = scenarios.filter((s) => s.engine === engine).flatMap(wirePackets);

    it(`opens and remakes the packets of engine ${engine}`, () => {
      const kinds = new Set<string>();
      for (const { packet, sa } of protectedOnes) {
        const opened = unprotect(packet, sa, EMPTY_REPLAY_STATE);
        expect(opened.failure).toBeUndefined();
        if (opened.failure !== undefined) continue;
        const again = protect(opened.intermediate, sa, {
          mode: 'transport',
          sequence: opened.sequence,
          iv: ivOf(packet, sa),
        });
        expect(again.failure).toBeUndefined();
        if (again.failure === undefined) expect(formatHex(again.packet.bytes)).toBe(formatHex(packet.bytes));
        kinds.add(`${sa.protocol} ${opened.mode}`);
      }
      // Real tunnels and transport-mode packets were among them, so the loop above has looked at something.
      expect([...kinds].sort()).toEqual(RECORDED_KINDS[engine]);
    });
  }

  it('makes the outer header of a NetBSD tunnel, identification apart', () => {
    const tunnels = scenarios
      .filter((s) => s.name === 'tunnel' && s.engine === 'ipf')
      .flatMap(wirePackets)
      .filter(({ sa }) => sa.protocol === 'esp');
    expect(tunnels.length).toBeGreaterThan(0);
    for (const { packet, sa } of tunnels) {
      const opened = unprotect(packet, sa, EMPTY_REPLAY_STATE);
      if (opened.failure !== undefined) throw new Error(opened.failure.message);
      const again = protect(opened.packet, sa, {
        mode: 'tunnel',
        sequence: opened.sequence,
        iv: ivOf(packet, sa),
        outer: { id: summarizePacket(packet)!.id },
      });
      if (again.failure !== undefined) throw new Error(again.failure.message);
      expect(formatHex(again.packet.bytes)).toBe(formatHex(packet.bytes));
    }
  });

  it('refuses every recorded packet after one covered bit was changed', () => {
    for (const { packet, sa } of scenarios.filter((s) => s.engine === 'ipf').flatMap(wirePackets)) {
      const bytes = packet.bytes.slice();
      bytes[bytes.length - 1]! ^= 1;
      const opened = unprotect(decodePacket(bytes), sa, EMPTY_REPLAY_STATE);
      expect(opened.failure?.code).toBe('authentication-failed');
    }
  });
});

/** ESP and AH packets as they left a gateway, with the SA that made them. */
function wirePackets(scenario: Scenario): Recorded[] {
  const found: Recorded[] = [];
  for (const step of scenario.trace) {
    if (step.stage !== 'WIRE_OUT' || step.hex === null) continue;
    const packet = decodePacket(Uint8Array.from(Buffer.from(step.hex, 'hex')));
    const summary = summarizePacket(packet);
    const text = step.node === 'A' ? scenario.setkeyA : scenario.setkeyB;
    const database = setkeyDialect.lower(setkeyDialect.parse(text), { file: 'recorded' }).policy.ipsec;
    const sa = database?.associations.find(
      (a) => (summary?.protocol === 50 || summary?.protocol === 51) && a.spi === summary.spi,
    );
    if (sa !== undefined && (summary?.protocol === 51) === (sa.protocol === 'ah')) found.push({ packet, sa });
  }
  return found;
}

/** AES-CBC keeps 16 bytes of IV behind SPI and sequence number. */
function ivOf(packet: Packet, sa: SecurityAssociation): Uint8Array {
  if (sa.protocol !== 'esp') return new Uint8Array(0);
  const start = summarizePacket(packet)!.transportStart + 8;
  return packet.bytes.slice(start, start + 16);
}
