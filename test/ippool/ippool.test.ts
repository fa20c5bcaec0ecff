import { describe, expect, it } from 'vitest';
import { ippoolDialect } from '../../server/src/dialects/ippool';
import { readPoolFile } from '../../server/src/dialects/ippool/files';
import { lowerIppool } from '../../server/src/dialects/ippool/lower';
import { address4 } from '../../server/src/policy/address';
import { foundMarkers, parseMarkers } from '../harness/markers';

function poolsOf(text: string) {
  return ippoolDialect.lower(ippoolDialect.parse(text), { file: 'ippool.conf' }).policy.pools!;
}

describe('tables', () => {
  it('a tree with an exception', () => {
    const pools = poolsOf('table role = ipf type = tree number = 100\n\t{ 1.2.3.4/32; !2.2.0.0/16; };\n');
    expect(pools.map(({ origin: _, ...pool }) => pool)).toEqual([
      {
        type: 'pool',
        name: '100',
        role: 'ipf',
        entries: [
          { address: address4(0x01020304), length: 32, negated: false },
          { address: address4(0x02020000), length: 16, negated: true },
        ],
        text: 'table role=ipf type=tree number=100\n\t{ 1.2.3.4/32; ! 2.2.0.0/16; };',
      },
    ]);
  });

  it('a group map: the entry decides, the map stands in', () => {
    expect(
      poolsOf(
        'group-map out role = ipf number = 400 group = 303\n{ 5.0.0.0/8; 1.2.3.4/32, group = 606; };\n',
      )[0]!.entries,
    ).toEqual([
      { address: address4(0x05000000), length: 8, negated: false, group: '303' },
      { address: address4(0x01020304), length: 32, negated: false, group: '606' },
    ]);
  });

  it('a destination list with interfaces and a policy', () => {
    expect(
      poolsOf('pool ipf/dstlist (name jack; policy weighted connection;)\n{ 4.4.4.4; bge0:5.5.5.5;};\n')[0],
    ).toMatchObject({
      type: 'dstlist',
      name: 'jack',
      selection: 'weighted connection',
      entries: [
        { address: address4(0x04040404), length: 32 },
        { address: address4(0x05050505), length: 32, interface: 'bge0' },
      ],
    });
  });

  it('entries of another file: read when files can be read, said when not', () => {
    const parse = ippoolDialect.parse('pool ipf/tree (name letters;) { "file://letters.txt"; };\n');
    const { policy, problems } = lowerIppool(parse, { file: 'x' });
    expect(policy.pools![0]!.entries).toEqual([]);
    expect(problems.map((p) => [p.severity, p.code])).toEqual([['warning', 'ippool/entries-elsewhere']]);
    const readFile = (path: string) =>
      path === 'letters.txt' ? '1.1.1.1\n!2.2.0.0/16 # not these\n' : undefined;
    expect(lowerIppool(parse, { file: 'x' }, { readFile }).policy.pools![0]!.entries).toEqual([
      { address: address4(0x01010101), length: 32, negated: false },
      { address: address4(0x02020000), length: 16, negated: true },
    ]);
  });

  it('the answer of a whois server', () => {
    expect(
      readPoolFile('whois', 'Example EXAMPLE (NET-192-0-2-0-1) 192.0.2.0 - 192.0.2.127\n# end\n'),
    ).toEqual([{ address: address4(0xc0000200), length: 25, negated: false, written: address4(0xc0000200) }]);
  });

  it('a table ends behind its brace; one left open ends before the next', () => {
    const text =
      '# pools\ntable role = ipf type = tree number = 1\n{ 1.1.1.1;\ntable role = ipf type = tree number = 2\n{ 2.2.2.2; };\n';
    expect(
      ippoolDialect.parse(text).statements.map((s) => [s.lineBreakCount, s.problems.map((p) => p.code)]),
    ).toEqual([
      [1, []],
      [2, ['ippool/closing-brace']],
      [2, []],
    ]);
  });
});

describe('problems of ippool.conf', () => {
  const mistakes: Readonly<Record<string, string>> = {
    'a form misspelt': `
  tabel role = ipf type = tree number = 1 { 1.1.1.1; };
# ^^^^^ error ippool/table-expected \`tabel\` cannot stand here: \`table\`, \`pool\` or \`group-map\` is expected. Did you mean \`table\`?
`,
    'a role nobody has': `
  table role = ipg type = tree number = 1 { 1.1.1.1; };
#              ^^^ error ippool/role \`ipg\` cannot stand here: the role \`ipf\`, \`nat\`, \`auth\`, \`count\` or \`all\` is expected. Did you mean \`ipf\`?
`,
    'an address that is none, and reading goes on behind it': `
  table role = ipf type = tree number = 1 { 1.1.1.300; 2.2.2.2/40; };
#                                           ^^^^^^^^^ error ippool/address \`1.1.1.300\` is not an IPv4 address: 300 is more than 255, the most one byte holds.
#                                                              ^^ error ippool/address The mask length 40 is more than 32, the bits of an IPv4 address.
`,
    'an exception in a hash': `
  table role = ipf type = hash number = 1 { !1.1.1.1; };
#                                           ^ error ippool/negated-entry A hash table has no negated entries; a \`tree\` has.
`,
    'a group map without a group': `
  group-map in role = ipf number = 1 { 1.1.1.1; };
#                                      ^^^^^^^ error ippool/entry-group The entry names no group and the map has none for all: add \`, group = N\`.
`,
    'no semicolon at the end': `
  table role = ipf type = tree number = 1 { 1.1.1.1; }
#                                                    ^ error ippool/semicolon The rule ends after \`}\` where \`;\` behind the closing brace is expected.
`,
  };
  for (const [name, text] of Object.entries(mistakes)) {
    it(name, () => {
      expect(foundMarkers(ippoolDialect, text)).toEqual(parseMarkers(text));
    });
  }
});
