/**
 * Every diagnostic there is. `docs/diagnostics.md` is generated from this table, settings and tests name its
 * codes, and a test sees to it that nothing is reported that does not stand here.
 */
import type { DiagnosticEntry } from './entry';
import { findingDiagnostics } from './findings';
import { ipfDiagnostics } from './ipf';
import { ipnatDiagnostics, ippoolDiagnostics } from './ipnat';
import { networkDiagnostics, packetDiagnostics } from './network';
import { ruleDiagnostics } from './rules';
import { setkeyDiagnostics } from './setkey';

export type { DiagnosticEntry } from './entry';

export interface DiagnosticSection {
  readonly title: string;
  readonly entries: readonly DiagnosticEntry[];
}

export const diagnosticSections: readonly DiagnosticSection[] = [
  { title: 'What rules do together', entries: ruleDiagnostics },
  { title: 'NAT, IPsec and filter together', entries: findingDiagnostics },
  { title: 'ipf.conf', entries: ipfDiagnostics },
  { title: 'ipnat.conf', entries: ipnatDiagnostics },
  { title: 'ippool.conf', entries: ippoolDiagnostics },
  { title: 'setkey', entries: setkeyDiagnostics },
  { title: 'gatewalk.yaml', entries: networkDiagnostics },
  { title: 'Sample packets', entries: packetDiagnostics },
];

export const diagnosticTable: ReadonlyMap<string, DiagnosticEntry> = new Map(
  diagnosticSections.flatMap((section) => section.entries.map((entry) => [entry.code, entry] as const)),
);

/** Where `docs/diagnostics.md` speaks of a code: the anchor of its heading. */
export function anchorOf(code: string): string {
  return code.toLowerCase().replace(/[^a-z0-9-]/g, '');
}
