/**
 * Indexes outlive edits. Filing 100,000 rules anew for every typed character would make a hover wait; after an
 * edit the list is the old one but for a few rules, and so is its index: positions behind the edit move, rules
 * that are gone are left out, and those that are new are candidates for every packet. The full test decides, as
 * always; the index is only a little more generous.
 */
import type { FilterChain, FilterRuleBody } from '../policy/filter';
import type { PacketFacts } from './packetFacts';
import type { ChainIndex } from './scanIndex';

interface Remembered {
  /** The rules that were indexed, in order: shared between parses as long as their statements are. */
  readonly bodies: readonly FilterRuleBody[];
  readonly index: ChainIndex;
}

/** By file and chain, the most recently made last. */
const remembered = new Map<string, Remembered>();
const mostRemembered = 16;
/** Shorter lists are indexed in no time. */
const leastRules = 1000;
/** With more rules changed a new index is better. */
const mostChanged = 100;

export function rememberIndex(chain: FilterChain, index: ChainIndex): void {
  if (chain.rules.length < leastRules) return;
  const key = keyOf(chain);
  remembered.delete(key);
  remembered.set(key, { bodies: chain.rules.map((r) => r.body), index });
  if (remembered.size > mostRemembered) remembered.delete(remembered.keys().next().value!);
}

/** The index of a chain that differs little from one that was indexed; undefined when there is none such. */
export function indexAfterEdit(chain: FilterChain): ChainIndex | undefined {
  if (chain.rules.length < leastRules) return undefined;
  const last = remembered.get(keyOf(chain));
  if (last === undefined) return undefined;
  const { bodies, index } = last;
  const { rules } = chain;
  const shorter = Math.min(bodies.length, rules.length);
  let first = 0;
  while (first < shorter && bodies[first] === rules[first]!.body) first++;
  let shared = 0;
  while (
    shared < shorter - first &&
    bodies[bodies.length - 1 - shared] === rules[rules.length - 1 - shared]!.body
  )
    shared++;
  const endBefore = bodies.length - shared;
  const endAfter = rules.length - shared;
  if (endBefore - first > mostChanged || endAfter - first > mostChanged) return undefined;
  return first === bodies.length && first === rules.length
    ? index
    : new EditedIndex(index, first, endBefore, endAfter);
}

class EditedIndex implements ChainIndex {
  readonly capacity: number;
  private readonly scratch: Int32Array;

  /** The rules from `first` to `endBefore` of the indexed list became those from `first` to `endAfter`. */
  constructor(
    private readonly base: ChainIndex,
    private readonly first: number,
    private readonly endBefore: number,
    private readonly endAfter: number,
  ) {
    this.capacity = base.capacity + endAfter - first;
    this.scratch = new Int32Array(base.capacity);
  }

  candidates(packet: PacketFacts, into: Int32Array): number {
    const { first, endBefore, endAfter, scratch } = this;
    const found = this.base.candidates(packet, scratch);
    let count = 0;
    let at = 0;
    while (at < found && scratch[at]! < first) into[count++] = scratch[at++]!;
    for (let position = first; position < endAfter; position++) into[count++] = position;
    while (at < found && scratch[at]! < endBefore) at++;
    for (; at < found; at++) into[count++] = scratch[at]! + endAfter - endBefore;
    return count;
  }
}

function keyOf(chain: FilterChain): string {
  return `${chain.rules[0]!.origin.file}\0${chain.name}`;
}
