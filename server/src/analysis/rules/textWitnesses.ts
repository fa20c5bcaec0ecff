/**
 * Packets that show what the parsers say of one rule by its text alone: a packet the rule takes although its words
 * suggest otherwise, or does not take. Parsers know no packets, so they are added here.
 */
import type { FilterRule } from '../../policy/filter';
import type { NatRule } from '../../policy/nat';
import type { Policy } from '../../policy/policy';
import type { Problem } from '../../syntax/problem';
import { boxesOf } from './natTrial';
import { Space } from './space';
import { anyWitness, type Witness, witnessesFor, witnessIn } from './witness';

/** Problems beyond these go without a packet. */
const MOST = 500;

interface FilterPlace {
  readonly start: number;
  readonly end: number;
  readonly rule: FilterRule;
  readonly direction: 'in' | 'out';
}

type Show = (place: FilterPlace, words: string) => Witness | undefined;

const taken: Show = ({ rule, direction }) => first(witnessesFor(rule, direction));

const SHOWS: ReadonlyMap<string, Show> = new Map<string, Show>([
  // A packet of the other family, which the rule takes too.
  [
    'ipf/inet-all-ignored',
    ({ rule, direction }, words) => {
      const space = new Space(/6$/.test(words) ? 4 : 6);
      for (const box of space.atLeast(rule.body.match)) {
        const witness = witnessIn(box, space, direction);
        if (witness !== undefined) return witness;
      }
      return undefined;
    },
  ],
  ['ipf/port-range-reversed', (place) => taken(place, '') ?? anyWitness(place.direction)],
  ['ipf/port-never', ({ direction }) => anyWitness(direction)],
  ['ipf/return-rst-needs-tcp', taken],
  ['ipf/answer-out', taken],
  // Another address than the one that is written.
  ['net/host-bits-set', ({ rule, direction }, words) => notOf(words, witnessesFor(rule, direction))],
]);

export function withWitnesses(
  problems: readonly Problem[],
  policy: Policy,
  text: string,
): readonly Problem[] {
  if (!problems.some((p) => SHOWS.has(p.code))) return problems;
  const filterPlaces = placesOf(
    [...(policy.filter?.chains.values() ?? [])].flatMap(({ rules, direction }) =>
      rules.map((rule) => ({ ...rule.origin, rule, direction })),
    ),
  );
  const natPlaces = placesOf((policy.nat?.rules ?? []).map((rule) => ({ ...rule.origin, rule })));
  let shown = 0;
  return problems.map((problem) => {
    const show = SHOWS.get(problem.code);
    if (show === undefined || ++shown > MOST) return problem;
    const { start, end } = problem.range;
    const words = text.slice(start, end);
    const filterPlace = placeAt(filterPlaces, start, end);
    const natPlace = placeAt(natPlaces, start, end);
    const witness =
      filterPlace !== undefined
        ? show(filterPlace, words)
        : natPlace !== undefined
          ? notOf(words, witnessesForNat(natPlace.rule))
          : undefined;
    return witness === undefined ? problem : { ...problem, witness: witness.line };
  });
}

function* witnessesForNat({ body }: NatRule): Generator<Witness> {
  const space = new Space(body.family ?? 4);
  const direction = body.direction === 'both' ? 'out' : body.direction;
  for (const box of boxesOf(body, space) ?? []) {
    const witness = witnessIn(box, space, direction);
    if (witness !== undefined) yield witness;
  }
}

function first(witnesses: Iterable<Witness>): Witness | undefined {
  for (const witness of witnesses) return witness;
  return undefined;
}

function notOf(words: string, witnesses: Iterable<Witness>): Witness | undefined {
  const address = /^[^/\s]+/.exec(words)?.[0] ?? words;
  for (const witness of witnesses) if (!witness.line.split(/[\s,]/).includes(address)) return witness;
  return undefined;
}

function placesOf<P extends { readonly start: number }>(places: P[]): P[] {
  return places.sort((a, b) => a.start - b.start);
}

function placeAt<P extends { readonly start: number; readonly end: number }>(
  places: readonly P[],
  start: number,
  end: number,
): P | undefined {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]!.start <= start) low = middle + 1;
    else high = middle;
  }
  const place = places[low - 1];
  return place !== undefined && end <= place.end ? place : undefined;
}
