/** The lists into which ipf sorts its rules: two for filtering, two for accounting, and the groups of each. */
import { type FilterChain, type FilterEntry, type FilterRule, groupChainName } from '../../policy/filter';
import type { Origin } from '../../policy/origin';
import { Shared } from '../../policy/sharing';
import type { IpfRule } from './tree';

export function entryOf(rule: IpfRule): FilterEntry {
  return rule.action === 'count' ? `account-${rule.direction}` : rule.direction;
}

/** A list that rules are sorted into. */
export interface RuleList {
  /** Name of its chain. */
  readonly chain: string;
  readonly title: string;
  readonly direction: 'in' | 'out';
}

const lists = new Shared<RuleList>();

/** Group 0 is no group. */
export function listOf(rule: IpfRule): RuleList {
  const entry = entryOf(rule);
  const group = rule.group?.text;
  if (group === undefined || group === '0')
    return lists.get(entry, () => ({
      chain: entry,
      title: chainTitle(entry, undefined),
      direction: rule.direction,
    }));
  return lists.get(`${entry} ${group}`, () => ({
    chain: groupChainName(entry, group),
    title: chainTitle(entry, group),
    direction: rule.direction,
  }));
}

function chainTitle(entry: FilterEntry, group: string | undefined): string {
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
  /** Two rules with one identity are the same to the kernel. */
  readonly identities = new Set<string>();

  private places: Map<string, Origin> | undefined;

  constructor(private readonly list: RuleList) {}

  /** False when the identical rule is there already: IPFilter refuses it. */
  add(rule: FilterRule, identity: string, collection: number, insertAt: number | undefined): boolean {
    const before = this.identities.size;
    this.identities.add(identity);
    if (this.identities.size === before) return false;
    this.places?.set(rule.body.text, rule.origin);
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

  /** Where the rule with a text stands. Asked for twins alone, of which a file can have many. */
  originOf(text: string): Origin | undefined {
    this.places ??= new Map(this.rules.map(({ body, origin }) => [body.text, origin]));
    return this.places.get(text);
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
    const { chain, title, direction } = this.list;
    return { name: chain, title, direction, rules: this.rules };
  }
}
