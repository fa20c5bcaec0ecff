/** What the kernels do with odd requests and refused packets, each as its source file says. */
import { describe, expect, it } from 'vitest';
import type { WalkResult } from '../../server/src/analysis/snapshot';
import { fragmentsToText, type TraceStep } from '../../server/src/simulator/trace';
import { projectOf } from '../harness/workspace';

const KEYS = '-E aes-cbc "0123456789abcdef" -A hmac-sha1 "01234567890123456789"';
const SAS = `add 192.0.2.1 203.0.113.1 esp 0x1000 ${KEYS};\nadd 203.0.113.1 192.0.2.1 esp 0x1001 ${KEYS};\n`;

interface Sides {
  readonly platform?: string;
  readonly settings?: string;
  readonly more?: string;
  readonly listening?: string;
  readonly sas?: string;
  /** Request of the side that sends X > Y; `in` at B gets the same. */
  readonly request: string;
  readonly requestIn?: string;
  readonly files?: Record<string, string>;
}

function walkOf(packet: string, sides: Sides): WalkResult {
  const { platform = 'netbsd', settings = '{}', sas = SAS, files = {} } = sides;
  const common = `platform: ${platform}\n    settings: ${settings}\n    listening: [${sides.listening ?? ''}]`;
  const extra = Object.keys(files);
  const policy = (own: string) => `policy: [${[own, ...extra.filter((f) => f[0] === own[0])].join(', ')}]`;
  const { project } = projectOf({
    'gatewalk.yaml': `
networks: { X: 10.1.0.0/24, Y: 10.2.0.0/24, Z: internet }
gateways:
  A:
    interfaces: { e0: 10.1.0.1/24, e1: { address: 192.0.2.1/24, network: Z }${sides.more ?? ''} }
    routes: { default: 192.0.2.254 }
    ${policy('a.conf')}
    ${common}
  B:
    interfaces: { e0: 10.2.0.1/24, e1: { address: 203.0.113.1/24, network: Z }${sides.more ?? ''} }
    routes: { default: 203.0.113.254 }
    ${policy('b.conf')}
    ${common}
hosts: { x: 10.1.0.10, y: 10.2.0.20 }
packets: { p: "${packet}" }
`,
    'a.conf': `#!/sbin/setkey -f\n${sas}spdadd 10.1.0.0/24 10.2.0.0/24 any -P out ipsec ${sides.request};\n`,
    'b.conf': `#!/sbin/setkey -f\n${sas}spdadd 10.1.0.0/24 10.2.0.0/24 any -P in ipsec ${sides.requestIn ?? sides.request};\n`,
    ...files,
  });
  return project.walk({ packet: project.packets[0]!, reply: false });
}

const TUNNEL = 'esp/tunnel/192.0.2.1-203.0.113.1/require';
const UDP = 'udp 10.1.0.10:1 > 10.2.0.20:2';

function verdictOf({ trace }: WalkResult): string {
  const { kind, node, reason } = trace.verdict;
  return `${kind} ${node} ${reason}`;
}

function lastAnswer({ trace }: WalkResult): TraceStep | undefined {
  return trace.steps.findLast((s) => s.depth > 0);
}

describe('unique', () => {
  it('with a number takes the association that has it', () => {
    const sas = SAS.replaceAll('-E', '-u 7 -E');
    const request = TUNNEL.replace('require', 'unique:7');
    expect(verdictOf(walkOf(UDP, { request, sas }))).toBe('delivered y delivered');
    expect(verdictOf(walkOf(UDP, { request, sas: SAS }))).toBe('dropped A no-sa');
  });

  it('without a number is served by no association of a file', () => {
    const result = walkOf(UDP, { request: TUNNEL.replace('require', 'unique') });
    expect(verdictOf(result)).toBe('dropped A no-sa');
    expect(fragmentsToText(result.trace.verdict.said)).toContain('only a key daemon makes');
  });
});

describe('a transport request with end points', () => {
  it('uses the association between them, which makes it a tunnel', () => {
    const result = walkOf(UDP, { request: TUNNEL.replace('tunnel', 'transport') });
    const sealed = result.trace.steps.find((s) => s.stage === 'ipsec-out' && s.spi !== undefined)!;
    expect(sealed.intermediate?.bytes[9]).toBe(4);
    expect(verdictOf(result)).toBe('delivered y delivered');
  });
});

