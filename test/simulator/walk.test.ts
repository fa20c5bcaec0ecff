import { describe, expect, it } from 'vitest';
import type { WalkResult } from '../../server/src/analysis/snapshot';
import { fragmentsToText } from '../../server/src/simulator/trace';
import { projectOf } from '../harness/workspace';

const NETWORK = `
networks: { X: 10.1.0.0/24, Z: internet }
gateways:
  A:
    interfaces:
      fxp0: 10.1.0.1/24
      fxp1: { address: 192.0.2.1/24, network: Z }
    routes: { default: 192.0.2.254 }
    policy: [policy.conf]
hosts: { x: 10.1.0.10, z: 198.51.100.80 }
`;

function walkOf(files: Record<string, string>, reply = false): WalkResult {
  const { project } = projectOf(files);
  const packet = project.packets[0];
  if (packet === undefined) throw new Error('no sample packet');
  return project.walk({ packet, reply });
}

/** The walk of one packet line through gateway A. */
function walkThroughA(line: string, more = '', policy = ''): WalkResult {
  return walkOf({
    'gatewalk.yaml': `${NETWORK.replace('policy: [policy.conf]', policy === '' ? '' : 'policy: [policy.conf]')}${more}packets:\n  p: "${line}"\n`,
    ...(policy === '' ? {} : { 'policy.conf': policy }),
  });
}

function verdictOf(result: WalkResult): string {
  const { kind, node, reason, said } = result.trace.verdict;
  return `${kind} at ${node} (${reason}): ${fragmentsToText(said)}`;
}

/** Node, stage and outcome of the steps that say something. */
function stagesOf(result: WalkResult, depth = 0): string[] {
  return result.trace.steps
    .filter((s) => !s.quiet && s.depth === depth)
    .map((s) => `${s.node} ${s.stage} ${s.outcome}`);
}

