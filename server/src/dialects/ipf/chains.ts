/** The lists into which ipf sorts its rules: two for filtering, two for accounting, and the groups of each. */
import { type FilterChain, type FilterEntry, type FilterRule, groupChainName } from '../../policy/filter';
import type { Origin } from '../../policy/origin';
import type { IpfRule } from './tree';

export function entryOf(rule: IpfRule): FilterEntry {
  return rule.action === 'count' ? `account-${rule.direction}` : rule.direction;
}

/** Group 0 is no group. */
export function chainNameOf(rule: IpfRule): string {
  const entry = entryOf(rule);
  return rule.group === undefined || rule.group.text === '0' ? entry : groupChainName(entry, rule.group.text);
}

export function chainTitle(entry: FilterEntry, group: string | undefined): string {
  const accounting = entry === 'account-in' || entry === 'account-out';
  if (group !== undefined) return accounting ? `accounting group ${group}` : `group ${group}`;
  return accounting ? `accounting ${entry.slice('account-'.length)}` : entry;
}

/**
 * One list while it is filled. Rules stand in ascending order of their collection number, in the order of loading
 * within one; `@N` puts a rule behind the first N of its collection. Nearly always that means "at the end".
 */
export class ChainBuilder {
  private readonly rules: FilterRule[] = [];
  private readonly collections: number[] = [];
  readonly identities = new Set<string>();

  constructor(
    private readonly name: string,
    private readonly title: string,
    private readonly direction: 'in' | 'out',
  ) {}

  /** False when the identical rule is there already: IPFilter refuses it. */
  add(rule: FilterRule, identity: string, collection: number, insertAt: number | undefined): boolean {
    const before = this.identities.size;
    this.identities.add(identity);
    if (this.identities.size === before) return false;
    const last = this.collections.length - 1;
    if (insertAt === undefined && (last < 0 || this.collections[last]! <= collection)) {
      this.rules.push(rule);
      this.collections.push(collection);
      return true;
    }
    const at = this.placeFor(collection, insertAt);
    this.rules.splice(at, 0, rule);
    this.collections.splice(at, 0, collection);
    return true;
  }

  originOf(text: string): Origin | undefined {
    return this.rules.find((r) => r.body.text === text)?.origin;
  }

  private placeFor(collection: number, insertAt: number | undefined): number {
    let at = 0;
    while (at < this.collections.length && this.collections[at]! < collection) at++;
    for (let skipped = 0; at < this.collections.length && this.collections[at] === collection; at++) {
      if (insertAt !== undefined && skipped === insertAt) break;
      skipped++;
    }
    return at;
  }

  build(): FilterChain {
    return { name: this.name, title: this.title, direction: this.direction, rules: this.rules };
  }
}
