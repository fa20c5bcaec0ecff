import { describe, expect, it } from 'vitest';
import { setkeyDialect } from '../../server/src/dialects/setkey';

const first = (text: string) => setkeyDialect.parse(text).statements[0]!;
const explain = (text: string) => setkeyDialect.explain(first(text));

describe('statements', () => {
  it('are commands up to `;` with what follows on the line, and blank and comment lines of their own', () => {
    const text =
      '# head\n\nspdflush; # now\n  spdadd ::1 ::2 any\n# inside\n\t-P out none;\nflush; dump;\nflush';
    expect(setkeyDialect.parse(text).statements.map((s) => s.text)).toEqual([
      '# head\n',
      '\n',
      'spdflush; # now\n',
      '  spdadd ::1 ::2 any\n# inside\n\t-P out none;\n',
      'flush; ',
      'dump;\n',
      'flush',
    ]);
  });

  it('an edit reads one of them again', () => {
    const text = Array.from(
      { length: 500 },
      (_, i) => `spdadd 10.0.${i >> 8}.${i & 255} 10.1.0.1 any -P out none;\n`,
    ).join('');
    const before = setkeyDialect.parse(text);
    expect(before.parsedCount).toBe(500);
    const at = text.indexOf('10.0.0.250');
    const after = setkeyDialect.parse(`${text.slice(0, at)}172.16.0.1${text.slice(at + 10)}`, before);
    expect(after.parsedCount).toBeLessThanOrEqual(2);
  });
});

describe('tokens', () => {
  it('name every mark', () => {
    const text = 'add 10.0.0.1[80] 10.0.0.2 esp 0x100 -m any -E aes-cbc "k" -A null; # c';
    expect(
      setkeyDialect.tokens(first(text)).map((t) => `${t.kind} ${text.slice(t.range.start, t.range.end)}`),
    ).toEqual([
      'action add',
      'address 10.0.0.1',
      'operator [',
      'number 80',
      'operator ]',
      'address 10.0.0.2',
      'protocol esp',
      'number 0x100',
      'keyword -m',
      'keyword any',
      'keyword -E',
      'algorithm aes-cbc',
      'key "k"',
      'keyword -A',
      'algorithm null',
      'comment # c',
    ]);
  });
});

describe('names', () => {
  it('an SPI is defined by `add` and used by `delete`, whatever way it is written', () => {
    const of = (text: string) =>
      setkeyDialect
        .names(first(text))
        .map((n) => `${n.role} ${n.kind} ${n.name} ${n.range.start}-${n.range.end}`);
    expect(of('add ::1 ::2 esp 0x1000 -E null;')).toEqual(['definition SPI 4096 16-22']);
    expect(of('delete ::1 ::2 esp 4096;')).toEqual(['reference SPI 4096 19-23']);
    expect(of('flush;')).toEqual([]);
  });
});

