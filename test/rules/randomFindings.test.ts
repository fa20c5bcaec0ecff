/** Findings that claim "never" are tried with packets nobody chose. */
import { describe, expect, it } from 'vitest';
import { filterFindings } from '../../server/src/analysis/rules';
import { rdrNotPermitted } from '../../server/src/analysis/rules/rdrNotPermitted';
import { ipnatDialect } from '../../server/src/dialects/ipnat';
import { buildPacket } from '../../server/src/packet/build';
import { platformById } from '../../server/src/platforms';
import { address4, parseAddress } from '../../server/src/policy/address';
import { createIpfilterEngine } from '../../server/src/simulator/ipfilter/engine';
import type { Gateway } from '../../server/src/simulator/network';
import { finish } from '../../server/src/text/work';
import { programOf, Random, randomArrival, randomRules } from './randomRules';

describe('random rules', () => {
  it('whose `keep state` is said to make no state make none', () => {
    let claims = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const random = new Random(seed * 104729);
      const text = randomRules(random, 8, seed % 2 === 0);
      const program = programOf(text);
      if (program === undefined) continue;
      const claimed = filterFindings(program).filter((f) => f.code === 'ipf/keep-state-never-made');
      if (claimed.length === 0) continue;
      claims += claimed.length;
      const engine = createIpfilterEngine({ filter: program });
      for (let i = 0; i < 150; i++) {
        const arrival = randomArrival(random);
        engine.filter(arrival.packet, arrival);
      }
      const makers = engine.states.entries
        // A state that a log rule took over was made by another rule's `keep state`.
        .filter((e) => e.rule.rule.body.verdict !== undefined)
        .map((e) => e.rule.rule.origin.start);
      for (const { origin } of claimed)
        expect(`${makers.includes(origin.start)} ${text}${text.slice(origin.start, origin.end)}`).toBe(
          `false ${text}${text.slice(origin.start, origin.end)}`,
        );
    }
    expect(claims).toBeGreaterThan(30);
  });

  it('that are said to block a redirection pass none of its packets', () => {
    const target = parseAddress('192.0.2.1')!;
    let claims = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const random = new Random(seed * 15485863);
      const text = randomRules(random, 6, seed % 3 === 0).replaceAll('fxp0', 'fxp1');
      const redirection = `rdr fxp1 192.0.2.1/32 port 80 -> ${random.of(['10.1.0.5', '10.200.0.1', '192.0.2.9'])} port ${random.of([80, 85, 8080])} ${random.of(['tcp', 'udp', 'tcp/udp'])}\n`;
      const gateway = gatewayOf(text, redirection);
      if (gateway.filter === undefined || finish(rdrNotPermitted(gateway)).length === 0) continue;
      claims++;
      for (let i = 0; i < 150; i++) {
        const protocol = random.of([6, 17]);
        const packet = buildPacket({
          source: address4(random.of([0x0a010005, 0x0a800001, 0xc6336409, 0xcb007107])),
          destination: target,
          protocol,
          sourcePort: random.of([1, 80, 85, 1023, 40000, 65535]),
          destinationPort: 80,
          ...(protocol === 6 ? { tcpFlags: 2 } : {}),
        });
        const engine = createIpfilterEngine({ filter: gateway.filter, nat: gateway.nat });
        const context = { interface: 'fxp1', direction: 'in' as const };
        const translated = engine.natIn(packet, context);
        if (!translated.changed) continue;
        expect(`${engine.filter(translated.packet, context).verdict} ${text}`).toBe(`block ${text}`);
      }
    }
    expect(claims).toBeGreaterThan(30);
  });
});

function gatewayOf(filter: string, nat: string): Gateway {
  const lowered = ipnatDialect.lower(ipnatDialect.parse(nat), { file: 'ipnat.conf' }).policy.nat;
  const program = programOf(filter);
  return {
    name: 'A',
    platform: platformById('netbsd')!,
    interfaces: [],
    routes: [],
    ipsec: { policies: [], associations: [] },
    pools: [],
    forwarding: true,
    settings: new Map(),
    ...(lowered === undefined ? {} : { nat: lowered }),
    ...(program === undefined ? {} : { filter: program }),
  };
}
