import { describe, expect, it } from 'vitest';
import { ipfDialect } from '../../server/src/dialects/ipf';
import { address4 } from '../../server/src/policy/address';
import type { FilterProgram, FilterRuleBody } from '../../server/src/policy/filter';

function programOf(text: string): FilterProgram {
  return ipfDialect.lower(ipfDialect.parse(text), { file: 'ipf.conf' }).policy.filter!;
}

function bodyOf(rule: string): FilterRuleBody {
  const [chain] = programOf(`${rule}\n`).chains.values();
  return chain!.rules[0]!.body;
}

function textsOf(text: string): Record<string, string[]> {
  return Object.fromEntries(
    [...programOf(text).chains].map(([name, chain]) => [name, chain.rules.map((r) => r.body.text)]),
  );
}

const number = (field: string, ...set: [number, number][]) => ({ kind: 'number', field, set });

describe('what a rule matches', () => {
  it.each([
    ['port = 80', [[80, 80]]],
    ['port eq 80', [[80, 80]]],
    [
      'port != 80',
      [
        [0, 79],
        [81, 65535],
      ],
    ],
    [
      'port ne 80',
      [
        [0, 79],
        [81, 65535],
      ],
    ],
    ['port < 80', [[0, 79]]],
    ['port lt 80', [[0, 79]]],
    ['port <= 80', [[0, 80]]],
    ['port le 80', [[0, 80]]],
    ['port > 80', [[81, 65535]]],
    ['port gt 80', [[81, 65535]]],
    ['port >= 80', [[80, 65535]]],
    ['port ge 80', [[80, 65535]]],
    ['port 80 >< 90', [[81, 89]]],
    [
      'port 80 <> 90',
      [
        [0, 79],
        [91, 65535],
      ],
    ],
    ['port 80:90', [[80, 90]]],
    ['port = http', [[80, 80]]],
  ])('%s', (test, set) => {
    expect(bodyOf(`pass in proto tcp from any to any ${test}`).match).toEqual({
      kind: 'and',
      of: [number('protocol', [6, 6]), { kind: 'number', field: 'destination-port', set }],
    });
  });

  it('ports without a protocol mean TCP and UDP', () => {
    expect(bodyOf('pass in from any port = 53 to any').match).toEqual({
      kind: 'and',
      of: [number('protocol', [6, 6], [17, 17]), number('source-port', [53, 53])],
    });
  });

  it('a literal address sets the family', () => {
    expect(bodyOf('pass in from !10.0.0.0/8 to any').match).toEqual({
      kind: 'and',
      of: [
        { kind: 'family', family: 4 },
        {
          kind: 'not',
          of: { kind: 'address', field: 'source', set: { v4: [[0x0a000000, 0x0affffff]], v6: [] } },
        },
      ],
    });
  });

  it('any matches both families', () => {
    expect(bodyOf('pass in from any to any').match).toEqual({ kind: 'all' });
  });

  it('inet6 with plain `all` is ignored, as ipf does; with `from any to any` it counts', () => {
    expect(bodyOf('pass in inet6 all').match).toEqual({ kind: 'all' });
    expect(bodyOf('pass in inet6 from any to any').match).toEqual({ kind: 'family', family: 6 });
  });

  it('ipf6.conf is loaded with `ipf -6`: a rule that names no family is for IPv6', () => {
    const parse = ipfDialect.parse('pass in from any to any\n');
    const texts = ['/etc/ipf6.conf', '/etc/ipf.conf'].map(
      (file) => ipfDialect.lower(parse, { file }).policy.filter!.chains.get('in')!.rules[0]!.body.text,
    );
    expect(texts).toEqual(['pass in inet6 from any to any', 'pass in from any to any']);
  });

  it('a mask with holes is no mask to ipf: every address of the family', () => {
    expect(bodyOf('pass in from 10.0.0.5/255.0.0.255 to any').match).toEqual({ kind: 'family', family: 4 });
  });

  it.each([
    ['flags S', 0x02, 0x3f],
    ['flags S/SA', 0x02, 0x12],
    ['flags /S', 0, 0x02],
    ['flags 2/18', 0x02, 0x12],
    ['flags SAEC', 0xd2, 0x3f],
  ])('%s', (flags, value, mask) => {
    expect(bodyOf(`pass in proto tcp all ${flags}`).match).toEqual({
      kind: 'and',
      of: [number('protocol', [6, 6]), { kind: 'tcp-flags', value, mask }],
    });
  });

  it('tests each with their own `not`', () => {
    expect(bodyOf('block in all with short, not frags, ipopts').match).toEqual({
      kind: 'and',
      of: [
        { kind: 'condition', condition: 'short' },
        { kind: 'not', of: { kind: 'condition', condition: 'fragment' } },
        { kind: 'condition', condition: 'ip-options' },
      ],
    });
  });

  it('options wanted and unwanted together, a class unwanted does not forbid its option', () => {
    expect(bodyOf('block in all with opt lsrr,ssrr not opt sec-class secret').match).toEqual({
      kind: 'and',
      of: [
        { kind: 'family', family: 4 },
        { kind: 'ip-options', set: [131, 137], clear: [], security: { value: 0, mask: 4 } },
      ],
    });
  });

  it('pools, dynamic addresses and interfaces', () => {
    expect(bodyOf('pass in on ppp0 from pool/7 to (ppp0)/32').match).toEqual({
      kind: 'and',
      of: [
        { kind: 'interface', field: 'interface', names: ['ppp0'] },
        { kind: 'family', family: 4 },
        { kind: 'pool', field: 'source', pool: { type: 'pool', name: '7' } },
        {
          kind: 'interface-address',
          field: 'destination',
          of: { name: 'ppp0', part: 'address', length: 32 },
        },
      ],
    });
  });

  it('a host name and a BPF expression about one are said to be unmodelled', () => {
    expect(bodyOf('pass in from gw.example.org to any').match).toEqual({
      kind: 'and',
      of: [
        { kind: 'family', family: 4 },
        { kind: 'unmodelled', what: 'the host name gw.example.org, which only the gateway can resolve' },
      ],
    });
    expect(bodyOf('pass in bpf-v4 { "host gw.example.org" }').match).toEqual({
      kind: 'unmodelled',
      what: 'bpf-v4 { "host gw.example.org" }',
    });
  });

  it('a BPF program is a test of packets of its family', () => {
    expect(bodyOf('pass in on fxp0 bpf-v4 { "0x6 0 0 0x60" }').match).toEqual({
      kind: 'and',
      of: [
        { kind: 'interface', field: 'interface', names: ['fxp0'] },
        { kind: 'bpf', family: 4, program: [{ code: 6, whenTrue: 0, whenFalse: 0, operand: 0x60 }] },
      ],
    });
  });
});

