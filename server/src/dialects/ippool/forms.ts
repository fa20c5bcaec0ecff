/** How ippool's tables are written (ippool(5)). */
import type { StatementForm } from '../signature';

export const ippoolForms: readonly StatementForm[] = [
  {
    heads: ['table'],
    documentation: 'A table of addresses that rules look up.',
    parts: [
      {
        label: 'role = ROLE',
        documentation: 'Who looks it up: `ipf`, `nat`, `auth`, `count` or `all`.',
        opens: /^role$/,
      },
      { label: 'type = TYPE', documentation: '`tree`, `hash` or `dstlist`.', opens: /^type$/ },
      {
        label: 'name = NAME | number = N',
        documentation: 'What rules call it, as in `pool/NAME`.',
        opens: /^(?:name|number)$/,
      },
      {
        label: '{ ENTRIES; }',
        documentation: 'Addresses and networks, each behind a `;`; `!` leaves one out.',
        opens: /^\{/,
      },
    ],
  },
  {
    heads: ['pool'],
    documentation: 'A table of addresses in one line.',
    parts: [
      {
        label: 'ROLE/TYPE',
        documentation: 'Who looks it up, and how: `ipf/tree`, `ipf/hash`, `nat/dstlist`.',
      },
      { label: '( name NAME; )', documentation: 'What rules call it.', opens: /^\(/ },
      { label: '{ ENTRIES; }', documentation: 'Addresses and networks, each behind a `;`.', opens: /^\{/ },
    ],
  },
  {
    heads: ['group-map'],
    documentation: 'Addresses, each with the group of rules it is sent to.',
    parts: [
      { label: 'in|out', documentation: 'Direction of the packets.' },
      { label: 'role = ipf', documentation: 'Filter rules.', opens: /^role$/ },
      {
        label: 'number = N',
        documentation: 'What `call now srcgrpmap/N` names.',
        opens: /^(?:name|number)$/,
      },
      {
        label: 'group = GROUP',
        documentation: 'The group of entries without one of their own.',
        opens: /^group$/,
      },
      { label: '{ ENTRIES; }', documentation: 'As in `10.1.0.0/24, group = 100;`.', opens: /^\{/ },
    ],
  },
];