describe('the inbound check', () => {
  const other = {
    request: TUNNEL,
    requestIn: 'esp/tunnel/192.0.2.1-203.0.113.99/require',
    platform: 'freebsd',
  };

  it('asks only whether anything decrypted the packet', () => {
    expect(verdictOf(walkOf(UDP, other))).toBe('delivered y delivered');
  });

  it('asks for the tunnel of the policy where FreeBSD is told to', () => {
    const settings = '{ net.inet.ipsec.check_policy_history: 1 }';
    expect(verdictOf(walkOf(UDP, { ...other, settings }))).toBe('dropped B plaintext-where-protected');
    expect(verdictOf(walkOf(UDP, { ...other, requestIn: TUNNEL, settings }))).toBe('delivered y delivered');
  });

  it('takes `default` from the setting of the family', () => {
    const request = TUNNEL.replace('require', 'default');
    const without = { request, sas: '' };
    expect(verdictOf(walkOf(UDP, without))).toBe('lost Z private-address-on-internet');
    expect(verdictOf(walkOf(UDP, { ...without, settings: '{ net.inet.ipsec.esp_net_deflev: 2 }' }))).toBe(
      'dropped A no-sa',
    );
    expect(verdictOf(walkOf(UDP, { ...without, settings: '{ net.inet6.ipsec6.esp_net_deflev: 2 }' }))).toBe(
      'lost Z private-address-on-internet',
    );
  });
});

describe('IPComp', () => {
  const sas = 'add 192.0.2.1 203.0.113.1 ipcomp 0x1000 -m tunnel -C deflate;\n';
  const request = TUNNEL.replace('esp', 'ipcomp');
  const long = `${UDP} len 600`;

  it('alone makes no tunnel that NetBSD takes off', () => {
    expect(verdictOf(walkOf(long, { request, sas }))).toBe('dropped B not-unpacked');
  });

  it('carries the SPI on FreeBSD, the number of its algorithm elsewhere', () => {
    const cpi = (platform: string) =>
      walkOf(long, { request, sas, platform })
        .trace.steps.find((s) => s.node === 'Z')!
        .after.bytes.slice(22, 24);
    expect([...cpi('freebsd')]).toEqual([0x10, 0]);
    expect([...cpi('netbsd')]).toEqual([0, 2]);
    expect(verdictOf(walkOf(long, { request, sas, platform: 'freebsd' }))).toBe('delivered y delivered');
  });

  it('leaves small packets as they are, and says that nothing modelled takes IP out of IP', () => {
    const result = walkOf(`${UDP} len 30`, { request, sas, platform: 'freebsd' });
    expect(verdictOf(result)).toBe('uncertain B delivered');
  });
});

describe('a packet for which there is no route but a policy', () => {
  const walkWithout = (family: 4 | 6, platform: string): string => {
    const [x, y] = family === 4 ? ['10.1.0', '10.2.0'] : ['2001:db8:1:', '2001:db8:2:'];
    const [netX, netY] = family === 4 ? [`${x}.0/24`, `${y}.0/24`] : [`${x}:/64`, `${y}:/64`];
    const [from, to] = family === 4 ? [`${x}.10`, `${y}.20`] : [`${x}:10`, `${y}:20`];
    const own = family === 4 ? [`${x}.1/24`, `${y}.1/24`] : [`${x}:1/64`, `${y}:1/64`];
    const { project } = projectOf({
      'gatewalk.yaml': `
networks: { X: "${netX}", Y: "${netY}", Z: 192.0.2.0/24 }
gateways:
  A: { platform: ${platform}, interfaces: { e0: "${own[0]}", e1: 192.0.2.1/24 }, policy: [a.conf] }
  B: { platform: ${platform}, interfaces: { e0: "${own[1]}", e1: 192.0.2.2/24 }, policy: [b.conf] }
hosts: { x: "${from}", y: "${to}" }
packets: { p: "${family === 4 ? `udp ${from}:1 > ${to}:2` : `udp [${from}]:1 > [${to}]:2`}" }
`,
      'a.conf': `#!/sbin/setkey -f\nadd 192.0.2.1 192.0.2.2 esp 0x1000 ${KEYS};\nspdadd ${netX} ${netY} any -P out ipsec esp/tunnel/192.0.2.1-192.0.2.2/require;\n`,
      'b.conf': `#!/sbin/setkey -f\nadd 192.0.2.1 192.0.2.2 esp 0x1000 ${KEYS};\n`,
    });
    return verdictOf(project.walk({ packet: project.packets[0]!, reply: false }));
  };

  it('is protected where policies are asked before the route', () => {
    expect(walkWithout(4, 'netbsd')).toBe('dropped A no-route');
    expect(walkWithout(6, 'netbsd')).toBe('delivered y delivered');
    expect(walkWithout(4, 'freebsd')).toBe('delivered y delivered');
    expect(walkWithout(6, 'freebsd')).toBe('delivered y delivered');
  });
});

