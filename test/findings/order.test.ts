import { describe, expect, it } from 'vitest';
import { projectOf } from '../harness/workspace';
import { A_SIDE, B_SIDE, codesIn, type Files, findingsIn, fixed, only, RIGHT, twoGateways } from './support';

const WITNESS = 'tcp 10.1.0.10:40000 > 10.2.0.20:80 S';
const MAP = 'map wan0 10.1.0.0/24 -> 192.0.2.1/32\n';
const OUT_POLICY =
  'spdadd 10.1.0.0/24 10.2.0.0/24 any -P out ipsec esp/tunnel/192.0.2.1-203.0.113.1/require;';

function withNat(platform: string, nat: string, files: Files = RIGHT): Files {
  const yaml = twoGateways({ platform, a: '[A/ipsec.conf, A/ipnat.conf]' });
  return { ...files, 'gatewalk.yaml': yaml, 'A/ipnat.conf': nat };
}

describe('a tunnel that is right', () => {
  it('has no finding, with NAT for the rest or without', () => {
    expect(findingsIn(RIGHT)).toEqual([]);
    expect(findingsIn(withNat('netbsd', MAP))).toEqual([]);
    expect(findingsIn(withNat('freebsd', MAP))).toEqual([]);
  });
});

describe('ipsec/nat-catches-tunnel', () => {
  it('stands at the rule that takes tunnel traffic where NAT comes first', () => {
    const files = withNat('netbsd-2000', MAP);
    expect(codesIn(files)).toEqual(['ipsec/matches-only-before-nat', 'ipsec/nat-catches-tunnel']);
    const found = only(files, 'ipsec/nat-catches-tunnel');
    expect(found).toMatchObject({ file: 'A/ipnat.conf', on: MAP.trim() });
    expect(found.problem).toMatchObject({ severity: 'warning', witness: WITNESS });
    expect(found.problem.message).toContain(
      'Here it turns 10.1.0.10:40000 > 10.2.0.20:80 tcp S into 192.0.2.1:40000 > 10.2.0.20:80 tcp S',
    );
    expect(found.problem.fixes?.[0]?.title).toBe('Exempt 10.1.0.0/24 to 10.2.0.0/24 from this rule');
    expect(findingsIn(fixed(files, found))).toEqual([]);
  });

  it('is silent about a mapping of another network', () => {
    expect(findingsIn(withNat('netbsd-2000', 'map wan0 10.3.0.0/24 -> 192.0.2.1/32\n'))).toEqual([]);
  });

  it('stands at a redirection that takes the tunnel’s own packets away', () => {
    const yaml = twoGateways({ b: '[B/ipsec.conf, B/ipnat.conf]' });
    const bimap = 'bimap wan0 10.2.0.20/32 -> 203.0.113.1/32\n';
    const found = only(
      { ...RIGHT, 'gatewalk.yaml': yaml, 'B/ipnat.conf': bimap },
      'ipsec/nat-catches-tunnel',
    );
    expect(found).toMatchObject({ file: 'B/ipnat.conf', on: bimap.trim() });
    expect(found.problem.message).toContain(
      '192.0.2.1 > 203.0.113.1 esp spi 0x1001 is for B itself and goes to 10.2.0.20 instead',
    );
    const another = 'bimap wan0 10.2.0.20/32 -> 203.0.113.2/32\n';
    expect(findingsIn({ ...RIGHT, 'gatewalk.yaml': yaml, 'B/ipnat.conf': another })).toEqual([]);
  });

  it('stands at a redirection on the inside, which comes before the look-up', () => {
    const rdr = 'rdr lan0 10.2.0.20/32 port 80 -> 198.51.100.5 port 80 tcp\n';
    const found = only(withNat('netbsd', rdr), 'ipsec/nat-catches-tunnel');
    expect(found.on).toBe(rdr.trim());
    expect(found.problem.message).toContain('NetBSD translates on the way in, before it looks policies up.');
    expect(found.problem.witness).toBe(WITNESS);
    const elsewhere = 'rdr lan0 198.51.100.9/32 port 80 -> 198.51.100.5 port 80 tcp\n';
    expect(findingsIn(withNat('netbsd', elsewhere))).toEqual([]);
  });
});

describe('ipsec/exemption-too-late', () => {
  const taker = 'map wan0 from 10.1.0.0/24 to any -> 192.0.2.1/32\n';
  const exemption = 'no map wan0 from 10.1.0.0/24 to 10.2.0.0/24;\n';

  it('stands at the exemption behind the rule that takes the packet', () => {
    const files = withNat('netbsd-2000', taker + exemption);
    const found = only(files, 'ipsec/exemption-too-late');
    expect(found).toMatchObject({ file: 'A/ipnat.conf', on: exemption.trim() });
    expect(found.problem.message).toMatch(
      /^This exemption comes too late: the rule in line 1 takes the packet first/,
    );
    expect(found.problem.related?.map((r) => r.message)).toEqual([
      'takes the packet first',
      'the policy that should have protected it',
    ]);
    expect(codesIn(files)).not.toContain('ipsec/nat-catches-tunnel');
    expect(findingsIn(fixed(files, found))).toEqual([]);
  });

  it('is silent when the exemption comes first', () => {
    expect(findingsIn(withNat('netbsd-2000', exemption + taker))).toEqual([]);
  });
});

describe('ipsec/matches-only-before-nat', () => {
  it('stands at the policy that NAT takes the packet away from', () => {
    const found = only(withNat('netbsd-2000', MAP), 'ipsec/matches-only-before-nat');
    expect(found).toMatchObject({ file: 'A/ipsec.conf', on: OUT_POLICY });
    expect(found.problem.message).toMatch(/^NetBSD before 2001 translates before it looks this policy up/);
  });
});