describe('a walk', () => {
  it('reaches a host over a gateway, with one hop less to live', () => {
    const result = walkThroughA('udp 10.1.0.10:1 > 198.51.100.80:2');
    expect(stagesOf(result)).toEqual([
      'x send sent',
      'X wire sent',
      'A route-out continue',
      'Z wire sent',
      'z deliver delivered',
    ]);
    expect(result.trace.steps.at(-1)!.after.bytes[8]).toBe(63);
  });

  it('comes back the way the packet went', () => {
    const files = {
      'gatewalk.yaml': `${NETWORK.replace('policy: [policy.conf]', '')}packets: { p: "udp 192.0.2.1:1 > 198.51.100.80:2" }`,
    };
    expect(verdictOf(walkOf(files, true))).toBe(
      'delivered at A (delivered): A itself takes 198.51.100.80:2 > 192.0.2.1:1 udp.',
    );
  });

  it.each([
    [
      'a TTL that runs out',
      'udp 10.1.0.10:1 > 198.51.100.80:2 ttl 1',
      'dropped at A (ttl-expired): TTL 1 runs out here; ICMP time exceeded goes back to the sender.',
    ],
    [
      'a private destination on the internet',
      'udp 10.1.0.10:1 > 10.99.0.1:2',
      'lost at Z (private-address-on-internet): 10.99.0.1 is a private address, and Z does not route it: the packet is lost.',
    ],
    [
      'a public address nobody listed',
      'udp 10.1.0.10:1 > 203.0.113.9:2',
      'delivered at Z (delivered): Reaches 203.0.113.9 somewhere in Z.',
    ],
    [
      'the gateway itself',
      'udp 10.1.0.10:1 > 10.1.0.1:2',
      'delivered at A (delivered): A itself takes 10.1.0.10:1 > 10.1.0.1:2 udp.',
    ],
    [
      'a source nobody owns',
      'udp 10.77.0.1:1 > 10.1.0.10:2',
      'lost at  (no-entry): No host or network has the source address 10.77.0.1. Add a host or a network for it, or say `from:`.',
    ],
  ])('ends for %s', (_what, line, expected) => {
    expect(verdictOf(walkThroughA(line))).toBe(expected);
  });

  it('walks the ICMP error to the sender as well', () => {
    const result = walkThroughA('udp 10.1.0.10:1 > 198.51.100.80:2 ttl 1');
    expect(stagesOf(result, 1)).toEqual(['A route-out continue', 'X wire sent', 'x deliver delivered']);
    const answer = result.trace.steps.at(-1)!.after.bytes;
    expect([answer[9], answer[20], answer[21]]).toEqual([1, 11, 0]);
  });

  it('drops what another gateway must forward when forwarding is off', () => {
    const files = {
      'gatewalk.yaml': `${NETWORK.replace('policy: [policy.conf]', 'forwarding: false')}packets: { p: "udp 10.1.0.10:1 > 198.51.100.80:2" }`,
    };
    expect(verdictOf(walkOf(files))).toBe(
      'dropped at A (not-forwarding): 198.51.100.80 is not an address of A, and forwarding is off.',
    );
  });

  it('sends fragments, and tells the MTU when it must not', () => {
    const network = NETWORK.replace('network: Z }', 'network: Z, mtu: 600 }').replace(
      'policy: [policy.conf]',
      '',
    );
    const walk = (line: string) => walkOf({ 'gatewalk.yaml': `${network}packets: { p: "${line}" }` });
    const split = walk('udp 10.1.0.10:1 > 198.51.100.80:2 len 1000');
    expect(split.trace.steps.filter((s) => s.node === 'Z').map((s) => s.before.bytes.length)).toEqual([
      596, 452,
    ]);
    const refused = walk('udp 10.1.0.10:1 > 198.51.100.80:2 len 1000 df');
    expect(refused.trace.verdict).toMatchObject({ kind: 'dropped', reason: 'too-big' });
    const error = refused.trace.steps.at(-1)!.after.bytes;
    expect([error[20], error[21], (error[26]! << 8) | error[27]!]).toEqual([3, 4, 600]);
  });

  it('ends when two gateways send a packet back and forth', () => {
    const result = walkOf({
      'gatewalk.yaml': `
networks: { L: 10.0.0.0/24 }
gateways:
  A: { interfaces: { e0: 10.0.0.1/24 }, routes: { default: 10.0.0.2 } }
  B: { interfaces: { e0: 10.0.0.2/24 }, routes: { default: 10.0.0.1 } }
hosts: { h: { address: 10.0.0.9, gateway: 10.0.0.1 } }
packets: { p: "udp 10.0.0.9:1 > 198.51.100.1:2 ttl 255" }
`,
    });
    expect(result.trace.verdict.kind).toBe('looped');
    expect(verdictOf(result)).toContain('The packet goes round without end');
  });

  it('ends when a policy takes its own tunnel’s packets', () => {
    const policy = [
      'add 192.0.2.1 203.0.113.1 esp 0x1000 -E rijndael-cbc "0123456789abcdef" -A hmac-sha1 "01234567890123456789";',
      'add 203.0.113.1 192.0.2.1 esp 0x1001 -E rijndael-cbc "0123456789abcdef" -A hmac-sha1 "01234567890123456789";',
      'spdadd 10.1.0.0/24 0.0.0.0/0 any -P out ipsec esp/tunnel/192.0.2.1-192.0.2.1/require;',
      'add 192.0.2.1 192.0.2.1 esp 0x1002 -m tunnel -E rijndael-cbc "0123456789abcdef" -A hmac-sha1 "01234567890123456789";',
    ].join('\n');
    const result = walkThroughA('udp 10.1.0.10:1 > 198.51.100.80:2', '', `#!/sbin/setkey -f\n${policy}\n`);
    expect(result.trace.verdict.kind).toBe('looped');
  });

  it('is uncertain where a rule has a clause nobody evaluates', () => {
    const result = walkThroughA(
      'tcp 10.1.0.10:1 > 198.51.100.80:21 S',
      '',
      'block in all\npass in quick on fxp0 to fxp1:192.0.2.7 all\n',
    );
    expect(result.trace.verdict.kind).toBe('uncertain');
  });
});

