import { describe, expect, it } from 'vitest';
import {
  A_SIDE,
  B_SIDE,
  codesIn,
  type Files,
  findingsIn,
  fixed,
  KEYS,
  only,
  RIGHT,
  SAS,
  twoGateways,
} from './support';

const ESP = 'pass in quick on wan0 proto esp from 192.0.2.1/32 to 203.0.113.1/32';

describe('ipsec/tunnel-not-permitted', () => {
  const withFilter = (ipf: string, files: Files = RIGHT): Files => ({
    ...files,
    'gatewalk.yaml': twoGateways({ b: '[B/ipsec.conf, B/ipf.conf]' }),
    'B/ipf.conf': ipf,
  });

  it('stands at the rule that drops ESP, and puts the rule in front that passes it', () => {
    const files = withFilter('block in on wan0 all\npass in quick on lan0 all\n');
    const found = only(files, 'ipsec/tunnel-not-permitted');
    expect(found).toMatchObject({ file: 'B/ipf.conf', on: 'block in on wan0 all' });
    expect(found.problem.message).toBe(
      `The tunnel needs ESP here, and the filter of B drops it: 192.0.2.1 > 203.0.113.1 esp spi 0x1001 does not pass. Add \`${ESP}\`.`,
    );
    expect(found.problem.related).toMatchObject([
      { file: '/w/B/ipsec.conf', message: 'the policy that needs it' },
    ]);
    const after = fixed(files, found);
    expect(after['B/ipf.conf']).toBe(`${ESP}\nblock in on wan0 all\npass in quick on lan0 all\n`);
    expect(findingsIn(after)).toEqual([]);
  });

  it('is silent when ESP passes and the keys stand in the file', () => {
    expect(findingsIn(withFilter(`block in on wan0 all\n${ESP}\n`))).toEqual([]);
  });

  it('says when only the gateway’s own packets open the way', () => {
    const files = withFilter(
      'pass out quick on wan0 all keep state\nblock in on wan0 all\npass in quick on lan0 all\n',
    );
    expect(only(files, 'ipsec/tunnel-not-permitted').problem.message).toContain(
      'does not pass. Its state lets it in only once B has sent some itself, so the other side cannot begin. Add',
    );
  });

  it('asks for key exchange where no association is in the file', () => {
    const noKeys = {
      ...RIGHT,
      'A/ipsec.conf': A_SIDE.replace(SAS, ''),
      'B/ipsec.conf': B_SIDE.replace(SAS, ''),
    };
    const files = withFilter(`block in on wan0 all\n${ESP}\n`, noKeys);
    const found = only(files, 'ipsec/tunnel-not-permitted');
    expect(found.problem.witness).toBe('udp 192.0.2.1:500 > 203.0.113.1:500');
    expect(found.problem.fixes?.[0]?.title).toBe(
      'Add `pass in quick on wan0 proto udp from 192.0.2.1/32 port = 500 to 203.0.113.1/32 port = 500`',
    );
  });

  it('asks for UDP 4500 where ESP travels in UDP', () => {
    const nat = (text: string) => text.replaceAll(' esp 0x', ' esp-udp 0x');
    const files = withFilter(`block in on wan0 all\n${ESP}\n`, {
      ...RIGHT,
      'A/ipsec.conf': nat(A_SIDE),
      'B/ipsec.conf': nat(B_SIDE),
    });
    const found = only(files, 'ipsec/tunnel-not-permitted');
    expect(found.problem.message).toMatch(/^The tunnel needs ESP in UDP \(port 4500, NAT-T\) here/);
  });

  it('stands at the rule that takes only the first fragment of ESP in UDP', () => {
    const nat = (text: string) => text.replaceAll(' esp 0x', ' esp-udp 0x');
    const rule = 'pass in quick on wan0 proto udp from any to any port = 4500';
    const files: Files = {
      ...withFilter(`block in on wan0 all\n${rule}\n`),
      'A/ipsec.conf': nat(A_SIDE),
      'B/ipsec.conf': nat(B_SIDE),
    };
    const found = only(files, 'ipsec/tunnel-not-permitted');
    expect(found.on).toBe(rule);
    const after = fixed(files, found);
    expect(after['B/ipf.conf']).toBe(`block in on wan0 all\n${rule} keep state keep frags\n`);
    expect(findingsIn(after)).toEqual([]);
  });

  it('looks at both directions of a gateway nobody else is described for', () => {
    const files = {
      'ipsec.conf': A_SIDE,
      'ipf.conf': 'pass in quick on lan0 all\nblock in on wan0 all\nblock out on wan0 all\n',
    };
    const found = findingsIn(files).filter((f) => f.code === 'ipsec/tunnel-not-permitted');
    expect(found.map((f) => f.problem.fixes?.[0]?.title).sort()).toEqual([
      'Add `pass in quick on wan0 proto esp from 203.0.113.1/32 to 192.0.2.1/32`',
      'Add `pass out quick on wan0 proto esp from 192.0.2.1/32 to 203.0.113.1/32`',
    ]);
    expect(found.map((f) => f.problem.witness)).toContain('in on wan0 esp 203.0.113.1 > 192.0.2.1');
  });
});

