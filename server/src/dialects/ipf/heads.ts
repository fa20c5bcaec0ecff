/**
 * What rules of a group take over from its head. A rule that names no protocol or family takes those of the head
 * loaded last, when both rules test packets (`fillgroup` in ipf's grammar). It changes no verdict, as the head
 * has matched before, but it is what ipf prints and compares.
 */
import type { AddressFamily } from '../../policy/address';
import type { SingleRule } from './expand';
import type { IpfRule } from './tree';

export interface Inherited {
  readonly protocol: IpfRule['protocol'];
  readonly family: AddressFamily | undefined;
}

export class HeadTests {
  private readonly byGroup = new Map<string, Inherited | undefined>();

  get isEmpty(): boolean {
    return this.byGroup.size === 0;
  }

  /** Of a rule that heads `group`, if it heads one. */
  note(group: string | undefined, inheritable: Inherited | undefined): void {
    if (group !== undefined) this.byGroup.set(group, inheritable);
  }

  /** What a rule in `group` takes over. */
  of(group: string | undefined): Inherited | undefined {
    return group === undefined || group === '0' ? undefined : this.byGroup.get(group);
  }
}

export function inheritableOf(single: SingleRule): Inherited | undefined {
  return single.testsPackets ? { protocol: single.rule.protocol, family: single.family } : undefined;
}

export function withInherited(single: SingleRule, inherited: Inherited | undefined): SingleRule {
  if (inherited === undefined || !single.testsPackets) return single;
  return {
    ...single,
    rule: single.rule.protocol === undefined ? { ...single.rule, protocol: inherited.protocol } : single.rule,
    family: single.family ?? inherited.family,
  };
}

/** Equal for what makes equal rules. */
export function inheritanceKey(inherited: Inherited | undefined): string {
  return inherited === undefined
    ? ''
    : `${inherited.protocol?.numbers.join('/') ?? ''}:${inherited.family ?? ''}`;
}