const TUNNEL = `
networks: { X: 10.1.0.0/24, Y: 10.2.0.0/24, Z: internet }
gateways:
  A:
    interfaces: { e0: 10.1.0.1/24, e1: { address: 192.0.2.1/24, network: Z } }
    routes: { default: 192.0.2.254 }
    policy: [a.conf]
    SETTINGS
  B:
    interfaces: { e0: 10.2.0.1/24, e1: { address: 203.0.113.1/24, network: Z } }
    routes: { default: 203.0.113.254 }
    policy: [b.conf]
hosts: { x: 10.1.0.10, y: 10.2.0.20 }
`;

const SAS = [
  '#!/sbin/setkey -f',
  'add 192.0.2.1 203.0.113.1 esp 0x1000 -E rijndael-cbc "0123456789abcdef" -A hmac-sha1 "01234567890123456789";',
  'add 203.0.113.1 192.0.2.1 esp 0x1001 -E rijndael-cbc "0123456789abcdef" -A hmac-sha1 "01234567890123456789";',
].join('\n');

function tunnelPolicy(here: string, there: string, inner: string, outer: string): string {
  return `${SAS}
spdadd ${here} ${there} any -P out ipsec esp/tunnel/${inner}-${outer}/require;
spdadd ${there} ${here} any -P in ipsec esp/tunnel/${outer}-${inner}/require;
`;
}

function walkTunnel(line: string, settings = ''): WalkResult {
  return walkOf({
    'gatewalk.yaml': `${TUNNEL.replace('SETTINGS', settings)}packets: { p: "${line}" }\n`,
    'a.conf': tunnelPolicy('10.1.0.0/24', '10.2.0.0/24', '192.0.2.1', '203.0.113.1'),
    'b.conf': tunnelPolicy('10.2.0.0/24', '10.1.0.0/24', '203.0.113.1', '192.0.2.1'),
  });
}

describe('a large packet in a tunnel', () => {
  it('crosses the network encrypted in every fragment, over ESP and over ESP in UDP', () => {
    const packet = 'udp 10.1.0.10:1 > 10.2.0.20:2 len 1460 df';
    const crossings = ({ trace }: WalkResult) =>
      trace.steps.filter((s) => s.node === 'Z').map((s) => s.protection);
    expect(crossings(walkTunnel(packet))).toEqual(['encrypted', 'encrypted']);
    const inUdp = (text: string) =>
      text.replaceAll(/add (\S+) (\S+) esp /g, 'add $1 [4500] $2 [4500] esp-udp ');
    const result = walkOf({
      'gatewalk.yaml': `${TUNNEL.replace('SETTINGS', '')}packets: { p: "${packet}" }\n`,
      'a.conf': inUdp(tunnelPolicy('10.1.0.0/24', '10.2.0.0/24', '192.0.2.1', '203.0.113.1')),
      'b.conf': inUdp(tunnelPolicy('10.2.0.0/24', '10.1.0.0/24', '203.0.113.1', '192.0.2.1')),
    });
    expect(crossings(result)).toEqual(['encrypted', 'encrypted']);
    expect(result.trace.verdict).toMatchObject({ kind: 'delivered', node: 'y' });
  });

  it('is fragmented as ESP and put together before it is decrypted', () => {
    const result = walkTunnel('udp 10.1.0.10:1 > 10.2.0.20:2 len 1460 df');
    expect(result.trace.verdict).toMatchObject({ kind: 'delivered', node: 'y' });
    expect(stagesOf(result).filter((s) => s.startsWith('B '))).toEqual([
      'B reassemble continue',
      'B reassemble changed',
      'B ipsec-in changed',
      'B ipsec-check pass',
      'B route-out continue',
      'B ipsec-out continue',
    ]);
  });

  it('is refused when DF is copied, and its sender is told what fits', () => {
    const result = walkTunnel(
      'udp 10.1.0.10:1 > 10.2.0.20:2 len 1460 df',
      'settings: { net.inet.ipsec.dfbit: 2 }',
    );
    expect(result.trace.verdict).toMatchObject({ kind: 'dropped', node: 'A', reason: 'too-big' });
    const answer = result.trace.steps.at(-1)!;
    expect([answer.node, answer.after.bytes[20], answer.after.bytes[21]]).toEqual(['x', 3, 4]);
    const told = (answer.after.bytes[26]! << 8) | answer.after.bytes[27]!;
    const fits = walkTunnel(
      `udp 10.1.0.10:1 > 10.2.0.20:2 len ${told - 28} df`,
      'settings: { net.inet.ipsec.dfbit: 2 }',
    );
    expect(fits.trace.verdict).toMatchObject({ kind: 'delivered', node: 'y' });
  });
});