describe('ipsec/nat-breaks-ah', () => {
  const ah = (text: string) => text.replaceAll('esp', 'ah').replaceAll('-E aes-cbc "example-only-AES" ', '');
  const files = (nat: string): Files => ({
    'gatewalk.yaml': twoGateways({ a: '[A/ipsec.conf, A/ipnat.conf]' }),
    'A/ipsec.conf': ah(A_SIDE),
    'B/ipsec.conf': ah(B_SIDE),
    'A/ipnat.conf': nat,
  });

  it('stands at the rule that changes an address AH covers', () => {
    const map = 'map wan0 192.0.2.1/32 -> 192.0.2.9/32\n';
    const found = only(files(map), 'ipsec/nat-breaks-ah');
    expect(found).toMatchObject({ file: 'A/ipnat.conf', on: map.trim() });
    expect(found.problem.message).toContain('B drops it: its authentication fails.');
  });

  it('is silent about a rule that leaves AH’s addresses as they are', () => {
    expect(findingsIn(files('map wan0 0/0 -> 0/32\n'))).toEqual([]);
    expect(findingsIn(files('map wan0 10.1.0.0/24 -> 192.0.2.9/32\n'))).toEqual([]);
  });
});

describe('ipsec/nat-breaks-transport-esp', () => {
  const transport = (protocol: string): Files => {
    const sas = `add 192.0.2.1 203.0.113.1 esp 0x1001 ${KEYS};\nadd 203.0.113.1 192.0.2.1 esp 0x1002 ${KEYS};\n`;
    const policy = (from: string, to: string, way: string) =>
      `spdadd ${from} ${to} ${protocol} -P ${way} ipsec esp/transport//require;\n`;
    return {
      'gatewalk.yaml': twoGateways({ a: '[A/ipsec.conf, A/ipnat.conf]' }),
      'A/ipnat.conf': 'map wan0 192.0.2.1/32 -> 192.0.2.9/32\n',
      'A/ipsec.conf':
        sas + policy('192.0.2.1', '203.0.113.1', 'out') + policy('203.0.113.1', '192.0.2.1', 'in'),
      'B/ipsec.conf':
        sas + policy('203.0.113.1', '192.0.2.1', 'out') + policy('192.0.2.1', '203.0.113.1', 'in'),
    };
  };

  it('stands at the rule that changes addresses a checksum inside was made for', () => {
    const found = only(transport('tcp'), 'ipsec/nat-breaks-transport-esp');
    expect(found.on).toBe('map wan0 192.0.2.1/32 -> 192.0.2.9/32');
    expect(found.problem.message).toContain('the TCP checksum inside was made for the old addresses');
  });

  it('is silent about ICMP, whose checksum does not cover addresses, and about tunnels', () => {
    expect(codesIn(transport('icmp'))).not.toContain('ipsec/nat-breaks-transport-esp');
    const tunnel = { ...RIGHT, ...pick(transport('tcp'), ['gatewalk.yaml', 'A/ipnat.conf']) };
    expect(codesIn(tunnel)).not.toContain('ipsec/nat-breaks-transport-esp');
  });
});

