/** `docs/diagnostics.md` from the table. Each code is a heading of its own, so that links can point at it. */
import { type DiagnosticEntry, diagnosticSections } from './table';

export function diagnosticsMarkdown(): string {
  const parts = [
    '<!-- Generated from server/src/analysis/diagnostics by npm run generate; change it there. -->',
    '# Diagnostics',
    'What Gatewalk reports, by code. Each says what it saw, why that matters and what to do.',
  ];
  for (const section of diagnosticSections) {
    parts.push(`## ${section.title}`);
    for (const entry of [...section.entries].sort((a, b) => (a.code < b.code ? -1 : 1)))
      parts.push(...entryParts(entry));
  }
  return `${parts.join('\n\n')}\n`;
}

function entryParts(entry: DiagnosticEntry): string[] {
  const parts = [`### ${entry.code}`, `**${entry.title}** (${entry.severity}).`, entry.explanation];
  if (entry.example !== undefined) parts.push(`\`\`\`\n${entry.example}\n\`\`\``);
  if (entry.page !== undefined) parts.push(`More: [${entry.page}](${entry.page}).`);
  return parts;
}
