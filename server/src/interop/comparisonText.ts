/** A comparison for the command line: what both do is one line, what differs is told below it. */
import type { ComparisonRow, ComparisonView, StepDifference } from '../../../protocol/src/comparisonView';
import { assertNever } from '../text/assertNever';
import { columns, plainStyle, type Style, wrap } from '../text/terminal';
import { verdictTitle } from './verdictTitle';

export function comparisonToText(view: ComparisonView, style: Style = plainStyle): string {
  const { a, b } = view;
  const name = view.packet === view.notation ? '' : `${style('bold', view.packet)}: `;
  const lines = [
    `${view.reply ? 'Reply to ' : ''}${name}${view.notation}`,
    `a: ${style('bold', a.title)}`,
    `b: ${style('bold', b.title)}`,
    '',
    style('dim', '     a     b'),
  ];
  lines.push(...rowsByNode(view.rows, style), '', ...verdictLines(view), '', ...wrap(view.why.text, 0, 0));
  return `${lines.join('\n')}\n`;
}

/** Only what differs, for a reader who has the second walk before him: a is the walk it is compared with. */
export function changesToText(view: ComparisonView, style: Style = plainStyle): string {
  const changed = view.rows.filter((row) => row.kind !== 'same');
  if (changed.length === 0 && view.sameVerdict)
    return 'The gateways’ own platforms do the same to this packet.\n';
  const lines = [
    'What this changes, compared with the gateways’ own platforms:',
    `a: ${style('bold', view.a.title)}, their own`,
    `b: ${style('bold', view.b.title)}`,
    '',
    style('dim', '     a     b'),
    ...rowsByNode(changed, style),
    '',
    ...(view.sameVerdict ? [] : [...verdictLines(view), '']),
    ...wrap(view.why.text, 0, 0),
  ];
  return `${lines.join('\n')}\n`;
}

function rowsByNode(rows: readonly ComparisonRow[], style: Style): string[] {
  return rows.flatMap((row, index) => [
    ...(row.node === rows[index - 1]?.node ? [] : [style('bold', row.node)]),
    ...rowLines(row, style),
  ]);
}

function verdictLines({ a, b }: ComparisonView): string[] {
  const line = ({ title, trace }: typeof a, mark: string) =>
    wrap(`${mark}: ${title}: ${verdictTitle(trace.verdict)} [${trace.verdict.reason}]`, 0, 3);
  return [...line(a, 'a'), ...line(b, 'b')];
}

/** The sign says it where there are no colours. */
function rowLines(row: ComparisonRow, style: Style): string[] {
  const number = (index: number | undefined) => (index === undefined ? '-' : String(index)).padStart(4);
  const here = (side: 'a' | 'b') => (row.kind === 'moved' && row.at !== side ? undefined : row[side]);
  const numbers = `${number(here('a'))}  ${number(here('b'))}`;
  const line = (sign: string, note: string) => `${sign} ${numbers}  ${row.title}${note}`;
  switch (row.kind) {
    case 'same':
      return [line(' ', '')];
    case 'differs':
      return [style('changed', line('*', '')), ...row.differences.flatMap(differenceLines)];
    case 'moved': {
      const elsewhere = row.at === 'a' ? `b has it as ${row.b}` : `a has it as ${row.a}`;
      const told = row.at === 'b' ? row.differences.flatMap(differenceLines) : [];
      return [style('changed', line('>', `  moved: ${elsewhere}`)), ...told];
    }
    case 'only-a':
      return [style('bad', line('-', '  only in a'))];
    case 'only-b':
      return [style('good', line('+', '  only in b'))];
    default:
      return assertNever(row.kind);
  }
}

/** On one line where it fits. */
function differenceLines({ what, a = 'none', b = 'none' }: StepDifference): string[] {
  const indent = ' '.repeat(16);
  const line = `${indent}${what}: ${a} | ${b}`;
  return line.length <= columns ? [line] : [`${indent}${what}:`, `${indent}  a ${a}`, `${indent}  b ${b}`];
}
