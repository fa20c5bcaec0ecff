import type { SecurityPolicy } from '../../policy/ipsec';
import type { Origin } from '../../policy/origin';
import { type Fragment, rule } from '../trace';

/** A link to the statement an entry was made by. */
export function ruleOf(entry: { readonly text: string; readonly origin: Origin }): Fragment {
  return rule(entry.text, entry.origin);
}

export function describePolicy(policy: SecurityPolicy): string {
  return policy.direction === 'out'
    ? 'Outbound policy'
    : policy.direction === 'in'
      ? 'Inbound policy'
      : 'Forward policy';
}
