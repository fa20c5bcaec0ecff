import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../server/src/dialects/dialect';
import { ipfDialect } from '../../server/src/dialects/ipf';
import { ipnatDialect } from '../../server/src/dialects/ipnat';
import { ippoolDialect } from '../../server/src/dialects/ippool';

const dialects: Readonly<Record<string, Dialect>> = {
  ipf: ipfDialect as Dialect,
  ipnat: ipnatDialect as Dialect,
  ippool: ippoolDialect as Dialect,
};

function statementOf(language: string, text: string) {
  return dialects[language]!.parse(text).statements[0]!;
}

/** Labels offered where `|` stands. */
function offered(language: string, marked: string): string[] {
  const offset = marked.indexOf('|');
  const statement = statementOf(language, `${marked.replace('|', '')}\n`);
  return dialects[language]!.expected(statement, offset).map((e) => e.label);
}

describe('completion asks the grammar', () => {
  it.each([
    ['ipf', '|', ['pass', 'block', 'count', 'skip']],
    ['ipf', 'pass |', ['in', 'out']],
    ['ipf', 'block |', ['return-rst', 'return-icmp', 'in', 'out']],
    ['ipf', 'pass in |', ['quick', 'on', 'proto', 'all', 'from', 'keep', 'group']],
    ['ipf', 'pass in on |', ['interface']],
    ['ipf', 'pass in proto |', ['tcp', 'udp', 'icmp', 'tcp/udp']],
    ['ipf', 'pass in proto tcp from |', ['any', 'address', 'pool', 'hash']],
    ['ipf', 'pass in proto tcp from any |', ['to', 'port']],
    ['ipf', 'pass in proto tcp from any to any port = |', ['http', 'ssh', 'domain']],
    ['ipf', 'pass in proto icmp all icmp-type |', ['echo', 'echorep', 'unreach']],
    ['ipf', 'block in all with |', ['short', 'frags', 'ipopts', 'opt', 'not']],
    ['ipf', 'block in all with opt |', ['lsrr', 'ssrr', 'sec-class']],
    ['ipf', 'pass in all keep |', ['state', 'frags']],
    ['ipf', 'pass in all keep state(|', ['limit', 'strict', 'age', 'icmp-head']],
    ['ipf', 'pass in all group |', ['group']],
    ['ipnat', '|', ['map', 'rdr', 'bimap', 'no']],
    ['ipnat', 'map le0 10.0.0.0/8 |', ['->']],
    ['ipnat', 'map le0 10.0.0.0/8 -> 0/32 |', ['portmap', 'proxy', 'icmpidmap', 'frag', 'age']],
    ['ipnat', 'map le0 10.0.0.0/8 -> 0/32 portmap |', ['tcp', 'udp', 'tcpudp']],
    ['ipnat', 'map le0 10.0.0.0/8 -> 0/32 portmap tcp |', ['auto']],
    ['ipnat', 'rewrite |', ['in', 'out']],
    ['ippool', '|', ['table', 'pool', 'group-map']],
    ['ippool', 'table role = |', ['ipf', 'nat', 'auth', 'count', 'all']],
    ['ippool', 'pool ipf/|', ['tree', 'hash', 'dstlist']],
  ])('%s: %s', (language, marked, wanted) => {
    expect(offered(language, marked)).toEqual(expect.arrayContaining(wanted));
  });

  it.each([
    ['ipf', 'pass in proto tcp all keep state |', ['proto', 'flags', 'from', 'quick']],
    ['ipf', 'pass |', ['quick', 'pass', 'all']],
    ['ipf', 'pass in # qui|', ['quick']],
    ['ipnat', 'map le0 10.0.0.0/8 -> 0/32 age 10 |', ['frag', 'sticky']],
  ])('%s: %s offers nothing that cannot stand there', (language, marked, unwanted) => {
    const labels = offered(language, marked);
    expect(unwanted.filter((word) => labels.includes(word))).toEqual([]);
  });

  it('replaces the word that is half written, wherever the cursor stands in it', () => {
    const statement = statementOf('ipf', 'pass in qick all\n');
    const quick = ipfDialect.expected(statement as never, 10).find((e) => e.label === 'quick');
    expect(quick?.replace).toEqual({ start: 8, end: 12 });
  });
});

