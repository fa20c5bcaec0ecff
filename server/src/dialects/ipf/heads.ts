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

  note(rule: IpfRule, inheritable: Inherited | undefined): void {
    if (rule.head !== undefined) this.byGroup.set(rule.head.text, inheritable);
  }

  of(rule: IpfRule): Inherited | undefined {
    return rule.group === undefined || rule.group.text === '0'
      ? undefined
      : this.byGroup.get(rule.group.text);
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