describe('completion', () => {
  /** Labels of what can stand at the `|`. */
  const at = (marked: string): string[] => {
    const offset = marked.indexOf('|');
    const statement = first(marked.replace('|', ''));
    return setkeyDialect.expected(statement, offset).map((e) => e.label);
  };

  it('commands at the beginning, protocols of an SA, options and algorithms in their places', () => {
    expect(at('sp|')).toContain('spdadd');
    expect(at('add 10.0.0.1 10.0.0.2 |')).toEqual([
      'esp',
      'esp-old',
      'esp-udp',
      'ah',
      'ah-old',
      'ipcomp',
      'tcp',
    ]);
    expect(at('add ::1 ::2 esp 1000 |')).toEqual([
      '-m',
      '-f',
      '-r',
      '-u',
      '-lh',
      '-ls',
      '-bh',
      '-bs',
      '-esp_frag',
      '-ctx',
      '-E',
      '-A',
      '-C',
    ]);
    expect(at('add ::1 ::2 esp 1000 -m |')).toEqual(['transport', 'tunnel', 'any']);
    expect(at('add ::1 ::2 esp 1000 -E aes|')).toContain('aes-gcm-16');
    expect(at('add ::1 ::2 ah 1000 -A |')).toContain('hmac-sha2-256');
    expect(at('add ::1 ::2 ipcomp 1000 -C |')).toEqual(['deflate', 'oui', 'lzs']);
  });

  it('the parts of a policy, in the middle of a request too', () => {
    expect(at('spdadd ::1 ::2 any |')).toEqual(['-P']);
    expect(at('spdadd ::1 ::2 any -P |')).toEqual(['in', 'out', 'fwd']);
    expect(at('spdadd ::1 ::2 any -P out |')).toEqual([
      'priority',
      'discard',
      'none',
      'ipsec',
      'entrust',
      'bypass',
    ]);
    expect(at('spdadd ::1 ::2 any -P out ipsec |')).toEqual(['esp', 'ah', 'ipcomp']);
    expect(at('spdadd ::1 ::2 any -P out ipsec esp/|')).toEqual(['transport', 'tunnel']);
    expect(at('spdadd ::1 ::2 any -P out ipsec esp/tunnel/|')).toEqual(['source-destination']);
    expect(at('spdadd ::1 ::2 any -P out ipsec esp/transport//r|;')).toEqual([
      'default',
      'use',
      'require',
      'unique',
    ]);
  });

  it('replaces the word at the cursor, and is silent in comments and strings', () => {
    const statement = first('spdadd ::1 ::2 any -P out ipsec esp/trans//use;');
    const [expectation] = setkeyDialect.expected(statement, 40);
    expect(expectation).toMatchObject({ label: 'transport', replace: { start: 36, end: 41 } });
    expect(at('# sp|')).toEqual([]);
    expect(at('flush; # a|')).toEqual([]);
    expect(at('add ::1 ::2 esp 1000 -E aes-cbc "ab|c"')).toEqual([]);
  });

  it('brings the documentation of the vocabulary, which ends with the manual page', () => {
    const require = setkeyDialect
      .expected(first('spdadd ::1 ::2 any -P out ipsec esp/transport//'), 47)
      .find((e) => e.label === 'require');
    expect(require?.documentation).toBe(
      'Protected, or not sent at all: without an association the packet is dropped and a key daemon asked. setkey(8)',
    );
    for (const word of setkeyDialect.vocabulary.words) expect(word.documentation).toMatch(/setkey\(8\)$/);
  });
});

describe('explanations', () => {
  it('of policies', () => {
    expect(
      explain('spdadd 10.0.1.0/24 10.0.2.0/24 any -P out ipsec esp/tunnel/20.0.0.1-20.0.0.2/require;'),
    ).toBe(
      'Packets from 10.0.1.0/24 to 10.0.2.0/24 that leave are put into an ESP tunnel from 20.0.0.1 to 20.0.0.2. Without an SA they are dropped (require).',
    );
    expect(
      explain('spdadd 10.0.1.0/24 10.0.2.2[80] tcp -P out ipsec esp/transport//use ah/transport//use;'),
    ).toBe(
      'TCP packets from 10.0.1.0/24 to 10.0.2.2[80] that leave are put into ESP (transport mode), then into AH (transport mode). Without an SA they leave in clear (use).',
    );
    expect(explain('spdadd 0.0.0.0/0 10.0.2.2 any -P in ipsec esp/transport//require;')).toBe(
      'Packets from anywhere to 10.0.2.2 that arrive must have come in ESP (transport mode). In clear they are dropped (require).',
    );
    expect(explain('spdadd ::1 ::2 icmp6 128,0 -P in discard;')).toBe(
      'ICMP6 packets of type 128 code 0 from ::1 to ::2 that arrive are dropped.',
    );
    expect(explain('spddelete ::1 ::2 any -P in;')).toBe(
      'Removes the policy for packets from ::1 to ::2 that arrive.',
    );
  });

  it('of associations', () => {
    expect(
      explain(
        'add 20.0.0.1 20.0.0.2 esp 10000 -m tunnel -r 4 -E aes-cbc "0123456789abcdef" -A hmac-sha1 "01234567890123456789";',
      ),
    ).toBe(
      'ESP packets from 20.0.0.1 to 20.0.0.2 with SPI 10000 (0x2710), tunnel mode: encrypted with aes-cbc, authenticated with hmac-sha1.',
    );
    expect(explain('add 20.0.0.1 20.0.0.2 esp 10000 -E null;')).toBe(
      'ESP packets from 20.0.0.1 to 20.0.0.2 with SPI 10000 (0x2710), transport or tunnel mode: not encrypted. Replayed packets are accepted (no `-r`).',
    );
  });

  it('of nothing where there is nothing to say', () => {
    expect(explain('# comment')).toBeUndefined();
    expect(explain('spdadd ::1')).toBeUndefined();
  });
});

