import { setkeyDialect } from '../../server/src/dialects/setkey';
import type { IpsecDatabase } from '../../server/src/policy/ipsec';
import { LineIndex } from '../../server/src/text/lineIndex';

/** Problems as `line:column-column severity code: message`, 1-based, in order of place. */
export function problemsOf(text: string): string[] {
  const parse = setkeyDialect.parse(text);
  const lines = new LineIndex(text);
  const own = parse.statements.flatMap((statement, index) =>
    statement.problems.map((p) => ({
      ...p,
      range: { start: parse.starts[index]! + p.range.start, end: parse.starts[index]! + p.range.end },
    })),
  );
  return [...own, ...setkeyDialect.lower(parse, { file: 'setkey.conf' }).problems]
    .sort((a, b) => a.range.start - b.range.start)
    .map((p) => {
      const from = lines.positionAt(p.range.start);
      const to = lines.positionAt(p.range.end);
      return `${from.line + 1}:${from.character + 1}-${to.character + 1} ${p.severity} ${p.code}: ${p.message}`;
    });
}

/** Code and the words the problem stands at: `setkey/spi-range at 200`. */
export function codesOf(text: string): string[] {
  const parse = setkeyDialect.parse(text);
  const own = parse.statements.flatMap((s) =>
    s.problems.map((p) => `${p.severity} ${p.code} at ${s.text.slice(p.range.start, p.range.end)}`),
  );
  const { problems } = setkeyDialect.lower(parse, { file: 'setkey.conf' });
  return [
    ...own,
    ...problems.map((p) => `${p.severity} ${p.code} at ${text.slice(p.range.start, p.range.end)}`),
  ];
}

export function databaseOf(text: string): IpsecDatabase {
  const { policy } = setkeyDialect.lower(setkeyDialect.parse(text), { file: 'setkey.conf' });
  if (policy.ipsec === undefined) throw new Error('setkey must give an IPsec database.');
  return policy.ipsec;
}
