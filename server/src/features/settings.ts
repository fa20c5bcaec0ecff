/**
 * What users may set about what they see, read from the editor's settings under `gatewalk`. Values of another type
 * count as not set: a mistake in the settings must not take a feature away.
 */
import type { Severity } from '../syntax/problem';

export interface Settings {
  /** By code: another severity, or none at all. */
  readonly severity: ReadonlyMap<string, Severity | 'off'>;
  /** Findings that take walking or reasoning about all rules. */
  readonly deepAnalysis: boolean;
  readonly inlayHints: {
    readonly ruleNumbers: boolean;
    readonly services: boolean;
    readonly addresses: boolean;
    readonly hits: boolean;
  };
  readonly codeLens: { readonly packets: boolean; readonly hits: boolean };
}

export const defaultSettings: Settings = {
  severity: new Map(),
  deepAnalysis: true,
  inlayHints: { ruleNumbers: false, services: true, addresses: true, hits: true },
  codeLens: { packets: true, hits: true },
};

/** `json`: the editor's `gatewalk` section. */
export function readSettings(json: unknown): Settings {
  const root = new Section(json);
  const hints = root.section('inlayHints');
  const lens = root.section('codeLens');
  const d = defaultSettings;
  return {
    severity: readSeverities(root.section('diagnostics').value('severity')),
    deepAnalysis: root.section('analysis').flag('deep', d.deepAnalysis),
    inlayHints: {
      ruleNumbers: hints.flag('ruleNumbers', d.inlayHints.ruleNumbers),
      services: hints.flag('services', d.inlayHints.services),
      addresses: hints.flag('addresses', d.inlayHints.addresses),
      hits: hints.flag('hits', d.inlayHints.hits),
    },
    codeLens: {
      packets: lens.flag('packets', d.codeLens.packets),
      hits: lens.flag('hits', d.codeLens.hits),
    },
  };
}

const severities: readonly (Severity | 'off')[] = ['error', 'warning', 'information', 'hint', 'off'];

function readSeverities(value: unknown): ReadonlyMap<string, Severity | 'off'> {
  const found = new Map<string, Severity | 'off'>();
  if (typeof value !== 'object' || value === null) return found;
  for (const [code, wanted] of Object.entries(value)) {
    const severity = severities.find((s) => s === wanted);
    if (severity !== undefined) found.set(code, severity);
  }
  return found;
}

class Section {
  private readonly fields: ReadonlyMap<string, unknown>;

  constructor(json: unknown) {
    this.fields = new Map(typeof json === 'object' && json !== null ? Object.entries(json) : []);
  }

  value(key: string): unknown {
    return this.fields.get(key);
  }

  section(key: string): Section {
    return new Section(this.fields.get(key));
  }

  flag(key: string, otherwise: boolean): boolean {
    const value = this.fields.get(key);
    return typeof value === 'boolean' ? value : otherwise;
  }
}
