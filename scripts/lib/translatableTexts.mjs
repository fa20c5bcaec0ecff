/**
 * The texts that a translator gets: what stands in calls of `vscode.l10n.t` and of the trace view's own `t`,
 * `tNodes` and `tCount`. The sources are parsed, and a text that is not a plain literal is an error: it would be
 * missing from the list without anybody noticing.
 */
import { parseAst } from 'vitest/node';
import { Failure } from './failure.mjs';

/** How many texts the calls begin with. */
const textCounts = { t: 1, tNodes: 1, tCount: 2 };

/** `sources` are `{ name, text }`; `name` is for messages. Every text once, in code unit order. */
export function translatableTexts(sources) {
  const texts = sources.flatMap(({ name, text }) => textsOf(name, text));
  return [...new Set(texts)].sort();
}

function textsOf(name, source) {
  const texts = [];
  const problems = [];
  visit(parseAst(source, { lang: 'ts' }), (node) => {
    const count = node.type === 'CallExpression' ? (textCounts[translator(node.callee)] ?? 0) : 0;
    for (let index = 0; index < count; index++) {
      const argument = node.arguments[index];
      const text = argument === undefined ? undefined : plainText(argument);
      if (text !== undefined) texts.push(text);
      else problems.push(`${name}:${lineAt(source, (argument ?? node).start)}`);
    }
  });
  if (problems.length > 0) {
    throw new Failure(
      `${problems.join(', ')}: the text to translate must be one literal without \${}; values go through {0}.`,
    );
  }
  return texts;
}

/** `t` for `t(...)`, `l10n.t(...)` and `vscode.l10n.t(...)`; undefined for `other.t(...)`. */
function translator(callee) {
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type !== 'MemberExpression' || callee.computed) return undefined;
  const { object } = callee;
  const owner = object.type === 'MemberExpression' ? object.property.name : object.name;
  return owner === 'l10n' ? callee.property.name : undefined;
}

function plainText(node) {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0) return node.quasis[0].value.cooked;
  return undefined;
}

function visit(node, see) {
  if (typeof node?.type === 'string') see(node);
  for (const value of Object.values(node ?? {})) {
    for (const child of Array.isArray(value) ? value : [value])
      if (typeof child === 'object' && child !== null) visit(child, see);
  }
}

function lineAt(source, offset) {
  return source.slice(0, offset).split('\n').length;
}
