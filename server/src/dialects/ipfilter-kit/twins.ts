import type { Origin } from '../../policy/origin';
import type { RelatedPlace } from '../../syntax/problem';

/** Where the rule stands that an identical one repeats. */
export function relatedTwin(first: Origin | undefined): { related?: readonly RelatedPlace[] } {
  if (first === undefined) return {};
  const { file, start, end } = first;
  return { related: [{ file, range: { start, end }, message: 'is the same rule' }] };
}
