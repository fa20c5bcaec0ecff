/** What sample packets bring up that no policy asks about. */
import { describe, expect, it } from 'vitest';
import { projectOf } from '../harness/workspace';
import { A_SIDE, B_SIDE, type Files, findingsIn, KEYS, twoGateways } from './support';

describe('ipsec/leaves-in-clear', () => {
  it('tells the gateway’s own packet and a redirected one apart, at one policy', () => {
    const files: Files = {
      'gatewalk.yaml': `${twoGateways({ a: '[A/ipsec.conf, A/ipnat.conf]' })}packets:
  own: icmp 192.0.2.1 > 10.2.0.20 echo
  sent-on: tcp 198.51.100.7:5000 > 192.0.2.1:8080 S
`,
      'A/ipsec.conf': A_SIDE,
      'A/ipnat.conf': 'rdr wan0 192.0.2.1/32 port 8080 -> 10.2.0.20 port 80 tcp\n',
      'B/ipsec.conf': B_SIDE,
    };
    const said = findingsIn(files).map((f) => f.problem.message);
    expect(said).toHaveLength(2);
    expect(said[0]).toMatch(/^A’s own packets leave with the address of the interface they go out by\./);
    expect(said[1]).toMatch(
      /^NAT at A sends this packet on to the network behind the tunnel, and its source/,
    );
    expect(said[1]).toContain('Let a proxy on A take it and ask from 10.1.0.1,');
  });

  it('is found between two tunnels of a hub', () => {
    const hub = (name: string, own: string, peer: string, lan: string, policies: string) => `  ${name}:
    interfaces: { lan0: ${lan}, wan0: { address: ${own}/24, network: Z } }
    routes: { default: ${peer} }
    policy: [${policies}]
`;
    const sa = (a: string, b: string, spi: number) =>
      `add ${a} ${b} esp ${spi} -m tunnel -E aes-cbc "example-only-AES";\nadd ${b} ${a} esp ${spi + 1} -m tunnel -E aes-cbc "example-only-AES";\n`;
    const both = (here: string, there: string, own: string, peer: string) =>
      `spdadd ${here} ${there} any -P out ipsec esp/tunnel/${own}-${peer}/require;\nspdadd ${there} ${here} any -P in ipsec esp/tunnel/${peer}-${own}/require;\n`;
    const [H, B, C] = ['198.51.100.1', '203.0.113.11', '203.0.113.22'] as const;
    const files = (more: string): Files => ({
      'gatewalk.yaml': `networks: { h: 10.0.0.0/24, b: 10.1.0.0/24, c: 10.2.0.0/24, Z: internet }
gateways:
${hub('hub', H, '198.51.100.254', '10.0.0.1/24', 'hub.conf')}${hub('B', B, '203.0.113.254', '10.1.0.1/24', 'b.conf')}${hub('C', C, '203.0.113.254', '10.2.0.1/24', 'c.conf')}`,
      'hub.conf': `flush;\n${sa(B, H, 0x1000)}${sa(C, H, 0x2000)}${both('10.0.0.0/24', '10.1.0.0/24', H, B)}${both('10.0.0.0/24', '10.2.0.0/24', H, C)}${more}`,
      'b.conf': `flush;\n${sa(B, H, 0x1000)}${both('10.1.0.0/24', '10.0.0.0/8', B, H)}`,
      'c.conf': `flush;\n${sa(C, H, 0x2000)}${both('10.2.0.0/24', '10.0.0.0/8', C, H)}`,
    });
    const found = findingsIn(files('')).filter((f) => f.code === 'ipsec/leaves-in-clear');
    expect(found.map((f) => f.file)).toEqual(['hub.conf', 'hub.conf']);
    expect(found[0]!.problem.message).toContain('and B requires it to come protected');
    const right = `spdadd 10.1.0.0/24 10.2.0.0/24 any -P out ipsec esp/tunnel/${H}-${C}/require;
spdadd 10.1.0.0/24 10.2.0.0/24 any -P in ipsec esp/tunnel/${B}-${H}/require;
spdadd 10.2.0.0/24 10.1.0.0/24 any -P out ipsec esp/tunnel/${H}-${B}/require;
spdadd 10.2.0.0/24 10.1.0.0/24 any -P in ipsec esp/tunnel/${C}-${H}/require;
`;
    expect(findingsIn(files(right)).map((f) => f.code)).not.toContain('ipsec/leaves-in-clear');
  });
});