describe('outline', () => {
  it('names policies by direction and selectors, associations by their ends', () => {
    const of = (text: string) => setkeyDialect.symbol(first(text));
    expect(of('spdadd 10.0.1.0/24 10.0.2.2[80] tcp -P out ipsec esp/transport//use;')).toEqual({
      name: 'out 10.0.1.0/24 > 10.0.2.2[80] tcp',
      detail: 'out ipsec esp/transport//use',
      kind: 'policy',
    });
    expect(of('add ::1 ::2 ah 1000 -A null;')).toEqual({
      name: 'ah ::1 > ::2',
      detail: 'SPI 1000 null',
      kind: 'association',
    });
    expect(of('\n')).toBeUndefined();
  });
});

describe('format', () => {
  const format = (text: string) => setkeyDialect.format?.(first(text));

  it('evens the blanks out, keeps words, comments and line breaks', () => {
    expect(format('spdadd   10.0.1.0/24  10.0.2.2[80]   tcp\n      -P  out\n  none ;  # why\n')).toBe(
      'spdadd 10.0.1.0/24 10.0.2.2[80] tcp\n\t-P out\n\tnone; # why\n',
    );
    expect(format('  flush ; dump;')).toBe('flush; ');
  });

  it('leaves what is even, and what has a problem', () => {
    expect(format('spdadd ::1 ::2 any -P out ipsec esp/transport//use;\n')).toBeUndefined();
    expect(format('spdadd   ::1 ::2   any -P outt none;\n')).toBeUndefined();
  });
});

describe('notes behind words', () => {
  const notes = (text: string) =>
    setkeyDialect.hints?.(first(text)).map((h) => `${h.offset} ${h.kind} ${h.text}`);

  it('the addresses of an odd prefix, the number of a service', () => {
    expect(notes('spdadd 10.0.1.0/20 10.0.2.0/24[http] tcp -P out none;')).toEqual([
      '18 addresses 10.0.0.0 - 10.0.15.255',
      '35 service 80',
    ]);
    expect(notes('spdadd 10.0.1.5/24 10.0.2.0/24[80] tcp -P out none;')).toEqual([
      '18 addresses 10.0.1.0 - 10.0.1.255',
    ]);
  });
});

describe('detection', () => {
  it('tells the three languages of ipsec.conf apart by content', () => {
    const of = (head: string, name = '/etc/ipsec.conf') => setkeyDialect.detect(name, head);
    expect(of('#!/usr/sbin/setkey -f\n')).toBe(1);
    expect(of('# policies\nspdflush;\nspdadd ::1 ::2 any -P out none;\n')).toBe(0.95);
    expect(of('add 10.0.0.1 10.0.0.2 esp 1000 -E null;\n')).toBe(0.95);
    expect(of('ike esp from 10.0.1.0/24 to 10.0.2.0/24 peer 192.0.2.1\n')).toBe(0);
    expect(of('flow esp from 10.0.1.0/24 to 10.0.2.0/24\n')).toBe(0);
    expect(of('esp from 192.0.2.1 to 192.0.2.2 spi 0x1000 auth hmac-sha2-256\n')).toBe(0);
    expect(of('config setup\n\tuniqueids=no\nconn %default\n')).toBe(0);
    expect(of('# nothing yet\n')).toBeGreaterThan(0);
    expect(of('', '/etc/ipsec-tools.conf')).toBeGreaterThan(of(''));
    expect(of('pass in all\n', '/etc/ipf.conf')).toBe(0);
  });
});
