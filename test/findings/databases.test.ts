import { describe, expect, it } from 'vitest';
import {
  A_SIDE,
  B_SIDE,
  codesIn,
  type Files,
  findingsIn,
  KEYS,
  only,
  RIGHT,
  SAS,
  twoGateways,
} from './support';

const OUT_A = 'spdadd 10.1.0.0/24 10.2.0.0/24 any -P out ipsec esp/tunnel/192.0.2.1-203.0.113.1/require;';

function withB(change: (text: string) => string): Files {
  return { ...RIGHT, 'B/ipsec.conf': change(B_SIDE) };
}

describe('ipsec/sa-mismatch', () => {
  const messageOf = (change: (text: string) => string) => {
    const { problem, on } = only(withB(change), 'ipsec/sa-mismatch');
    expect(on).toBe(`add 192.0.2.1 203.0.113.1 esp 0x1001 -m tunnel ${KEYS};`);
    expect(problem.witness).toBe('esp 192.0.2.1 > 203.0.113.1 spi 0x1001');
    return problem.message;
  };

  it('names what differs', () => {
    expect(messageOf((t) => t.replace('0x1001', '0x2001'))).toBe(
      'B has no association with SPI 0x1001 for ESP from 192.0.2.1 to 203.0.113.1, only 0x2001: it drops what A sends with this one as unknown. Give both files the same SPI.',
    );
    expect(
      messageOf((t) => t.replace('hmac-sha1 "example-only-SHA-key"', 'hmac-md5 "example-only-MD5"')),
    ).toContain('differ in the authentication algorithm (hmac-sha1 against hmac-md5)');
  });

  it('compares keys and never shows one', () => {
    const encryption = messageOf((t) => t.replace('"example-only-AES"', '"example-only-AEX"'));
    expect(encryption).toContain('A and B differ in the encryption key of the association 0x1001');
    const authentication = messageOf((t) => t.replace('"example-only-SHA-key"', '"example-only-SHA-kex"'));
    expect(authentication).toContain('differ in the authentication key');
    expect(encryption + authentication).not.toMatch(/example-only/);
  });

  it('only notes an association that never sends', () => {
    const more = `add 192.0.2.1 203.0.113.1 esp 0x1003 -m tunnel ${KEYS};\n`;
    const files = { ...RIGHT, 'A/ipsec.conf': A_SIDE.replace('spdadd', `${more}spdadd`) };
    const { on, problem } = only(files, 'ipsec/sa-mismatch');
    expect(on).toBe(more.trim());
    expect(problem.severity).toBe('information');
    expect(problem.message).toContain('As long as both have 0x1001, that one is used.');
  });

  it('is silent about names that mean the same, and about another tunnel’s keys', () => {
    expect(findingsIn(withB((t) => t.replaceAll('aes-cbc', 'rijndael-cbc')))).toEqual([]);
    const third = `add 203.0.113.1 198.51.100.9 esp 0x3001 -m tunnel ${KEYS};\n`;
    expect(findingsIn(withB((t) => third + t))).toEqual([]);
  });
});

describe('ipsec/several-sas', () => {
  const more = (id: string) => (text: string) =>
    text.replace('spdadd', `add 192.0.2.1 203.0.113.1 esp 0x1003 -m tunnel ${id}${KEYS};\nspdadd`);
  const both = (id: string): Files => ({
    ...RIGHT,
    'A/ipsec.conf': more(id)(A_SIDE),
    'B/ipsec.conf': more(id)(B_SIDE),
  });

  it('says which one sends', () => {
    const files = both('');
    expect(codesIn(files)).toEqual(['ipsec/several-sas']);
    const { on, problem } = only(files, 'ipsec/several-sas');
    expect(on).toBe(OUT_A);
    expect(problem.severity).toBe('information');
    expect(problem.message).toContain('A sends with 0x1001, the oldest, and never with 0x1003');
  });

  it('is silent when `unique` tells them apart', () => {
    const unique = (text: string) =>
      text
        .replace('0x1001 -m tunnel', '0x1001 -m tunnel -u 1')
        .replace('192.0.2.1-203.0.113.1/require', '192.0.2.1-203.0.113.1/unique:1');
    const files = both('-u 2 ');
    const told = {
      ...files,
      'A/ipsec.conf': unique(files['A/ipsec.conf']!),
      'B/ipsec.conf': files['B/ipsec.conf']!.replace('0x1001 -m tunnel', '0x1001 -m tunnel -u 1'),
    };
    expect(codesIn(told)).not.toContain('ipsec/several-sas');
  });
});