describe('ipsec/mirror', () => {
  /** A behind the router N; what B calls A's end of the tunnel, and the port it answers to. */
  const behindNat = (nat: string, end: string, port: number): Files => ({
    'gatewalk.yaml': `networks: { X: 10.1.0.0/24, Y: 10.2.0.0/24, D: 172.16.0.0/24, Z: internet }
gateways:
  A:
    interfaces: { lan0: 10.1.0.1/24, wan0: 172.16.0.2/24 }
    routes: { default: 172.16.0.1 }
    policy: [a.conf]
  N:
    interfaces: { lan0: 172.16.0.1/24, wan0: { address: 192.0.2.1/24, network: Z } }
    routes: { default: 192.0.2.254 }
    policy: [n.ipnat]
  B:
    interfaces: { lan0: 10.2.0.1/24, wan0: { address: 203.0.113.1/24, network: Z } }
    routes: { default: 203.0.113.254 }
    policy: [b.conf]
`,
    'a.conf': `flush;
add 172.16.0.2 203.0.113.1 esp-udp 0x1001 -m tunnel ${KEYS};
add 203.0.113.1 172.16.0.2 esp-udp 0x1002 -m tunnel ${KEYS};
spdadd 10.1.0.0/24 10.2.0.0/24 any -P out ipsec esp/tunnel/172.16.0.2-203.0.113.1/require;
spdadd 10.2.0.0/24 10.1.0.0/24 any -P in ipsec esp/tunnel/203.0.113.1-172.16.0.2/require;
`,
    'b.conf': `flush;
add ${end}[${port}] 203.0.113.1[4500] esp-udp 0x1001 -m tunnel ${KEYS};
add 203.0.113.1[4500] ${end}[${port}] esp-udp 0x1002 -m tunnel ${KEYS};
spdadd 10.2.0.0/24 10.1.0.0/24 any -P out ipsec esp/tunnel/203.0.113.1-${end}/require;
spdadd 10.1.0.0/24 10.2.0.0/24 any -P in ipsec esp/tunnel/${end}-203.0.113.1/require;
`,
    'n.ipnat': `map wan0 172.16.0.0/24 -> 192.0.2.1/32 ${nat}\n`,
  });
  const messages = (files: Files) =>
    findingsIn(files)
      .filter((f) => f.code === 'ipsec/mirror')
      .map((f) => f.problem.message);

  it('names both addresses of an end behind NAT', () => {
    expect(messages(behindNat('', '172.16.0.2', 4500))).toEqual([
      'A builds its tunnel from 172.16.0.2, NAT on the way makes that 192.0.2.1, and B answers to 172.16.0.2, where it reaches nobody. At B the tunnel has to end at 192.0.2.1, in its policies and associations.',
    ]);
  });

  it('names the port that NAT made, unless NAT keeps it or the association has it', () => {
    expect(messages(behindNat('portmap udp 40000:40010', '192.0.2.1', 4500))[0]).toMatch(
      /^NAT on the way makes ESP in UDP of A come from port 40000 of 192\.0\.2\.1, and B answers to port 4500,/,
    );
    expect(messages(behindNat('portmap udp 40000:40010', '192.0.2.1', 40000))).toEqual([]);
    expect(messages(behindNat('', '192.0.2.1', 4500))).toEqual([]);
  });
});

describe('rules of another system’s language', () => {
  it('are named where the platform is, and the findings stay', () => {
    const found = (platform: string) =>
      findingsAndProblems({
        'gatewalk.yaml': twoGateways({ platform, a: '[A/ipsec.conf, A/ipnat.conf]' }),
        'A/ipsec.conf': A_SIDE,
        'A/ipnat.conf': 'map wan0 10.1.0.0/24 -> 0/32\n',
        'B/ipsec.conf': B_SIDE,
      });
    expect(found('linux')).toEqual([
      'ipsec/matches-only-before-nat',
      'ipsec/nat-catches-tunnel',
      'network/rules-stand-in',
    ]);
    expect(found('openbsd')).toEqual(['network/rules-stand-in']);
    expect(found('netbsd')).toEqual([]);
  });
});

function findingsAndProblems(files: Files): string[] {
  const { snapshot, project } = projectOf(files);
  return project.files
    .flatMap((uri) => [...snapshot.problemsOf(uri), ...snapshot.findingsOf(uri)])
    .map((p) => p.code)
    .sort();
}
