/** What the parts shared by the three IPFilter grammars report, once for each language that uses them. */
import { type DiagnosticEntry, entry } from './entry';

export function ipfilterGrammarDiagnostics(dialect: 'ipf' | 'ipnat' | 'ippool'): readonly DiagnosticEntry[] {
  const of = (name: string) => `${dialect}/${name}`;
  return [
    entry(
      of('address'),
      'error',
      'Address expected or impossible',
      'An address is four bytes such as `10.1.0.5`, a network such as `10.1.0.0/24`, or an IPv6 address. A byte is at most 255, a mask length at most 32 (IPv6: 128).',
    ),
    entry(
      of('address-short'),
      'warning',
      'A bare number as an address',
      dialect === 'ipf'
        ? 'ipf stores the address `10` in the byte order of its machine: 10.0.0.0 on the little-endian ones of today, 0.0.0.10 on others. Write all four bytes.'
        : 'IPFilter reads the address `10` as 0.0.0.10, not as 10.0.0.0. Write all four bytes.',
      dialect === 'ipf' ? 'pass in from 10/8 to any' : undefined,
    ),
    entry(
      of('closing-parenthesis'),
      'error',
      'Closing parenthesis missing',
      'A `(` is open where the clause ends. Add `)`.',
    ),
    entry(
      of('empty-list'),
      'error',
      'Empty list',
      'A list in braces needs one value at least; an empty one makes no rule.',
    ),
    entry(
      of('hash-not'),
      'error',
      'Negated entry in a hash',
      'Only pools know exceptions (`!`). A hash table holds what is in it and nothing else: use a pool.',
    ),
    entry(
      of('interface-address'),
      'error',
      'Address of an interface that cannot stand so',
      'In ipf the name of an interface stands for its address only behind `on` the same interface and with a mask (`ed0/32`, `ed0/peer`); alone it means `any`. Any interface can be named in parentheses: `(ed0)/32`. ipnat and ippool know no such addresses.',
      dialect === 'ipf' ? 'pass in on ed0 from ed0 to any' : undefined,
    ),
    entry(of('interface'), 'error', 'Interface name expected', 'Write a name such as `fxp0` here.'),
    entry(
      of('no-final-line-end'),
      'error',
      'Last line without a line end',
      'The lexer of IPFilter drops or refuses a last line that does not end. Add a line end.',
    ),
    entry(
      of('no-lists'),
      'error',
      'List where none can stand',
      'Only ipf takes lists in braces. In ipnat write one rule for each value, or name a pool of ippool.conf.',
    ),
    entry(
      of('not-in-list'),
      'error',
      'Negation inside a list',
      'Each value of a list becomes a rule of its own, so a `!` inside would match nearly everything. Use an ippool table with exceptions.',
    ),
    entry(
      of('pool-inline'),
      'error',
      'Addresses of the table expected',
      'Behind `pool=` or `hash=` the addresses stand in parentheses.',
    ),
    entry(
      of('pool-name'),
      'error',
      'Name of a table expected',
      'Behind `pool/` or `hash/` stands the name or number that ippool.conf gives the table.',
    ),
    entry(
      of('port'),
      'error',
      'Port expected or impossible',
      'A port is a number from 0 to 65535 or the name of a service.',
    ),
    entry(
      of('port-never'),
      'warning',
      'No port satisfies this',
      '`><` means strictly between, `<` and `>` exclude the number itself: here no port is left, and the rule matches nothing.',
      dialect === 'ipf' ? 'block in proto tcp from any to any port 20 >< 21' : undefined,
    ),
    entry(
      of('port-operator'),
      'error',
      'Comparison of ports expected',
      'Behind `port` stands a comparison (`= 80`, `>= 1024`), a range (`1024:65535`) or `><` and `<>` between two ports.',
    ),
    entry(
      of('port-range'),
      'error',
      'Range of ports upside down or with `=`',
      'A range is `low:high`, without `=`.',
    ),
    entry(
      of('port-range-reversed'),
      'warning',
      '`<>` read the wrong way round',
      '`a <> b` takes the ports **outside** `a` and `b`; `a >< b` those strictly **inside**. Here one side of "outside" is empty, or together they are all ports, so a range was probably meant. Write `a:b` for a range with its ends, or `><` for one without them. If "outside" was meant, one comparison (`< a`, `> b`) says it.',
      dialect === 'ipf' ? 'pass in proto tcp from any to any port 1024 <> 65535' : undefined,
    ),
    entry(
      of('protocol'),
      'error',
      'Protocol expected or unknown',
      'A protocol is a name of protocols(5), a number from 0 to 255, or `tcp/udp`.',
    ),
    entry(
      of('protocol-list'),
      'error',
      'Lists of protocols do not exist',
      'IPFilter expands lists of addresses, ports and types, but not of protocols. Write one rule for each, or `tcp/udp`.',
    ),
    entry(
      of('unclosed-string'),
      'error',
      'Closing quote missing',
      'The text in quotes goes on to the end of the line. Close it.',
    ),
    entry(
      of('unknown-service'),
      'error',
      'Unknown service',
      'The name of the service is not one Gatewalk knows; the machine that loads the file may. The rule cannot be followed in walks: write the number of the port.',
    ),
    entry(
      of('variable-semicolon'),
      'error',
      'Semicolon missing behind a variable',
      'An assignment ends with `;`: `lan="10.1.0.0/24";`.',
    ),
    entry(of('variable-value'), 'error', 'Value of the variable expected', 'Write `name="value";`.'),
    entry(
      of('undefined-variable'),
      'error',
      'Variable without a value',
      'The variable is used before, or without, a line that sets it. Variables hold from their assignment on.',
    ),
    entry(
      of('host-name'),
      dialect === 'ippool' ? 'error' : 'warning',
      'Host name instead of an address',
      dialect === 'ippool'
        ? 'ippool takes addresses only, and refuses a host name. Write the address.'
        : 'The loader asks the resolver once, at boot perhaps before the network is up, and what it gets is not known here: walks that meet the rule are uncertain. Write the address.',
    ),
  ];
}
