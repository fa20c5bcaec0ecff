/**
 * What can stand at an offset: the text before the word under the cursor is read by the grammar itself with a
 * probe, and whatever the grammar asks for where that text ends can stand there.
 */

import { knownProtocolNames } from '../../policy/protocols';
import { serviceNames } from '../../syntax/services';
import type { Expectation, Vocabulary, WordKind } from '../dialect';
import { Cursor, type Probe, type Slot } from './cursor';
import { tokenize } from './lexer';
import { ICMP_CODES, icmpTypesOf } from './names';

export function expectationsAt(
  text: string,
  offset: number,
  vocabulary: Vocabulary,
  dialect: string,
  read: (cursor: Cursor) => unknown,
): readonly Expectation[] {
  const tokens = tokenize(text);
  const touched = tokens.find((t) => t.start <= offset && offset <= t.end);
  if (
    touched !== undefined &&
    (touched.kind === 'comment' || touched.kind === 'string') &&
    offset > touched.start
  )
    return [];
  const isPartial = touched !== undefined && touched.start < offset && touched.kind !== 'operator';
  const start = isPartial ? touched.start : offset;
  const before = tokens.filter((t) => t.end <= start && t.kind !== 'comment');
  const probe: Probe = { words: new Set(), slots: new Set() };
  const cursor = new Cursor(before, start, dialect);
  cursor.probe = probe;
  read(cursor);
  const replace = { start, end: isPartial ? touched.end : start };
  return [...wordsOf(probe, vocabulary, replace), ...slotsOf(probe, replace)];
}

function wordsOf(probe: Probe, vocabulary: Vocabulary, replace: Expectation['replace']): Expectation[] {
  const documented = new Map(vocabulary.words.map((w) => [w.word, w]));
  return [...probe.words].map((word) => {
    const known = documented.get(word);
    const snippet = known?.snippet;
    return {
      label: word,
      insert: snippet ?? word,
      ...(snippet?.includes('$') ? { isSnippet: true } : {}),
      kind: known?.kind ?? ('keyword' as WordKind),
      ...(known === undefined ? {} : { documentation: known.documentation }),
      replace,
    };
  });
}

const SLOT_NAMES: Readonly<
  Record<Slot, { label: string; insert: string; kind: Expectation['kind'] } | undefined>
> = {
  interface: { label: 'interface', insert: '', kind: 'interface' },
  address: { label: 'address', insert: '', kind: 'address' },
  port: undefined,
  number: undefined,
  protocol: undefined,
  group: { label: 'group', insert: '', kind: 'name' },
  pool: { label: 'pool', insert: '', kind: 'name' },
  'icmp-type': undefined,
  'icmp-code': undefined,
  'tcp-flags': { label: 'S/SA', insert: 'S/SA', kind: 'constant' },
  string: { label: '"..."', insert: '"$1"', kind: 'snippet' },
  name: undefined,
};

function slotsOf(probe: Probe, replace: Expectation['replace']): Expectation[] {
  const found: Expectation[] = [];
  const push = (label: string, kind: Expectation['kind'], detail?: string) => {
    found.push({ label, insert: label, kind, ...(detail === undefined ? {} : { detail }), replace });
  };
  for (const slot of probe.slots) {
    if (slot === 'protocol') {
      for (const name of knownProtocolNames()) push(name, 'protocol');
      push('tcp/udp', 'protocol');
    } else if (slot === 'port') for (const name of serviceNames()) push(name, 'service');
    else if (slot === 'icmp-type')
      for (const [name, number] of icmpTypesOf(4)) push(name, 'constant', String(number));
    else if (slot === 'icmp-code')
      for (const [code, name] of ICMP_CODES.entries()) push(name, 'constant', String(code));
    const named = SLOT_NAMES[slot];
    if (named !== undefined)
      found.push({
        ...named,
        ...(named.insert.includes('$') ? { isSnippet: true } : {}),
        replace,
      });
  }
  return found;
}