describe('vocabulary', () => {
  for (const [language, dialect] of Object.entries(dialects)) {
    it(`${language}: no word twice, every word documented with its manual page`, () => {
      const { words } = dialect.vocabulary;
      expect(new Set(words.map((w) => w.word)).size).toBe(words.length);
      for (const { word, documentation } of words)
        expect([word, documentation]).toEqual([word, expect.stringMatching(/^[A-Z`].{15,}[.:] \w+\(5\)$/s)]);
    });
  }

  it('every word that completion offers is documented', () => {
    const places: [string, string][] = [
      ['ipf', '|'],
      ['ipf', 'pass |'],
      ['ipf', 'block |'],
      ['ipf', 'log |'],
      ['ipf', 'pass in |'],
      ['ipf', 'block in all with |'],
      ['ipf', 'pass in proto tcp all keep state(|'],
      ['ipf', 'pass in proto tcp from any to any port |'],
      ['ipnat', '|'],
      ['ipnat', 'map le0 10.0.0.0/8 -> 0/32 |'],
      ['ippool', '|'],
      ['ippool', 'table |'],
      ['ippool', 'pool ipf/dstlist (policy |'],
    ];
    const bare: string[] = [];
    for (const [language, marked] of places) {
      const offset = marked.indexOf('|');
      const statement = statementOf(language, `${marked.replace('|', '')}\n`);
      for (const e of dialects[language]!.expected(statement, offset))
        if (
          ['keyword', 'action', 'option', 'operator'].includes(e.kind) &&
          e.documentation === undefined &&
          e.label !== '->'
        )
          bare.push(`${language}: ${e.label}`);
    }
    expect(bare).toEqual([]);
  });
});

describe('colours', () => {
  const coloured = (language: string, text: string) => {
    const statement = statementOf(language, text);
    return dialects[language]!.tokens(statement).map(
      (t) => `${t.kind} ${statement.text.slice(t.range.start, t.range.end)}`,
    );
  };

  it('of a filter rule', () => {
    expect(
      coloured('ipf', 'block in quick on ed0 proto tcp from 10.0.0.0/8 to any port = 80 head g1 # why\n'),
    ).toEqual([
      'action block',
      'keyword in',
      'keyword quick',
      'keyword on',
      'interface ed0',
      'keyword proto',
      'protocol tcp',
      'keyword from',
      'address 10.0.0.0',
      'operator /',
      'number 8',
      'keyword to',
      'keyword any',
      'keyword port',
      'operator =',
      'number 80',
      'keyword head',
      'name g1',
      'comment # why',
    ]);
  });

  it('of a NAT rule', () => {
    expect(coloured('ipnat', 'map le0 10.0.0.0/8 -> 0/32 portmap tcp auto\n')).toEqual([
      'action map',
      'interface le0',
      'address 10.0.0.0',
      'operator /',
      'number 8',
      'operator ->',
      'address 0',
      'operator /',
      'number 32',
      'keyword portmap',
      'protocol tcp',
      'keyword auto',
    ]);
  });
});

describe('names that other statements and files share', () => {
  const named = (language: string, text: string) => {
    const statement = statementOf(language, text);
    return dialects[language]!.names(statement).map(
      (n) => `${n.role} ${n.kind} ${n.name} at ${n.range.start}`,
    );
  };

  it('of each language', () => {
    expect(
      named('ipf', 'block in on ed0 from pool/7 to any keep state(icmp-head ih) head 5 group 4\n'),
    ).toEqual([
      'reference interface ed0 at 12',
      'reference pool 7 at 26',
      'definition group ih at 56',
      'definition group 5 at 65',
      'reference group 4 at 73',
    ]);
    expect(named('ipf', 'net="10.0.0.0/8";\n')).toEqual(['definition variable net at 0']);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: ipf's own syntax
    expect(named('ipf', 'pass in from $net to ${net}\n')).toEqual([
      'reference variable net at 13',
      'reference variable net at 21',
    ]);
    expect(named('ipnat', 'rewrite in on bge0 from pool/a to any -> src 0/0 dst dstlist/b;\n')).toEqual([
      'reference interface bge0 at 14',
      'reference pool a at 29',
      'reference pool b at 61',
    ]);
    expect(named('ippool', 'group-map in role = ipf number = 7 { 1.1.1.1, group = 5; };\n')).toEqual([
      'definition pool 7 at 33',
      'reference group 5 at 54',
    ]);
  });
});

describe('outline, plain words, notes, layout', () => {
  it('an outline entry is the head of its group or stands under it', () => {
    expect(ipfDialect.symbol(statementOf('ipf', 'block in on ed0 all head 5\n') as never)).toEqual({
      name: 'block in on ed0 head 5',
      detail: 'block in on ed0 all head 5',
      kind: 'group',
    });
    expect(ipfDialect.symbol(statementOf('ipf', 'pass in all group 5\n') as never)).toMatchObject({
      parent: '5',
    });
    expect(ipfDialect.symbol(statementOf('ipf', '# nothing\n') as never)).toBeUndefined();
  });

  it.each([
    [
      'ipf',
      'block return-rst in log quick on ed0 proto tcp from !10.0.0.0/8 to any port = 25 flags S/SA',
      'TCP packets coming in on ed0 from anything but 10.0.0.0/8 to any address, port 25 with TCP flags S set out of SA are dropped and answered with a TCP reset. They are logged. `quick`: no later rule is looked at.',
    ],
    [
      'ipf',
      'pass out all keep state',
      'All packets going out are let through. A state entry is made, so later packets of the flow follow this verdict. A later matching rule can still change that.',
    ],
    [
      'ipf',
      'skip 2 in from 10.0.0.1 to any',
      'For all packets coming in from 10.0.0.1 the next 2 rules are stepped over.',
    ],
    [
      'ipnat',
      'map le0 10.0.0.0/8 -> 0/32 portmap tcp 1000:2000 sequential',
      'TCP packets leaving by le0 from 10.0.0.0/8 get the source address of the interface and a source port from 1000 to 2000, in turn. Rules are tried by the length of the source mask, longest first, then in file order.',
    ],
    ['ipnat', 'no map le0 10.0.0.0/8;', 'Packets leaving by le0 from 10.0.0.0/8 stay untranslated.'],
    [
      'ippool',
      'table role = nat type = hash number = 9 { 1.1.1.1; };',
      'A hash table of addresses for NAT rules, with 1 entry. Rules name it `hash/9`.',
    ],
  ])('%s: %s', (language, rule, words) => {
    expect(dialects[language]!.explain(statementOf(language, `${rule}\n`))).toBe(words);
  });

  it('notes name services and spell prefixes out', () => {
    const statement = statementOf('ipf', 'pass in proto tcp from 10.1.0.0/16 to any port = 25\n');
    expect(ipfDialect.hints!(statement as never).map((n) => [n.offset, n.text])).toEqual([
      [34, '10.1.0.0 - 10.1.255.255'],
      [51, 'smtp'],
    ]);
  });

  it.each([
    ['ipf', 'pass  in\tquick   all   # why\n', 'pass in quick all   # why\n'],
    ['ipf', '   pass in all\n', 'pass in all\n'],
    ['ipf', 'pass in all\n', undefined],
    ['ipf', 'pass in  proto tpc all\n', undefined],
    ['ipf', 'pass in \\\n   all\n', undefined],
    ['ipnat', 'map  le0 10.0.0.0/8   ->  0/32\n', 'map le0 10.0.0.0/8 -> 0/32\n'],
  ])('%s: layout of %j', (language, before, after) => {
    expect(dialects[language]!.format!(statementOf(language, before))).toBe(after);
  });
});

describe('which language a file is', () => {
  it.each([
    ['ipf', 'pass in all\nblock out quick on ed0 all\n'],
    ['ipnat', '# nat\nmap le0 10.0.0.0/8 -> 0/32\n'],
    ['ippool', 'table role = ipf type = tree number = 1\n\t{ 1.1.1.1; };\n'],
  ])('%s is sure, the others are not', (language, head) => {
    for (const [name, dialect] of Object.entries(dialects)) {
      const certainty = dialect.detect('policy', head);
      if (name === language) expect([name, certainty]).toEqual([name, expect.closeTo(0.9, 0)]);
      else expect([name, certainty]).toEqual([name, 0]);
    }
  });
});
