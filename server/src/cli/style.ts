import type { Severity } from '../syntax/problem';
import type { Style } from '../text/terminal';

/** ANSI colours on a terminal, nothing elsewhere; every colour goes with a word that says the same. */
export function styleFor(colours: boolean): Style {
  if (!colours) return (_, text) => text;
  return (kind, text) => `\u001b[${codes[kind]}m${text}\u001b[0m`;
}

export function severityStyle(style: Style, severity: Severity): string {
  const kind = severity === 'error' ? 'bad' : severity === 'warning' ? 'warn' : 'dim';
  return style(kind, severity);
}

const codes: Readonly<Record<Parameters<Style>[0], number>> = {
  bold: 1,
  dim: 2,
  bad: 31,
  good: 32,
  warn: 33,
  changed: 36,
};