describe('ipsec/policy-hidden', () => {
  const none = 'spdadd 10.1.0.0/25 10.2.0.0/24 any -P out none;\n';

  it('stands at an entry that an earlier one covers', () => {
    const { on, problem } = only({ ...RIGHT, 'A/ipsec.conf': A_SIDE + none }, 'ipsec/policy-hidden');
    expect(on).toBe(none.trim());
    expect(problem.message).toBe(
      'This entry never decides: NetBSD takes the first that fits, and the entry in line 3 takes everything this one is for and says `ipsec esp/tunnel`, not `none`. Enter this one first.',
    );
    expect(problem.related).toMatchObject([{ message: 'takes the packets first' }]);
  });

  it('is silent when the narrow one comes first or reaches further', () => {
    const first = { ...RIGHT, 'A/ipsec.conf': A_SIDE.replace('spdadd', `${none}spdadd`) };
    expect(codesIn(first)).not.toContain('ipsec/policy-hidden');
    const wider = none.replace('10.1.0.0/25', '10.0.0.0/15');
    expect(codesIn({ ...RIGHT, 'A/ipsec.conf': A_SIDE + wider })).not.toContain('ipsec/policy-hidden');
  });
});

describe('ipsec/mirror', () => {
  it('misses the inbound policy of the other side', () => {
    const files = withB((t) => t.replace(/spdadd 10\.1.*\n/, ''));
    expect(codesIn(files)).toEqual(['ipsec/mirror']);
    const { on, problem } = only(files, 'ipsec/mirror');
    expect(on).toBe(OUT_A);
    expect(problem.message).toMatch(
      /^B has no `in` policy for all that this one sends: it takes 10\.1\.0\.10 to 10\.2\.0\.20 through the tunnel, and takes the same packets in clear from anybody\./,
    );
  });

  it('finds an inbound policy that is narrower', () => {
    const { on, problem } = only(
      withB((t) => t.replace('spdadd 10.1.0.0/24', 'spdadd 10.1.0.0/25')),
      'ipsec/mirror',
    );
    expect(on).toBe(OUT_A);
    expect(problem.witness).toBe('tcp 10.1.0.137:40000 > 10.2.0.20:80 S');
    expect(codesIn(withB((t) => t.replace('spdadd 10.1.0.0/24', 'spdadd 10.1.0.0/16')))).not.toContain(
      'ipsec/mirror',
    );
  });

  it('misses the outgoing policy of the other side', () => {
    const { on, problem } = only(
      withB((t) => t.replace(/spdadd 10\.2.*\n/, '')),
      'ipsec/mirror',
    );
    expect(on).toBe(OUT_A);
    expect(problem.message).toContain('do not go back through the tunnel');
    expect(problem.witness).toBe('tcp 10.2.0.20:80 > 10.1.0.10:40000 SA');
  });

  it('is silent when one wider outgoing policy of the other side takes the answers', () => {
    const wider = withB((t) =>
      t.replace(/spdadd 10\.2.*\n/, (line) =>
        line.replace('10.2.0.0/24 10.1.0.0/24', '10.2.0.0/16 10.0.0.0/8'),
      ),
    );
    expect(codesIn(wider)).not.toContain('ipsec/mirror');
  });
});