describe('expressions', () => {
  it('are tests joined by "and", of values joined by "or"', () => {
    expect(bodyOf('pass in exp { "ip.src != 1.1.1.0/24; tcp.dport = 80,443;" }').match).toEqual({
      kind: 'and',
      of: [
        {
          kind: 'not',
          of: { kind: 'address', field: 'source', set: { v4: [[0x01010100, 0x010101ff]], v6: [] } },
        },
        {
          kind: 'and',
          of: [
            number('protocol', [6, 6]),
            {
              kind: 'or',
              of: [number('destination-port', [80, 80]), number('destination-port', [443, 443])],
            },
          ],
        },
      ],
    });
  });

  it('one that is not known is said to be unmodelled', () => {
    expect(bodyOf('pass in exp { "tcp.state = 4;" }').match).toEqual({
      kind: 'unmodelled',
      what: 'exp { "tcp.state = 4;" }',
    });
  });
});

describe('what a rule does', () => {
  it.each([
    ['pass in all', { kind: 'pass' }],
    ['block in all', { kind: 'block' }],
    ['block return-rst in all', { kind: 'block', answer: { kind: 'rst' } }],
    ['block return-icmp in all', { kind: 'block', answer: { kind: 'icmp', code: 0, asDestination: false } }],
    [
      'block return-icmp(port-unr) in all',
      { kind: 'block', answer: { kind: 'icmp', code: 3, asDestination: false } },
    ],
    [
      'block return-icmp-as-dest (13) in all',
      { kind: 'block', answer: { kind: 'icmp', code: 13, asDestination: true } },
    ],
    ['count in all', { kind: 'account' }],
    ['nomatch in all', { kind: 'nomatch' }],
    ['auth in all', { kind: 'auth' }],
    ['preauth in all', { kind: 'preauth' }],
    ['log in all', undefined],
    ['skip 3 in all', undefined],
  ])('%s', (rule, verdict) => {
    expect(bodyOf(rule).verdict).toEqual(verdict);
  });

  it('quick stops, skip skips, a head leads to the group of its direction', () => {
    expect(bodyOf('pass in quick all').next).toEqual({ kind: 'stop' });
    expect(bodyOf('pass in all').next).toEqual({ kind: 'continue' });
    expect(bodyOf('skip 3 in all').next).toEqual({ kind: 'skip', count: 3 });
    expect(bodyOf('block in quick all head 10').next).toEqual({
      kind: 'head',
      chain: 'in group 10',
      stop: true,
    });
    expect(bodyOf('call now srcgrpmap/1010 in all').next).toEqual({
      kind: 'call',
      function: 'srcgrpmap',
      argument: '1010',
      stop: false,
      now: true,
    });
  });

  it('state with its options', () => {
    expect(
      bodyOf(
        'pass in proto tcp all keep state(limit 5, strict, newisn, no-icmp-err, age 600/60, icmp-head 9)',
      ).keepState,
    ).toEqual({ limit: 5, strict: true, newIsn: true, noIcmpErrors: true, age: [600, 60], icmpHead: '9' });
    expect(bodyOf('pass in all keep state keep frags(strict)').keepFragments).toEqual({ strict: true });
  });

  it('routes, tags, rates and interfaces of the state', () => {
    const body = bodyOf(
      'pass in on le0,hme0 out-via ppp0,bge0 to ppp0:3.3.3.254 proto udp all keep state set-tag(log=1) pps 10',
    );
    expect(body.route).toEqual({ to: { interface: 'ppp0', nextHop: address4(0x030303fe) } });
    expect(body.interfaces).toEqual(['le0', 'hme0', 'ppp0', 'bge0']);
    expect(body.setTag).toEqual({ log: 1 });
    expect(bodyOf('pass out all set-tag(nat=x)').setTag).toEqual({ nat: 'x' });
    expect(body.packetsPerSecond).toBe(10);
  });
});

