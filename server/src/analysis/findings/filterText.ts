/**
 * The rule a quick fix adds to a filter, in the filter's own language. Engines nobody wrote the words of get no
 * fix, only the message.
 */
import { type Address, formatAddress } from '../../policy/address';
import type { FilterProgram, FilterRule } from '../../policy/filter';
import type { Origin } from '../../policy/origin';

/** What must pass: packets of one protocol between two machines, by one interface. */
export interface Permit {
  readonly direction: 'in' | 'out';
  readonly interface: string | undefined;
  readonly protocol: 'esp' | 'ah' | 'ipcomp' | 'udp';
  readonly source: Address;
  readonly destination: Address;
  /** UDP, of both ends. */
  readonly port?: number;
}

export function permitText(semantics: FilterProgram['semantics'], permit: Permit): string {
  switch (semantics) {
    case 'ipfilter': {
      const port = permit.port === undefined ? '' : ` port = ${permit.port}`;
      const where = permit.interface === undefined ? '' : ` on ${permit.interface}`;
      return `pass ${permit.direction} quick${where} proto ${permit.protocol} from ${formatAddress(permit.source)}/32${port} to ${formatAddress(permit.destination)}/32${port}`.replaceAll(
        /(:[0-9a-f:]*)\/32/g,
        '$1/128',
      );
    }
  }
}

/** Where a rule has to stand to be looked at before all others of its direction; undefined: there are none. */
export function firstRuleOf(program: FilterProgram, direction: 'in' | 'out'): Origin | undefined {
  const name = program.entries[direction];
  const rule: FilterRule | undefined = name === undefined ? undefined : program.chains.get(name)?.rules[0];
  return rule?.origin;
}

/** The rule stands in the list that is looked at first, not in a group. */
export function isInEntryChain(program: FilterProgram, direction: 'in' | 'out', origin: Origin): boolean {
  const name = program.entries[direction];
  const rules = name === undefined ? undefined : program.chains.get(name)?.rules;
  return rules?.some((r) => r.origin.file === origin.file && r.origin.start === origin.start) ?? false;
}
