import { describe, expect, it } from 'vitest';
import { A_SIDE, B_SIDE, codesIn, type Files, findingsIn, KEYS, only, RIGHT, twoGateways } from './support';

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
    expect(problem.message).toMatch(
      /^The tunnel is built from 192\.0\.2\.1, which is no address of B but of A:/,
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