describe('lists, order and variables', () => {
  it('every list is a product, the first list varying fastest', () => {
    expect(textsOf('pass in from {1.1.1.1,2.2.2.2} to {3.3.3.3,4.4.4.4} port = {22,25}\n').in).toEqual([
      'pass in inet from 1.1.1.1/32 to 3.3.3.3/32 port = 22',
      'pass in inet from 2.2.2.2/32 to 3.3.3.3/32 port = 22',
      'pass in inet from 1.1.1.1/32 to 4.4.4.4/32 port = 22',
      'pass in inet from 2.2.2.2/32 to 4.4.4.4/32 port = 22',
      'pass in inet from 1.1.1.1/32 to 3.3.3.3/32 port = 25',
      'pass in inet from 2.2.2.2/32 to 3.3.3.3/32 port = 25',
      'pass in inet from 1.1.1.1/32 to 4.4.4.4/32 port = 25',
      'pass in inet from 2.2.2.2/32 to 4.4.4.4/32 port = 25',
    ]);
  });

  it('collections sort, `@N` inserts behind N rules of its collection', () => {
    expect(
      textsOf('100 pass in proto tcp all\npass in proto udp all\n@0 block in all\n@0 100 block in all\n').in,
    ).toEqual([
      'block in all',
      'pass in proto udp from any to any',
      '100 block in all',
      '100 pass in proto tcp from any to any',
    ]);
  });

  it('chains by direction, accounting and group', () => {
    expect(
      textsOf('block in all head 5\nblock out all\ncount in all\npass in quick proto tcp all group 5\n'),
    ).toEqual({
      in: ['block in all head 5'],
      out: ['block out all'],
      'account-in': ['count in all'],
      'in group 5': ['pass in quick proto tcp from any to any group 5'],
    });
  });

  it('a rule of a group takes the protocol of its head', () => {
    expect(
      textsOf('block in proto tcp/udp all head 5\npass in from 1.1.1.1 to any group 5\n')['in group 5'],
    ).toEqual(['pass in inet proto tcp/udp from 1.1.1.1/32 to any group 5']);
  });

  it('variables are text: half a rule, nested, in braces, side by side', () => {
    expect(
      textsOf(
        // biome-ignore lint/suspicious/noTemplateCurlyInString: ipf's own syntax
        'a=any;\nb="from $a";\nc=\'to $a\';\nd=block;\ne="pass in";\n$d in $b $c\nf=" $b $c";\n$e${f}\n',
      ).in,
    ).toEqual(['block in from any to any', 'pass in from any to any']);
  });

  it('a rule stands where it was written, a rule of a list once for each', () => {
    const program = programOf('# one\n\npass in all\nblock in from {1.1.1.1,2.2.2.2} to any\n');
    expect(program.chains.get('in')!.rules.map((r) => [r.origin.line, r.origin.start, r.origin.end])).toEqual(
      [
        [2, 7, 18],
        [3, 19, 57],
        [3, 19, 57],
      ],
    );
  });

  it('a rule with an error decides about no packet', () => {
    expect(textsOf('pass in proto tpc all\nblock in all\n')).toEqual({ in: ['block in all'] });
  });
});

describe('statements', () => {
  it('a rule goes on behind a backslash and in a line that begins with a clause', () => {
    const text = 'pass in \\\n proto tcp \\\n all\nblock in\n  from any\n  to any port = 80\npass out all\n';
    expect(ipfDialect.parse(text).statements.map((s) => s.text)).toEqual([
      'pass in \\\n proto tcp \\\n all\n',
      'block in\n  from any\n  to any port = 80\n',
      'pass out all\n',
    ]);
  });

  it('two rules on one line are two rules', () => {
    expect(textsOf('pass in all block out all\n')).toEqual({ in: ['pass in all'], out: ['block out all'] });
  });

  it('one changed line of 100,000 is one statement read again', () => {
    const lines = Array.from(
      { length: 100_000 },
      (_, i) => `pass in quick from 10.0.${i >> 8}.${i & 255} to any\n`,
    );
    const before = ipfDialect.parse(lines.join(''));
    lines[50_000] = 'block in from any to 10.1.1.1\n';
    const after = ipfDialect.parse(lines.join(''), before);
    expect(after.parsedCount).toBe(1);
    expect(after.statements[49_999]).toBe(before.statements[49_999]);
    expect(after.statements[50_001]).toBe(before.statements[50_001]);
  });
});