describe('ipsec/matches-only-after-nat', () => {
  const forTranslated = {
    ...RIGHT,
    'A/ipsec.conf': A_SIDE.replaceAll('10.1.0.0/24', '192.0.2.1/32'),
    'B/ipsec.conf': B_SIDE.replaceAll('10.1.0.0/24', '192.0.2.1/32'),
  };

  it('needs no sample packet', () => {
    const files = withNat('netbsd', MAP, forTranslated);
    expect(codesIn(files)).toEqual(['ipsec/matches-only-after-nat']);
    const found = only(files, 'ipsec/matches-only-after-nat');
    expect(found.on).toBe(OUT_POLICY.replace('10.1.0.0/24', '192.0.2.1/32'));
    expect(found.problem.witness).toBe(WITNESS);
    const { project } = projectOf(files);
    expect(project.packets).toEqual([]);
  });

  it('is silent where NAT comes first and the policy is right for it', () => {
    expect(findingsIn(withNat('netbsd-2000', MAP, forTranslated))).toEqual([]);
  });
});

describe('ipsec/leaves-in-clear', () => {
  it('finds a policy narrower than what the answers must match', () => {
    const files = {
      ...RIGHT,
      'A/ipsec.conf': A_SIDE.replace('spdadd 10.1.0.0/24', 'spdadd 10.1.0.0/25'),
    };
    const found = only(files, 'ipsec/leaves-in-clear');
    expect(found).toMatchObject({
      file: 'A/ipsec.conf',
      on: OUT_POLICY.replace('10.1.0.0/24', '10.1.0.0/25'),
    });
    expect(found.problem.witness).toBe('tcp 10.1.0.137:40000 > 10.2.0.20:80 S');
    expect(found.problem.message).toBe(
      'The policy is for sources in 10.1.0.0/25, and 10.1.0.137 is not one of them. 10.1.0.137:40000 > 10.2.0.20:80 tcp S crosses Z in clear, although A requires protection of the answers. Make both policies cover the same packets.',
    );
  });

  it('finds what only the peer demands', () => {
    const files = {
      ...RIGHT,
      'A/ipsec.conf': A_SIDE.replaceAll('10.1.0.0/24', '10.1.0.0/25'),
    };
    const found = only(files, 'ipsec/leaves-in-clear');
    expect(found.problem.message).toContain('crosses Z in clear, and B requires it to come protected');
    expect(found.problem.related?.[0]).toMatchObject({
      file: '/w/B/ipsec.conf',
      message: 'B requires protection',
    });
  });

  it('is silent when the inbound policy only uses protection where it is there', () => {
    const files = {
      ...RIGHT,
      'A/ipsec.conf': A_SIDE.replaceAll('10.1.0.0/24', '10.1.0.0/25'),
      'B/ipsec.conf': B_SIDE.replace('192.0.2.1-203.0.113.1/require', '192.0.2.1-203.0.113.1/use'),
    };
    expect(codesIn(files)).not.toContain('ipsec/leaves-in-clear');
  });

  it('is silent about what a policy lets out in clear on purpose', () => {
    const none = 'spdadd 10.1.0.128/25 10.2.0.0/24 any -P out none;\n';
    const files = { ...RIGHT, 'A/ipsec.conf': A_SIDE.replace('spdadd 10.1', `${none}spdadd 10.1`) };
    expect(codesIn(files)).not.toContain('ipsec/leaves-in-clear');
  });

  it('tells why the gateway’s own sample packet misses the tunnel', () => {
    const own = (line: string) => ({
      ...RIGHT,
      'gatewalk.yaml': twoGateways({ more: `packets:\n  own: ${line}\n` }),
    });
    const found = only(own('icmp 192.0.2.1 > 10.2.0.20 echo'), 'ipsec/leaves-in-clear');
    expect(found.on).toBe(OUT_POLICY);
    expect(found.problem.message).toContain('Let the program send from 10.1.0.1 (`ping -S 10.1.0.1`');
    expect(findingsIn(own('icmp 10.1.0.1 > 10.2.0.20 echo'))).toEqual([]);
  });
});

describe('ipsec/ports-of-forwarded-unread', () => {
  const files = {
    ...RIGHT,
    'A/ipsec.conf': A_SIDE.replace('10.2.0.0/24 any -P out', '10.2.0.0/24[80] tcp -P out'),
  };

  it('stands at a policy with ports where the kernel reads none of what it forwards', () => {
    const found = only(files, 'ipsec/ports-of-forwarded-unread');
    expect(found.on).toBe(OUT_POLICY.replace('10.2.0.0/24 any', '10.2.0.0/24[80] tcp'));
    expect(found.problem.witness).toBe(WITNESS);
    expect(found.problem.message).toContain('NetBSD does not read the ports of packets it forwards');
  });

  it('is silent where they are read, and for the gateway’s own packets', () => {
    const freebsd = { ...files, 'gatewalk.yaml': twoGateways({ platform: 'freebsd' }) };
    expect(codesIn(freebsd)).not.toContain('ipsec/ports-of-forwarded-unread');
    const own = (text: string) =>
      text
        .replaceAll('10.1.0.0/24', '192.0.2.1')
        .replaceAll('10.2.0.0/24 any -P out', '10.2.0.0/24[80] tcp -P out');
    const host = {
      ...RIGHT,
      'A/ipsec.conf': own(A_SIDE),
      'B/ipsec.conf': B_SIDE.replaceAll('10.1.0.0/24', '192.0.2.1'),
    };
    expect(codesIn(host)).not.toContain('ipsec/ports-of-forwarded-unread');
  });
});