describe('ipsec/tunnel-end-not-own', () => {
  it('stands at a policy whose tunnel begins elsewhere', () => {
    const files = withB((t) =>
      t.replace('esp/tunnel/203.0.113.1-192.0.2.1', 'esp/tunnel/192.0.2.1-203.0.113.1'),
    );
    expect(codesIn(files)).toEqual(['ipsec/tunnel-end-not-own']);
    const { problem } = only(files, 'ipsec/tunnel-end-not-own');
    expect(problem.message).toBe(
      'The ends of this tunnel are the wrong way round: it leads from 192.0.2.1 to 203.0.113.1, which is B itself. An `out` policy of B begins at 203.0.113.1.',
    );
    const copied = only({ ...RIGHT, 'B/ipsec.conf': A_SIDE }, 'ipsec/tunnel-end-not-own');
    expect(copied.problem.message).toMatch(
      /^This is a policy of the other side: .* At B it is `in`, and `out` is/,
    );
  });

  it('is silent about a second address of the gateway, and about inbound policies', () => {
    const second = {
      ...RIGHT,
      'gatewalk.yaml': twoGateways()
        .replace('203.0.113.1/24,', '203.0.113.9/24,')
        .replace('lan0: 10.2.0.1/24', 'lan0: 10.2.0.1/24\n      lo1: 203.0.113.1/32'),
    };
    expect(codesIn(second)).not.toContain('ipsec/tunnel-end-not-own');
    const inbound = withB((t) =>
      t.replace(
        '-P in ipsec esp/tunnel/192.0.2.1-203.0.113.1',
        '-P in ipsec esp/tunnel/192.0.2.1-203.0.113.99',
      ),
    );
    expect(codesIn(inbound)).not.toContain('ipsec/tunnel-end-not-own');
  });
});

describe('ipsec/esp-behind-one-address', () => {
  /** Two clients behind N, each with a tunnel of its own to B. */
  const behind = (protocol: 'esp' | 'esp-udp', nat: string, secondPeer = '203.0.113.1'): Files => {
    const port = protocol === 'esp' ? '' : ' [4500]';
    const client = (own: string, spi: string, peer: string) =>
      `add ${own}${port} ${peer}${port} ${protocol} ${spi} -m tunnel ${KEYS};\nadd ${peer}${port} ${own}${port} ${protocol} ${spi}0 -m tunnel ${KEYS};\nspdadd ${own} 10.2.0.0/24 any -P out ipsec esp/tunnel/${own}-${peer}/require;\nspdadd 10.2.0.0/24 ${own} any -P in ipsec esp/tunnel/${peer}-${own}/require;\n`;
    return {
      'gatewalk.yaml': `networks: { C: 172.16.9.0/24, Z: internet }
gateways:
  first: { interfaces: { e0: 172.16.9.11/24 }, routes: { default: 172.16.9.1 }, policy: [first.conf] }
  second: { interfaces: { e0: 172.16.9.12/24 }, routes: { default: 172.16.9.1 }, policy: [second.conf] }
  N:
    interfaces: { e0: 172.16.9.1/24, e1: { address: 192.0.2.1/24, network: Z } }
    routes: { default: 192.0.2.254 }
    policy: [n.ipnat]
`,
      'first.conf': `#!/sbin/setkey -f\n${client('172.16.9.11', '0x1001', '203.0.113.1')}`,
      'second.conf': `#!/sbin/setkey -f\n${client('172.16.9.12', '0x1002', secondPeer)}`,
      'n.ipnat': nat,
    };
  };
  const MASQUERADE =
    'map e1 172.16.9.0/24 -> 192.0.2.1/32 portmap tcp/udp 40000:60000\nmap e1 172.16.9.0/24 -> 192.0.2.1/32\n';

  it('stands at the mapping that gives both tunnels one address', () => {
    const { on, problem } = only(behind('esp', MASQUERADE), 'ipsec/esp-behind-one-address');
    expect(on).toBe('map e1 172.16.9.0/24 -> 192.0.2.1/32');
    expect(problem.witness).toBe('esp 172.16.9.12 > 203.0.113.1');
    expect(problem.message).toMatch(/^first and second both send ESP to 203\.0\.113\.1 as 192\.0\.2\.1,/);
  });

  it('is silent with ESP in UDP, with two peers, and with an address for each', () => {
    const code = 'ipsec/esp-behind-one-address';
    expect(codesIn(behind('esp-udp', MASQUERADE))).not.toContain(code);
    expect(codesIn(behind('esp', MASQUERADE, '203.0.113.2'))).not.toContain(code);
    const each = 'bimap e1 172.16.9.11/32 -> 192.0.2.11/32\nbimap e1 172.16.9.12/32 -> 192.0.2.12/32\n';
    expect(codesIn(behind('esp', each))).not.toContain(code);
  });
});