describe('ESP in UDP', () => {
  const sas = SAS.replaceAll(/add (\S+) (\S+) esp /g, 'add $1 [4500] $2 [4500] esp-udp ');

  it('is taken out of UDP where something listens on the port', () => {
    expect(verdictOf(walkOf(UDP, { request: TUNNEL, sas, listening: 'udp/4500' }))).toBe(
      'delivered y delivered',
    );
    const closed = walkOf(UDP, { request: TUNNEL, sas });
    expect(verdictOf(closed)).toBe('delivered B consumed');
    expect(fragmentsToText(closed.trace.verdict.said)).toContain('so nothing takes ESP out of UDP there');
  });
});

describe('what a gateway sends back', () => {
  const clear = { request: 'esp/tunnel/192.0.2.1-203.0.113.1/use', sas: '' };

  it('is a reset from a closed TCP port, with numbers that fit', () => {
    const answer = lastAnswer(walkOf('tcp 10.1.0.10:7 > 10.1.0.1:22 S', clear))!;
    expect(answer.node).toBe('x');
    const tcp = answer.after.bytes.subarray(20);
    expect([...tcp.subarray(4, 16)]).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 0x50, 0x14, 0, 0]);
    expect(lastAnswer(walkOf('tcp 10.1.0.10:7 > 10.1.0.1:22 S', { ...clear, listening: 'tcp/22' }))).toBe(
      undefined,
    );
  });

  it('tells of a refusal on the way out on NetBSD, not on FreeBSD', () => {
    const files = { 'a.ipf': 'block out quick on e1 all\npass in all\n' };
    const told = lastAnswer(walkOf('udp 10.1.0.10:1 > 198.51.100.7:2', { ...clear, files }))!;
    expect([told.node, told.after.bytes[20], told.after.bytes[21]]).toEqual(['x', 3, 1]);
    const silent = walkOf('udp 10.1.0.10:1 > 198.51.100.7:2', { ...clear, files, platform: 'freebsd' });
    expect(lastAnswer(silent)).toBe(undefined);
  });

  it('quotes the packet as it came: its TTL, and its source before NAT', () => {
    const files = { 'a.ipnat': 'map e1 10.1.0.0/24 -> 192.0.2.1/32\n' };
    const result = walkOf('udp 10.1.0.10:1 > 198.51.100.7:2 len 1600 df ttl 9', {
      ...clear,
      files,
    });
    const quoted = lastAnswer(result)!.after.bytes.subarray(28);
    expect([quoted[8], [...quoted.subarray(12, 16)].join('.')]).toEqual([9, '10.1.0.10']);
  });

  it('is the MTU less the headers that each kernel reckons with', () => {
    const told = (platform: string) => {
      const result = walkOf(`${UDP} len 1460 df`, {
        request: TUNNEL,
        platform,
        settings: '{ net.inet.ipsec.dfbit: 2 }',
      });
      const { bytes } = lastAnswer(result)!.after;
      return (bytes[26]! << 8) | bytes[27]!;
    };
    // 20 of IP; 8 + 16 + 9 of ESP; and an AH header of 24 bytes, or 16 of ICV.
    expect(told('netbsd')).toBe(1500 - 20 - 33 - 24);
    expect(told('freebsd')).toBe(1500 - 20 - 33 - 16);
  });
});

describe('a filter on enc0', () => {
  const enc = { request: TUNNEL, platform: 'freebsd', more: ', enc0: []' };
  const stagesAt = (result: WalkResult, node: string) =>
    result.trace.steps
      .filter((s) => s.node === node && !s.quiet && (s.stage.startsWith('ipsec') || s.stage === 'filter'))
      .map((s) => `${s.stage} ${s.interface ?? ''} ${s.outcome}`);

  it('that stops a packet comes behind the step that says what was taken off', () => {
    const result = walkOf(UDP, {
      ...enc,
      settings: '{ net.enc.in.ipsec_filter_mask: 2 }',
      files: { 'b.ipf': 'block in quick on enc0 from 10.1.0.0/24 to any\npass in all\npass out all\n' },
    });
    expect(verdictOf(result)).toBe('dropped B filter-rule');
    expect(stagesAt(result, 'B')).toEqual(['filter e1 pass', 'ipsec-in e1 changed', 'filter enc0 dropped']);
  });

  it('that stops a packet on its way in says which association it was to enter', () => {
    const result = walkOf(UDP, {
      ...enc,
      files: { 'a.ipf': 'block out quick on enc0 from 10.1.0.0/24 to any\npass in all\npass out all\n' },
    });
    expect(verdictOf(result)).toBe('dropped A filter-rule');
    expect(stagesAt(result, 'A').slice(1)).toEqual(['ipsec-out  continue', 'filter enc0 dropped']);
  });
});
