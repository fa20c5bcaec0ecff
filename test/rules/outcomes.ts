import type { FilterProgram, FilterRule } from '../../server/src/policy/filter';
import { createIpfilterEngine } from '../../server/src/simulator/ipfilter/engine';
import type { Arrival } from './randomRules';

/** The program with one rule that matches nothing, so that counts of `skip` stay right. */
export function without(program: FilterProgram, rule: FilterRule): FilterProgram {
  const chains = new Map(program.chains);
  for (const [name, chain] of chains)
    if (chain.rules.includes(rule)) {
      const rules = chain.rules.map((r) =>
        r === rule
          ? { ...r, body: { ...r.body, match: { kind: 'number', field: 'protocol', set: [] } as const } }
          : r,
      );
      chains.set(name, { ...chain, rules });
    }
  return { ...program, chains };
}

/** What one engine does with the packets in order: states made by earlier ones count. */
export function outcomes(program: FilterProgram, arrivals: readonly Arrival[]): string[] {
  const engine = createIpfilterEngine({ filter: program });
  return arrivals.map((arrival) => {
    const result = engine.filter(arrival.packet, arrival);
    const [state] = engine.states.entries;
    return JSON.stringify([
      arrival.direction,
      arrival.interface,
      [...arrival.packet.bytes].slice(0, 48).join(' '),
      result.verdict,
      result.reason,
      result.answer,
      result.decision.word,
      result.origins.map((o) => o.start),
      engine.states.entries.length,
      state?.rule.rule.body.text,
    ]);
  });
}