describe('gif(4)', () => {
  const network = (tunnel: (ends: string) => string) => `
networks: { X: 10.1.0.0/24, Y: 10.2.0.0/24, Z: internet }
gateways:
  A:
    interfaces:
      e0: 10.1.0.1/24
      e1: { address: 192.0.2.1/24, network: Z }
      gif0: { address: 10.255.0.1/30${tunnel('192.0.2.1 > 203.0.113.1')} }
    routes: { default: 192.0.2.254, 10.2.0.0/24: 10.255.0.2 }
    policy: [a.ipf]
  B:
    interfaces:
      e0: 10.2.0.1/24
      e1: { address: 203.0.113.1/24, network: Z }
      gif0: { address: 10.255.0.2/30${tunnel('203.0.113.1 > 192.0.2.1')} }
    routes: { default: 203.0.113.254, 10.1.0.0/24: 10.255.0.1 }
    policy: [b.ipf]
hosts: { x: 10.1.0.10, y: 10.2.0.20 }
packets: { p: "udp 10.1.0.10:1 > 10.2.0.20:2" }
`;
  const rules = 'pass in all\npass out all\n';
  const walkGif = (tunnel: (ends: string) => string, b = rules) =>
    walkOf({ 'gatewalk.yaml': network(tunnel), 'a.ipf': rules, 'b.ipf': b });

  it('shows the filter the inner packet on gif0 and the outer one on the real interface', () => {
    const { trace } = walkGif((ends) => `, tunnel: ${ends}`);
    expect(trace.verdict).toMatchObject({ kind: 'delivered', node: 'y' });
    const filtered = trace.steps
      .filter((s) => s.stage === 'filter')
      .map((s) => `${s.node} ${s.direction} ${s.interface} ${s.before.bytes[9] === 4 ? 'outer' : 'inner'}`);
    expect(filtered).toEqual([
      'A in e0 inner',
      'A out gif0 inner',
      'A out e1 outer',
      'B in e1 outer',
      'B in gif0 inner',
      'B out e0 inner',
    ]);
  });

  it('obeys a rule on gif0', () => {
    expect(verdictOf(walkGif((ends) => `, tunnel: ${ends}`, 'block in on gif0 all\n'))).toContain(
      'dropped at B (filter-rule)',
    );
  });

  it('is refused by a tunnel with other ends', () => {
    const result = walkGif((ends) => `, tunnel: ${ends.replace('> 192.0.2.1', '> 192.0.2.9')}`);
    expect(verdictOf(result)).toContain('delivered at B (consumed): No tunnel interface of B is for');
  });

  it('is uncertain when nobody said where it ends', () => {
    expect(walkGif(() => '').trace.verdict.kind).toBe('uncertain');
  });
});

describe('a reply', () => {
  it('that goes another way and is filtered there says so', () => {
    const result = walkOf(
      {
        'gatewalk.yaml': `
networks: { X: 10.1.0.0/24, Y: 10.2.0.0/24 }
gateways:
  F:
    interfaces: { e0: 10.1.0.1/24, e1: 10.3.0.1/24 }
    routes: { 10.2.0.0/24: 10.1.0.2 }
    policy: [f.ipf]
  V: { interfaces: { e0: 10.1.0.2/24, e1: 10.2.0.1/24 } }
hosts: { x: { address: 10.1.0.10, gateway: 10.1.0.1 }, y: 10.2.0.20 }
packets: { p: "tcp 10.2.0.20:1 > 10.1.0.10:2 S" }
`,
        'f.ipf': 'block in all\npass in quick proto tcp from any to any flags S keep state\n',
      },
      true,
    );
    expect(verdictOf(result)).toMatch(
      /^dropped at F \(filter-rule\): .* The packet that this answers did not come through F: the answer goes another way, and finds no state there\.$/,
    );
  });

  it('does not come where nothing listens', () => {
    const files = {
      'gatewalk.yaml': `${NETWORK.replace('policy: [policy.conf]', 'listening: [tcp/22]')}packets: { p: "tcp 10.1.0.10:1 > 10.1.0.1:23 S" }`,
    };
    expect(verdictOf(walkOf(files, true))).toContain(
      'There is no reply but a refusal. Nothing listens on tcp port 23 of A; a TCP reset goes back.',
    );
  });
});

