/**
 * Policies that others wrote, and the random rulesets that the real engine has judged: rules that are said never
 * to count are taken out, and every packet at hand fares as before. Packets: those of the corpus, and one for
 * each box of each rule.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deadRules } from '../../server/src/analysis/rules/deadRules';
import { lifelessRules } from '../../server/src/analysis/rules/reach';
import { Space } from '../../server/src/analysis/rules/space';
import { witnessIn } from '../../server/src/analysis/rules/witness';
import { readHexPackets } from '../../server/src/frontends/ipftest/hexPackets';
import { decodePacket } from '../../server/src/packet/decode';
import type { FilterProgram } from '../../server/src/policy/filter';
import { hasShared, readShared, sharedFolder } from '../harness/shared';
import { outcomes, without } from './outcomes';
import { type Arrival, programOf, Random, randomArrival } from './randomRules';

const realFolders = ['ipf', 'vendor-ipfilter', 'fwbuilder-ipf'].map((f) => `corpus/realworld/${f}`);

describe.skipIf(!hasShared('corpus'))('rules that never count', () => {
  it.each(realFolders)('in %s change nothing when they go', (folder) => {
    for (const file of filesUnder(join(sharedFolder, folder))) {
      if (/nat/i.test(file)) continue;
      const program = programOf(readFileSync(file, 'utf8'));
      if (program === undefined) continue;
      const random = new Random(1);
      const arrivals = [...packetsFor(program), ...Array.from({ length: 40 }, () => randomArrival(random))];
      expectNoChange(program, arrivals, file);
    }
  });

  it('in random rulesets change nothing when they go', () => {
    let lifeless = 0;
    const cases = readShared('corpus/ipfilter-random/filter.jsonl').trim().split('\n');
    for (const line of cases) {
      const { id, ipf, format, input } = JSON.parse(line) as Case;
      const program = programOf(ipf);
      if (program === undefined) continue;
      const own = format === 'hex' ? arrivalsOf(input) : [];
      lifeless += expectNoChange(program, [...own, ...packetsFor(program), ...own], id);
    }
    expect(cases.length).toBeGreaterThan(100);
    expect(lifeless).toBeGreaterThan(50);
  });

  it('in files of people who know what they do are few, and are these', () => {
    const found: string[] = [];
    for (const file of ['ipf', 'vendor-ipfilter'].flatMap((f) =>
      filesUnder(join(sharedFolder, 'corpus/realworld', f)),
    )) {
      if (/nat/i.test(file)) continue;
      const text = readFileSync(file, 'utf8');
      const program = programOf(text);
      for (const finding of program === undefined ? [] : deadRules(program))
        found.push(
          `${finding.code} ${text.slice(finding.origin.start, finding.origin.end)} <- ${finding.related.map((r) => text.slice(r.origin.start, r.origin.end)).join('; ')}`,
        );
    }
    // Each was looked at: the first match-all pass at the end of a file takes what these meant to block.
    expect(found.sort()).toEqual([
      'ipf/always-overridden block in all <- pass in from any to any',
      'ipf/always-overridden block in log on le0 proto icmp from any to any icmp-type unreach <- pass in from any to any',
      'ipf/always-overridden block in log on le0 proto udp from any to any port = 2049 <- pass in from any to any',
    ]);
  });
});

interface Case {
  readonly id: string;
  readonly ipf: string;
  readonly format: string;
  readonly input: string;
}

/** How many rules were tried. */
function expectNoChange(program: FilterProgram, arrivals: readonly Arrival[], name: string): number {
  const { lifeless } = lifelessRules(program);
  if (lifeless.length === 0) return 0;
  const before = outcomes(program, arrivals);
  for (const { kind, rule } of lifeless) {
    const after = outcomes(without(program, rule), arrivals);
    const at = after.findIndex((o, i) => o !== before[i]);
    expect(at < 0 ? 'the same' : `${name}: ${kind}: ${rule.body.text}\n${before[at]}\n${after[at]}`).toBe(
      'the same',
    );
  }
  return lifeless.length;
}

function packetsFor(program: FilterProgram): Arrival[] {
  const spaces = [new Space(4), new Space(6)];
  return [...program.chains.values()].flatMap((chain) =>
    chain.rules.flatMap((rule) =>
      spaces.flatMap((space) =>
        space.atMost(rule.body.match).flatMap((box) => {
          const witness = witnessIn(box, space, chain.direction);
          return witness === undefined ? [] : [{ ...witness, direction: chain.direction }];
        }),
      ),
    ),
  );
}

function arrivalsOf(input: string): Arrival[] {
  return readHexPackets(new TextEncoder().encode(input)).packets.map((p) => ({
    packet: decodePacket(p.bytes),
    interface: p.interface ?? 'anon0',
    direction: p.direction,
  }));
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });
}