describe('ipsec/inner-rule-never-sees', () => {
  const withFilter = (ipf: string, platform = 'netbsd', more = ''): Files => ({
    ...RIGHT,
    'gatewalk.yaml': twoGateways({ platform, b: '[B/ipsec.conf, B/ipf.conf]' })
      .replaceAll('      lan0', '      enc0: {}\n      lan0')
      .replaceAll('    policy: [B', `${more}    policy: [B`),
    'B/ipf.conf': ipf,
  });
  const rule = 'block in quick on wan0 from 10.1.0.0/24 to 10.2.0.0/24';

  it('stands at a filter rule for what the tunnel hides', () => {
    const { on, problem } = only(withFilter(`${rule}\n`), 'ipsec/inner-rule-never-sees');
    expect(on).toBe(rule);
    expect(problem.message).toBe(
      'This rule never sees what the tunnel carries from 10.1.0.0/24 to 10.2.0.0/24: on wan0 NetBSD shows the filter only the protected packet, and does not show the unpacked one there again. The rule only meets packets that are in clear. Write it as `out on lan0`, or change the policy.',
    );
  });

  it('is silent about rules that are not about the tunnel, and about rules where it shows', () => {
    expect(findingsIn(withFilter('block in quick on wan0 from 10.0.0.0/8 to any\n'))).toEqual([]);
    expect(findingsIn(withFilter('pass out on lan0 from 10.1.0.0/24 to 10.2.0.0/24\n'))).toEqual([]);
    expect(findingsIn(withFilter('pass in on wan0 from 192.0.2.1/32 to 203.0.113.1/32\n'))).toEqual([]);
  });

  it('follows the settings that show unpacked packets to the filter', () => {
    const enc = 'pass in quick on enc0 from 10.1.0.0/24 to 10.2.0.0/24\n';
    const { problem } = only(withFilter(enc, 'freebsd'), 'ipsec/inner-rule-never-sees');
    expect(problem.message).toContain(
      'net.enc.in.ipsec_filter_mask is 1, so enc0 shows the filter only the packet with its outer addresses.',
    );
    const mask = '    settings: { net.enc.in.ipsec_filter_mask: 2 }\n';
    expect(findingsIn(withFilter(enc, 'freebsd', mask))).toEqual([]);
    const filtertunnel = '    settings: { net.inet.ipsec.filtertunnel: 1 }\n';
    const pass = rule.replace('block', 'pass');
    expect(codesIn(withFilter(`${pass}\n`, 'freebsd'))).toEqual(['ipsec/inner-rule-never-sees']);
    expect(findingsIn(withFilter(`${pass}\n`, 'freebsd', filtertunnel))).toEqual([]);
  });

  it('says so when enc0 shows nothing at all', () => {
    const enc = 'pass in quick on enc0 from 10.1.0.0/24 to 10.2.0.0/24\n';
    const none = '    settings: { net.enc.in.ipsec_filter_mask: 0 }\n';
    expect(only(withFilter(enc, 'freebsd', none), 'ipsec/inner-rule-never-sees').problem.message).toContain(
      'net.enc.in.ipsec_filter_mask is 0, so enc0 shows the filter nothing. Write it as `out on lan0`, or set',
    );
  });

  it('takes a rule for the other side’s network alone: a pass, or anything on enc0', () => {
    const codes = ['ipsec/inner-rule-never-sees'];
    expect(codesIn(withFilter('pass in quick on wan0 from 10.1.0.0/24 to any\n'))).toEqual(codes);
    expect(codesIn(withFilter('pass out quick on wan0 from any to 10.1.0.0/24\n'))).toEqual(codes);
    expect(codesIn(withFilter('block in on enc0 from any to 10.2.0.0/24\n', 'freebsd'))).toEqual(codes);
    // What was redirected comes by the outside, too.
    expect(findingsIn(withFilter('pass in quick on wan0 from any to 10.2.0.20/32\n'))).toEqual([]);
    expect(findingsIn(withFilter('pass in quick on wan0 from any to any\n'))).toEqual([]);
  });

  it('only notes a block that may be meant against forged packets or leaks', () => {
    const { problem } = only(
      withFilter('block in quick on wan0 from 10.1.0.0/24 to any\n'),
      'ipsec/inner-rule-never-sees',
    );
    expect(problem.severity).toBe('information');
    expect(problem.message).toMatch(/ As a guard against forged packets it is right as it is\.$/);
    const out = only(
      withFilter('block out quick on wan0 from 10.2.0.0/24 to 10.1.0.0/24\n'),
      'ipsec/inner-rule-never-sees',
    );
    expect(out.problem.severity).toBe('information');
  });

  it('takes a rule for one host out of the tunnel’s network', () => {
    const one = 'block in quick on wan0 from 10.1.0.77/32 to 10.2.0.20/32';
    expect(only(withFilter(`${one}\n`), 'ipsec/inner-rule-never-sees').problem.witness).toBe(
      'tcp 10.1.0.77:40000 > 10.2.0.20:80 S',
    );
  });

  it('takes a rule for a port inside transport mode, and none that sees the protected packet', () => {
    const sas = SAS.replaceAll(' -m tunnel', '');
    const transport = (ipf: string, platform = 'netbsd'): Files => ({
      'gatewalk.yaml': twoGateways({ platform, b: '[B/ipsec.conf, B/ipf.conf]' }),
      'A/ipsec.conf': `${sas}spdadd 192.0.2.1 203.0.113.1 any -P out ipsec esp/transport//require;
spdadd 203.0.113.1 192.0.2.1 any -P in ipsec esp/transport//require;
`,
      'B/ipsec.conf': `${sas}spdadd 203.0.113.1 192.0.2.1 any -P out ipsec esp/transport//require;
spdadd 192.0.2.1 203.0.113.1 any -P in ipsec esp/transport//require;
`,
      'B/ipf.conf': ipf,
    });
    const telnet = 'block in quick on wan0 proto tcp from 192.0.2.1/32 to 203.0.113.1/32 port = 23\n';
    const { problem } = only(transport(telnet), 'ipsec/inner-rule-never-sees');
    expect(problem.message).toBe(
      'This rule never sees what travels protected from 192.0.2.1/32 to 203.0.113.1/32: on wan0 NetBSD shows the filter only the protected packet, and does not show the unpacked one there again. The rule only meets packets that are in clear. Say it in the policy (`discard`), or let the service refuse it.',
    );
    expect(problem.witness).toBe('tcp 192.0.2.1:40000 > 203.0.113.1:23 S');
    expect(findingsIn(transport('pass in quick on wan0 from 192.0.2.1/32 to 203.0.113.1/32\n'))).toEqual([]);
    expect(
      findingsIn(transport('pass in quick on wan0 proto esp from 192.0.2.1/32 to 203.0.113.1/32\n')),
    ).toEqual([]);
  });

  it('offers no place to a translation where there is none, and enc0 where there is', () => {
    const map = 'map wan0 from 10.1.0.0/24 to 10.2.0.0/24 -> 192.0.2.99/32';
    const nat = (platform: string, line = map): Files => ({
      ...RIGHT,
      'gatewalk.yaml': twoGateways({ platform, a: '[A/ipsec.conf, A/ipnat.conf]' }),
      'A/ipnat.conf': `${line}\n`,
    });
    const say = (files: Files) => only(files, 'ipsec/inner-rule-never-sees').problem.message;
    expect(say(nat('netbsd'))).toMatch(
      / NetBSD has no place for it: let the gateway at the other end translate/,
    );
    expect(say(nat('freebsd'))).toMatch(/ Write it on enc0 and bring enc0 up \(enc\(4\)\)\.$/);
    const rdr = 'rdr wan0 10.1.0.80/32 port 80 -> 10.1.0.10 port 80 tcp';
    expect(say(nat('netbsd', rdr))).toMatch(
      / let the other side use the real address, or redirect at its gateway/,
    );
  });

  it('stands at a translation for the other side that comes behind the tunnel', () => {
    const files = (platform: string): Files => ({
      'gatewalk.yaml': twoGateways({ platform, a: '[A/ipsec.conf, A/ipnat.conf]' }),
      'A/ipsec.conf': A_SIDE,
      'A/ipnat.conf': 'bimap wan0 10.1.0.0/24 -> 10.9.0.0/24\n',
      'B/ipsec.conf': B_SIDE.replaceAll('10.1.0.0/24', '10.9.0.0/24'),
    });
    const { file, problem } = only(files('netbsd'), 'ipsec/inner-rule-never-sees');
    expect(file).toBe('A/ipnat.conf');
    expect(problem.message).toBe(
      'B’s policies are for 10.9.0.0/24, as this rule would make it, but NetBSD puts the packets into the tunnel before NAT on wan0 sees them: 10.1.0.10 arrives at B untranslated. NetBSD has no place for it: make the policies of both sides for the addresses as they are, or let B translate what comes out of the tunnel.',
    );
    expect(only(files('freebsd'), 'ipsec/inner-rule-never-sees').problem.message).toContain(
      'Write it on enc0, up and with',
    );
    expect(codesIn(files('netbsd'))).not.toContain('ipsec/mirror');
  });

  it('leaves a policy for the translated network to the finding about the order', () => {
    const files: Files = {
      'gatewalk.yaml': twoGateways({ platform: 'freebsd', a: '[A/ipsec.conf, A/ipnat.conf]' })
        .replace('      lan0', '      enc0: {}\n      lan0')
        .replace('    policy: [A', '    settings: { net.enc.in.ipsec_filter_mask: 2 }\n    policy: [A'),
      'A/ipsec.conf': A_SIDE.replaceAll('10.1.0.0/24', '10.9.0.0/24'),
      'A/ipnat.conf': 'bimap enc0 10.1.0.0/24 -> 10.9.0.0/24\n',
      'B/ipsec.conf': B_SIDE.replaceAll('10.1.0.0/24', '10.9.0.0/24'),
    };
    const { file, problem } = only(files, 'ipsec/matches-only-after-nat');
    expect(file).toBe('A/ipsec.conf');
    expect(problem.message).toBe(
      'This policy is for 10.9.0.0/24, as NAT on enc0 would make it, but enc0 shows only what a policy has taken, and FreeBSD looks policies up before: none is for 10.1.0.10:40000 > 10.2.0.20:80 tcp S, and it crosses Z in clear. Enter an `out` policy from its own network to 10.2.0.0/24 with the same tunnel; the other side’s policies stay.',
    );
    // The policies mirror each other, apart from what NAT makes of the answers.
    expect(only(files, 'ipsec/mirror').problem.severity).toBe('information');
  });

  it('stands at a translation on enc0 whose answers enc0 does not show', () => {
    const files = (mask: number): Files => ({
      'gatewalk.yaml': twoGateways({ platform: 'freebsd', a: '[A/ipsec.conf, A/ipnat.conf]' })
        .replace('      lan0', '      enc0: {}\n      lan0')
        .replace('    policy: [A', `    settings: { net.enc.in.ipsec_filter_mask: ${mask} }\n    policy: [A`),
      'A/ipsec.conf': A_SIDE,
      'A/ipnat.conf': 'bimap enc0 10.1.0.0/24 -> 10.9.0.0/24\n',
      'B/ipsec.conf': B_SIDE.replaceAll('10.1.0.0/24', '10.9.0.0/24'),
    });
    const found = findingsIn(files(1));
    expect(found.map((f) => f.code)).toEqual(['ipsec/inner-rule-never-sees']);
    expect(found[0]!.problem).toMatchObject({ witness: 'tcp 10.2.0.20:80 > 10.9.0.10:40000 SA' });
    expect(found[0]!.problem.message).toContain('nobody turns the address back into 10.1.0.10. Set');
    expect(findingsIn(files(2))).toEqual([]);
  });

  it('notes an exemption from NAT that this order does not need', () => {
    const exemption = 'no map wan0 from 10.1.0.0/24 to 10.2.0.0/24;';
    const nat = (platform: string): Files => ({
      ...RIGHT,
      'gatewalk.yaml': twoGateways({ platform, a: '[A/ipsec.conf, A/ipnat.conf]' }),
      'A/ipnat.conf': `${exemption}\nmap wan0 10.1.0.0/24 -> 192.0.2.1/32\n`,
    });
    const { on, problem } = only(nat('netbsd'), 'ipsec/inner-rule-never-sees');
    expect(on).toBe(exemption);
    expect(problem.severity).toBe('information');
    expect(findingsIn(nat('netbsd-2000'))).toEqual([]);
  });
});