describe('a large packet in ESP in UDP', () => {
  it('crosses the network encrypted in every fragment, the later ones without ports too', () => {
    const udp = (text: string) => text.replaceAll(' esp 0x', ' esp-udp 0x');
    const { trace } = walkOf({
      'gatewalk.yaml': `${TUNNEL.replace('SETTINGS', '')}packets: { p: "udp 10.1.0.10:1 > 10.2.0.20:2 len 1460" }\n`,
      'a.conf': udp(tunnelPolicy('10.1.0.0/24', '10.2.0.0/24', '192.0.2.1', '203.0.113.1')),
      'b.conf': udp(tunnelPolicy('10.2.0.0/24', '10.1.0.0/24', '203.0.113.1', '192.0.2.1')),
    });
    expect(trace.verdict).toMatchObject({ kind: 'delivered', node: 'y' });
    const onZ = trace.steps.filter((s) => s.node === 'Z' && s.stage === 'wire');
    expect(onZ.map((s) => s.protection)).toEqual(['encrypted', 'encrypted']);
  });
});

describe('the inbound check by templates (Linux)', () => {
  const KEY = '-E rijndael-cbc "0123456789abcdef" -A hmac-sha1 "01234567890123456789"';
  const linux = (inbound: string, platform = 'linux') =>
    walkOf({
      'gatewalk.yaml': `${TUNNEL.replace('SETTINGS', '').replaceAll('    interfaces', `    platform: ${platform}\n    interfaces`)}packets: { p: "udp 10.1.0.10:1 > 10.2.0.20:2" }\n`,
      'a.conf': tunnelPolicy('10.1.0.0/24', '10.2.0.0/24', '192.0.2.1', '203.0.113.1'),
      'b.conf': tunnelPolicy('10.2.0.0/24', '10.1.0.0/24', '203.0.113.1', '192.0.2.1')
        .replaceAll(/^spdadd.* -P in .*$/gm, inbound)
        .concat(`add 198.51.100.9 203.0.113.1 esp 0x9999 -m tunnel ${KEY};\n`),
    });

  it('drops what came out of a tunnel that no policy is for', () => {
    expect(verdictOf(linux(''))).toBe(
      'dropped at B (inner-not-in-policy): No inbound policy (`fwd`) takes 10.1.0.10:1 > 10.2.0.20:2 udp, and Linux lets nothing out of a tunnel that no policy is for (XfrmInNoPols).',
    );
    expect(linux('', 'netbsd').trace.verdict).toMatchObject({ kind: 'delivered', node: 'y' });
  });

  it('drops what came by another tunnel than the policy names', () => {
    const other =
      'spdadd 10.1.0.0/24 10.2.0.0/24 any -P in ipsec esp/tunnel/198.51.100.9-203.0.113.1/require;';
    expect(linux(other).trace.verdict).toMatchObject({ kind: 'dropped', reason: 'inner-not-in-policy' });
    expect(linux(other, 'netbsd').trace.verdict).toMatchObject({ kind: 'delivered', node: 'y' });
  });
});

