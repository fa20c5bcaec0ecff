import type { Severity } from '../../syntax/problem';

/** One kind of diagnostic, as settings, documentation and tests know it. */
export interface DiagnosticEntry {
  /** Stable: `AREA/NAME`. */
  readonly code: string;
  /** The gravest level it is reported with. */
  readonly severity: Severity;
  /** A few words, without a full stop. */
  readonly title: string;
  /** Markdown: what it says, why it matters, what to do. */
  readonly explanation: string;
  /** Policy text that brings it about. */
  readonly example?: string;
  /** A page that says more, relative to `docs/`. */
  readonly page?: string;
  /** Platforms where what it says is no matter. */
  readonly notOn?: readonly string[];
}

/** The fields in the order of the tables below, so that each entry reads as one paragraph. */
export function entry(
  code: string,
  severity: Severity,
  title: string,
  explanation: string,
  example?: string,
): DiagnosticEntry {
  return { code, severity, title, explanation, ...(example === undefined ? {} : { example }) };
}
