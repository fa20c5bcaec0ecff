/**
 * Recorded scenarios whose rules are pf's or ipfw's, with the same rules in the words of ipf and ipnat: which hooks
 * a kernel passes, and what is in the packet there, does not depend on the filter's language. Rules of ipfw that
 * do not translate back what they translated have no equal in ipnat and are left out.
 */
import type { Scenario } from './bsdWalks';

type Rules = { readonly side: 'A' | 'B'; readonly language: 'ipf' | 'ipnat'; readonly text: string };

const masquerade = (source: string): Rules => ({
  side: 'A',
  language: 'ipnat',
  text: `map WAN ${source} -> 20.0.0.1/32 portmap tcp/udp 40000:60000\nmap WAN ${source} -> 20.0.0.1/32\n`,
});

const blockAt = (side: 'A' | 'B', rule: string): Rules => ({
  side,
  language: 'ipf',
  text: `block ${rule}\npass in all\npass out all\n`,
});

const RULES: Readonly<Record<string, Rules>> = {
  'ah-tunnel-nat-everything': masquerade('0/0'),
  'tunnel-nat-everything': masquerade('0/0'),
  'tunnel-nat-wan': masquerade('10.0.1.0/24'),
  'transport-nat-lan': masquerade('10.0.1.0/24'),
  'tunnel-for-natted-address': masquerade('10.0.1.0/24'),
  'enc-filter-in-mask1': blockAt('B', 'in quick on enc0 from 10.0.1.0/24 to any'),
  'enc-filter-in-mask2': blockAt('B', 'in quick on enc0 from 10.0.1.0/24 to any'),
  'filter-esp-in': blockAt('B', 'in quick on WAN proto esp all'),
  'filter-inner-on-lan-out': blockAt('B', 'out quick on LAN from 10.0.1.0/24 to any'),
  'filter-inner-on-wan-in': blockAt('B', 'in quick on WAN from 10.0.1.0/24 to any'),
  'filter-inner-on-wan-out': blockAt('A', 'out quick on WAN from any to 10.0.2.0/24'),
  'filter-only-esp-on-wan': {
    side: 'A',
    language: 'ipf',
    text: 'block in all\nblock out all\npass in quick on WAN proto esp all\npass out quick on WAN proto esp all\npass in quick on LAN all\n',
  },
  'rdr-lan-in-then-policy': {
    side: 'A',
    language: 'ipnat',
    text: 'rdr LAN 10.9.9.9/32 port 2000 -> 10.0.2.2 port 2000 udp\n',
  },
};

const NO_EQUAL = new Set(['ipfw rdr-lan-in-then-policy']);

/** Undefined where the scenario has no rules of pf or ipfw, or none that can be said in ipf. */
export function withSameRulesInIpf(scenario: Scenario): Scenario | undefined {
  const languages = [scenario.filterA, scenario.filterB].flatMap((f) => Object.keys(f));
  if (!languages.some((l) => l === 'pf' || l === 'ipfw')) return undefined;
  const rules = RULES[scenario.name];
  if (rules === undefined || NO_EQUAL.has(`${scenario.engine} ${scenario.name}`)) return undefined;
  const card = scenario.engine === 'pf' ? 'wm' : 'em';
  const text = rules.text.replaceAll('WAN', `${card}1`).replaceAll('LAN', `${card}0`);
  return {
    ...scenario,
    filterA: rules.side === 'A' ? { [rules.language]: text } : {},
    filterB: rules.side === 'B' ? { [rules.language]: text } : {},
  };
}