function pick(files: Files, names: readonly string[]): Files {
  return Object.fromEntries(names.map((n) => [n, files[n]!]));
}

describe('too big for the tunnel', () => {
  const withDf = (files: Files, a = '[A/ipsec.conf]'): Files => ({
    ...files,
    'gatewalk.yaml': twoGateways({ a }).replace(
      '    policy: [A',
      '    settings: { net.inet.ipsec.dfbit: 2 }\n    policy: [A',
    ),
  });

  it('says which segment fits, to the byte', () => {
    const files = withDf(RIGHT);
    expect(codesIn(files)).toEqual(['ipsec/mss-not-clamped', 'ipsec/too-big-after-encapsulation']);
    const big = only(files, 'ipsec/too-big-after-encapsulation');
    expect(big.problem.witness).toBe('tcp 10.1.0.10:40000 > 10.2.0.20:80 A len 1460 df');
    // 20 outer header, 8 ESP, 16 IV, 1440 (1438 of packet, 2 of trailer), 12 ICV: 1496; one byte more needs 1512.
    expect(only(files, 'ipsec/mss-not-clamped').problem.message).toMatch(
      /^The other side announces segments of 1460 bytes, and 1398 fit through the tunnel/,
    );
  });

  it('offers the rule that clamps where NAT rules are loaded', () => {
    const files = {
      ...withDf(RIGHT, '[A/ipsec.conf, A/ipnat.conf]'),
      'A/ipnat.conf': 'map wan0 10.1.0.0/24 -> 192.0.2.1/32\n',
    };
    const found = only(files, 'ipsec/mss-not-clamped');
    expect(found.file).toBe('A/ipnat.conf');
    const after = fixed(files, found);
    expect(after['A/ipnat.conf']).toContain(
      'map lan0 from 10.2.0.0/24 to 10.1.0.0/24 -> 0/0 mssclamp 1398\n',
    );
    expect(findingsIn(after)).toEqual([]);
  });

  it('is silent where the outer header clears DF and ESP is cut instead', () => {
    expect(findingsIn(RIGHT)).toEqual([]);
  });

  it('speaks of a sample packet that is lost', () => {
    const files = withDf(RIGHT);
    const yaml = `${files['gatewalk.yaml']}packets:\n  big: udp 10.1.0.10:1 > 10.2.0.20:9 len 1472 df\n`;
    const { problem } = only({ ...files, 'gatewalk.yaml': yaml }, 'ipsec/too-big-after-encapsulation');
    expect(problem.message).toMatch(
      /^A packet of 1500 bytes becomes 1560 bytes with its IPsec headers, more than the MTU of 1500 on wan0/,
    );
  });
});

describe('transport protection of a machine nobody described', () => {
  it('is for its own packets: nothing is said of forwarding', () => {
    const sas = `add 192.0.2.1 203.0.113.1 esp 0x1001 ${KEYS};\nadd 203.0.113.1 192.0.2.1 esp 0x1002 ${KEYS};\n`;
    const files = {
      'ipsec.conf': `${sas}spdadd 192.0.2.1 203.0.113.1[23] tcp -P out ipsec esp/transport//require;\nspdadd 203.0.113.1[23] 192.0.2.1 tcp -P in ipsec esp/transport//require;\nspdadd ::/0 ::1[9999] tcp -P out ipsec esp/transport//require;\n`,
    };
    expect(findingsIn(files)).toEqual([]);
  });
});
