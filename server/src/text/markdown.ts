/** Text of policy files, which anyone may have written, inside Markdown: shown as it is, never obeyed. */

export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_{}[\]()#+!<>~|$&]/g, (c) => (c === '<' ? '&lt;' : c === '&' ? '&amp;' : `\\${c}`))
    .replace(/\s*[\r\n]+\s*/g, ' ');
}

/** Code span, with a fence longer than any run of backticks in the text. */
export function code(text: string): string {
  const clean = text.replace(/\s*[\r\n]+\s*/g, ' ');
  if (clean === '') return '';
  const longest = Math.max(0, ...(clean.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const space = clean.startsWith('`') || clean.endsWith('`') ? ' ' : '';
  return `${fence}${space}${clean}${space}${fence}`;
}

/** Fenced block of a language. */
export function codeBlock(text: string, language: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** A bar would end the cell, in code spans too. */
export function tableCell(markdown: string): string {
  return markdown.replace(/(?<!\\)\|/g, '\\|');
}