describe('NAT between the gateways', () => {
  const network = (mode: string) => `
networks: { X: 10.1.0.0/24, Y: 10.2.0.0/24, M: 192.168.7.0/24, Z: internet }
gateways:
  A:
    interfaces: { e0: 10.1.0.1/24, e1: 192.168.7.1/24 }
    routes: { default: 192.168.7.254 }
    policy: [a.conf]
  N:
    interfaces: { e0: 192.168.7.254/24, e1: { address: 192.0.2.1/24, network: Z } }
    routes: { default: 192.0.2.254 }
    policy: [n.ipnat]
  B:
    interfaces: { e0: 10.2.0.1/24, e1: { address: 203.0.113.1/24, network: Z } }
    routes: { default: 203.0.113.254 }
    policy: [b.conf]
hosts: { x: 10.1.0.10, y: 10.2.0.20 }
packets: { ${mode}: "udp 10.1.0.10:1 > 10.2.0.20:2" }
`;
  const keys = '-E rijndael-cbc "0123456789abcdef" -A hmac-sha1 "01234567890123456789"';
  const walkWith = (protocol: string, a: string, b: string) =>
    walkOf({
      'gatewalk.yaml': network(protocol),
      'a.conf': `#!/sbin/setkey -f\n${a}\nspdadd 10.1.0.0/24 10.2.0.0/24 any -P out ipsec ${protocol}/tunnel/192.168.7.1-203.0.113.1/require;\n`,
      'b.conf': `#!/sbin/setkey -f\n${b}\nspdadd 10.1.0.0/24 10.2.0.0/24 any -P in ipsec ${protocol}/tunnel/192.0.2.1-203.0.113.1/require;\n`,
      'n.ipnat':
        'map e1 192.168.7.0/24 -> 192.0.2.1/32 portmap tcp/udp 40000:60000\nmap e1 192.168.7.0/24 -> 192.0.2.1/32\n',
    });

  it('makes the check of AH fail', () => {
    const sa = '-A hmac-sha1 "01234567890123456789";';
    const result = walkWith(
      'ah',
      `add 192.168.7.1 203.0.113.1 ah 0x1000 ${sa}`,
      `add 192.0.2.1 203.0.113.1 ah 0x1000 ${sa}`,
    );
    expect(result.trace.verdict).toMatchObject({
      kind: 'dropped',
      node: 'B',
      reason: 'authentication-failed',
    });
  });

  it('leaves a wrong TCP checksum inside ESP in transport mode, and the receiver drops it', () => {
    const end = (source: string) =>
      `#!/sbin/setkey -f\nadd ${source} 203.0.113.1 esp 0x1000 -m transport ${keys};\n`;
    const walkOn = (line: string) =>
      walkOf({
        'gatewalk.yaml': network('p').replace(/packets: .*/, `packets: { p: "${line}" }`),
        'a.conf': `${end('192.168.7.1')}spdadd 192.168.7.1 203.0.113.1 any -P out ipsec esp/transport//require;\n`,
        'b.conf': end('192.0.2.1'),
        'n.ipnat': 'map e1 192.168.7.0/24 -> 192.0.2.1/32\n',
      });
    const { verdict } = walkOn('tcp 192.168.7.1:1 > 203.0.113.1:2 S').trace;
    expect(verdict).toMatchObject({ kind: 'dropped', node: 'B', reason: 'bad-checksum' });
    // ICMP's checksum covers no addresses.
    expect(walkOn('icmp 192.168.7.1 > 203.0.113.1 echo').trace.verdict.kind).toBe('delivered');
  });

  it('leaves ESP in tunnel mode readable', () => {
    const result = walkWith(
      'esp',
      `add 192.168.7.1 203.0.113.1 esp 0x1000 ${keys};`,
      `add 192.0.2.1 203.0.113.1 esp 0x1000 ${keys};`,
    );
    expect(result.trace.verdict).toMatchObject({ kind: 'delivered', node: 'y' });
  });

  it('passes ESP in UDP with translated ports', () => {
    const result = walkWith(
      'esp',
      `add 192.168.7.1 [4500] 203.0.113.1 [4500] esp-udp 0x1000 ${keys};`,
      `add 192.0.2.1 [40000] 203.0.113.1 [4500] esp-udp 0x1000 ${keys};`,
    );
    expect(result.trace.verdict).toMatchObject({ kind: 'delivered', node: 'y' });
    const onZ = result.trace.steps.find((s) => s.node === 'Z')!;
    expect(onZ.protection).toBe('encrypted');
  });
});
