import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPacket } from '../../server/src/packet/build';
import { formatPacketLine, type PacketSpec, parsePacketLine } from '../../server/src/packet/notation';
import { address, hexBytes } from './samples';

/** `severity code “word”: message` for each problem; the word is what the range covers. */
function problemsOf(line: string): string[] {
  return parsePacketLine(line).problems.map(
    (p) => `${p.severity} ${p.code} “${line.slice(p.range.start, p.range.end)}”: ${p.message}`,
  );
}

describe('parsePacketLine', () => {
  it.each<[string, PacketSpec]>([
    [
      'web: out on fxp0 tcp 10.1.0.5:40000 > 198.51.100.7:80 S',
      {
        name: 'web',
        direction: 'out',
        interface: 'fxp0',
        source: address('10.1.0.5'),
        destination: address('198.51.100.7'),
        protocol: 6,
        sourcePort: 40000,
        destinationPort: 80,
        tcpFlags: 2,
      },
    ],
    [
      'icmp 10.1.0.5 > 10.2.0.1 echo',
      { source: address('10.1.0.5'), destination: address('10.2.0.1'), protocol: 1, icmpType: 8 },
    ],
    [
      'udp [2001:db8::1]:53 > [2001:db8::2]:4000',
      {
        source: address('2001:db8::1'),
        destination: address('2001:db8::2'),
        protocol: 17,
        sourcePort: 53,
        destinationPort: 4000,
      },
    ],
    [
      'esp 192.0.2.1 > 192.0.2.2 spi 0x2710 seq 1',
      {
        source: address('192.0.2.1'),
        destination: address('192.0.2.2'),
        protocol: 50,
        spi: 0x2710,
        sequence: 1,
      },
    ],
    [
      'ipencap 192.0.2.1 > 192.0.2.2 { tcp 10.1.0.5:1 > 10.2.0.1:2 SA } ttl 5',
      {
        source: address('192.0.2.1'),
        destination: address('192.0.2.2'),
        protocol: 4,
        ttl: 5,
        inner: {
          source: address('10.1.0.5'),
          destination: address('10.2.0.1'),
          protocol: 6,
          sourcePort: 1,
          destinationPort: 2,
          tcpFlags: 18,
        },
      },
    ],
    [
      'icmpv6 ::1 > ::2 unreachable/4 { udp [::2]:1 > [::1]:2 }',
      {
        source: address('::1'),
        destination: address('::2'),
        protocol: 58,
        icmpType: 1,
        icmpCode: 4,
        inner: {
          source: address('::2'),
          destination: address('::1'),
          protocol: 17,
          sourcePort: 1,
          destinationPort: 2,
        },
      },
    ],
    [
      'tcp 1.1.1.1:1 > 2.2.2.2:2 flags none seq 7 ack 8 mss 1460 tos 16 id 7 df',
      {
        source: address('1.1.1.1'),
        destination: address('2.2.2.2'),
        protocol: 6,
        sourcePort: 1,
        destinationPort: 2,
        tcpFlags: 0,
        tcpSequence: 7,
        tcpAcknowledgement: 8,
        tcpMss: 1460,
        tos: 16,
        id: 7,
        dontFragment: true,
      },
    ],
    [
      'udp 1.1.1.1 > 2.2.2.2 frag 1480 mf payload 0x6869',
      {
        source: address('1.1.1.1'),
        destination: address('2.2.2.2'),
        protocol: 17,
        fragmentOffset: 1480,
        moreFragments: true,
        payload: hexBytes('6869'),
      },
    ],
    [
      '89 10.0.0.1 > 224.0.0.5 len 44',
      { source: address('10.0.0.1'), destination: address('224.0.0.5'), protocol: 89, payloadLength: 44 },
    ],
    [
      'icmp 10.1.0.5->10.2.0.1 type 40 code 1',
      {
        source: address('10.1.0.5'),
        destination: address('10.2.0.1'),
        protocol: 1,
        icmpType: 40,
        icmpCode: 1,
      },
    ],
  ])('reads %s', (line, spec) => {
    expect(parsePacketLine(line)).toEqual({ spec, problems: [] });
  });

  it.each([
    ['', 'error packet/protocol “”: Expected a protocol here, such as tcp, udp, icmp or esp.'],
    [
      'tpc 10.1.0.5:1 > 10.2.0.1:2',
      'error packet/protocol “tpc”: “tpc” is no protocol; expected a name such as tcp, udp, icmp, esp, or a number from 0 to 255. Did you mean “tcp”?',
    ],
    [
      '256 10.1.0.5 > 10.2.0.1',
      'error packet/protocol “256”: “256” is no protocol; expected a name such as tcp, udp, icmp, esp, or a number from 0 to 255.',
    ],
    [
      'tcp 10.1.0.500:1 > 10.2.0.1:2',
      'error packet/address “10.1.0.500”: “10.1.0.500” is no address; expected the source as 10.1.0.5 or 2001:db8::1, with a port as 10.1.0.5:80 or [2001:db8::1]:80.',
    ],
    ['tcp 10.1.0.5:1', 'error packet/arrow “”: Expected “>” between the source and the destination.'],
    [
      'tcp 10.1.0.5:1 10.2.0.1:2',
      'error packet/arrow “10.2.0.1:2”: Expected “>” between the source and the destination.',
    ],
    ['tcp 10.1.0.5:1 >', 'error packet/address “”: Expected the destination address here.'],
    [
      'tcp 10.1.0.5:1 > 10.2.0.1:http',
      'error packet/port “http”: “http” is no port; expected a number from 0 to 65535.',
    ],
    [
      'tcp 10.1.0.5:65536 > 10.2.0.1:1',
      'error packet/port “65536”: “65536” is no port; expected a number from 0 to 65535.',
    ],
    ['icmp 10.1.0.5:1 > 10.2.0.1', 'error packet/port “1”: icmp has no ports; leave out “:1”.'],
    [
      'udp 10.1.0.5:1 > [2001:db8::1]:2',
      'error packet/address “[2001:db8::1]:2”: The source is an IPv4 address and the destination an IPv6 address; both must be of one kind.',
    ],
    [
      'tcp 10.1.0.5:1 > 10.2.0.1:2 sa',
      'error packet/flags “sa”: TCP flags are written in capitals; write SA instead of sa.',
    ],
    [
      'tcp 10.1.0.5:1 > 10.2.0.1:2 flags SX',
      'error packet/flags “SX”: Expected TCP flags out of FSRPAUEC in capitals, each once, or “none”.',
    ],
    [
      'tcp 10.1.0.5:1 > 10.2.0.1:2 S tll 5',
      'error packet/word “tll”: “tll” is no word of a packet line; expected flags out of FSRPAUEC, or one of flags, seq, ack, mss, ttl, tos, id, frag, len, df, mf, payload. Did you mean “ttl”?',
    ],
    [
      'udp 10.1.0.5:1 > 10.2.0.1:2 mss 1460',
      'error packet/word “mss”: “mss” does not belong to udp; expected one of ttl, tos, id, frag, len, df, mf, payload.',
    ],
    [
      'icmp 10.1.0.5 > 10.2.0.1 unreachble/3',
      'error packet/word “unreachble/3”: “unreachble/3” is no word of a packet line; expected an ICMP type such as echo or unreachable/3, or one of type, code, icmp-id, icmp-seq, ttl, tos, id, frag, len, df, mf, payload. Did you mean “unreachable”?',
    ],
    [
      'icmp 10.1.0.5 > 10.2.0.1 unreachable/300',
      'error packet/value “300”: “300” is no ICMP code; expected a number from 0 to 255.',
    ],
    [
      'udp 10.1.0.5:1 > 10.2.0.1:2 ttl 256',
      'error packet/value “256”: “256” does not fit “ttl”; expected a number from 0 to 255.',
    ],
    [
      'udp 10.1.0.5:1 > 10.2.0.1:2 ttl',
      'error packet/value “”: Expected a number from 0 to 255 behind “ttl”.',
    ],
    [
      'udp 10.1.0.5 > 10.2.0.1 frag 12',
      'error packet/value “12”: “12” does not fit “frag”; expected a number from 0 to 65528 that is a multiple of 8.',
    ],
    [
      'udp 10.1.0.5:1 > 10.2.0.1 frag 8',
      'error packet/port “10.1.0.5:1”: A later fragment has no ports, only the bytes behind them; leave the port out, or leave out “frag”.',
    ],
    [
      'udp 10.1.0.5:1 > 10.2.0.1:2 ttl 5 ttl 6',
      "error packet/twice “ttl”: The packet's ttl is already said; say it once.",
    ],
    [
      'udp 10.1.0.5:1 > 10.2.0.1:2 payload 0x686',
      'error packet/value “0x686”: “0x686” is no payload; expected 0x and two hexadecimal digits for each byte.',
    ],
    [
      'udp 10.1.0.5:1 > 10.2.0.1:2 len 64001',
      'error packet/value “64001”: “64001” does not fit “len”; expected a number from 0 to 64000.',
    ],
    [
      'icmp ::1 > ::2 echo',
      'error packet/protocol “icmp”: The addresses are IPv6, whose ICMP is icmpv6; write icmpv6 here.',
    ],
    ['udp [::1]:1 > [::2]:2 df', 'error packet/word “udp”: IPv6 has no DF bit; leave “df” out.'],
    [
      'esp 10.1.0.5 > 10.2.0.1 { udp 1.1.1.1:1 > 2.2.2.2:2 }',
      'error packet/inner “{”: esp carries no packet in braces; ipencap, ipv6, gre, ah and ICMP errors do.',
    ],
    [
      'ipencap 10.1.0.5 > 10.2.0.1 { udp [::1]:1 > [::2]:2 }',
      'error packet/inner “udp”: ipencap carries an IPv4 packet, but this one is IPv6; write ipv6 before the outer addresses.',
    ],
    [
      'ipencap 10.1.0.5 > 10.2.0.1',
      'error packet/inner “ipencap”: ipencap carries a packet; write it behind the addresses in braces: { tcp 10.1.0.5:40000 > 10.2.0.1:80 S }.',
    ],
    [
      'ipencap 10.1.0.5 > 10.2.0.1 { udp 1.1.1.1:1 > 2.2.2.2:2',
      'error packet/inner “”: Expected “}” behind the packet inside.',
    ],
    [
      'udp 10.1.0.5:1 > 10.2.0.1:2 }',
      'error packet/word “}”: “}” closes nothing; the packet ended before it.',
    ],
    [
      'icmp 10.1.0.5 > 10.2.0.1 echo { udp 1.1.1.1:1 > 2.2.2.2:2 }',
      'error packet/inner “icmp”: Only an ICMP error quotes a packet; say its type, such as unreachable or time-exceeded.',
    ],
    ['in on', 'error packet/interface “”: Expected the name of an interface behind “on”.'],
  ])('says what is wrong with “%s”', (line, problem) => {
    expect(problemsOf(line)[0]).toBe(problem);
    expect(parsePacketLine(line).spec).toBeUndefined();
  });

  it('names two mistakes of one line, and no more than those', () => {
    expect(problemsOf('tcp 10.1.0.5:1 > 10.2.0.1:2 Z ttl 999 S').map((p) => p.split(':')[0])).toEqual([
      'error packet/word “Z”',
      'error packet/value “999”',
    ]);
    expect(problemsOf('ipencap 10.1.0.5 > 10.2.0.1 { tpc 1.1.1.1:1 > 2.2.2.2:2 } ttl 300')).toEqual([
      'error packet/protocol “tpc”: “tpc” is no protocol; expected a name such as tcp, udp, icmp, esp, or a number from 0 to 255. Did you mean “tcp”?',
      'error packet/value “300”: “300” does not fit “ttl”; expected a number from 0 to 255.',
    ]);
  });

  it('only warns about a port that is left out', () => {
    expect(problemsOf('udp 10.1.0.5 > 10.2.0.1:53')).toEqual([
      'warning packet/port-missing “10.1.0.5”: No port is given, so it is 0; write it behind the address, as 10.1.0.5:80.',
    ]);
    expect(parsePacketLine('udp 10.1.0.5 > 10.2.0.1:53').spec).toBeDefined();
  });

  it('offers the right ICMP for the addresses', () => {
    expect(parsePacketLine('icmp ::1 > ::2').problems[0]?.fixes).toEqual([
      { title: 'Write icmpv6', edits: [{ start: 0, end: 4, text: 'icmpv6' }], preferred: true },
    ]);
  });

  it('never throws, and never gives a packet that cannot be built', () => {
    const words = fc.constantFrom(
      ...[
        'web:',
        'in',
        'on',
        'fxp0',
        'tcp',
        'udp',
        'icmp',
        'icmpv6',
        'esp',
        'ah',
        'ipencap',
        'gre',
        '>',
        '->',
      ],
      ...[
        '1.1.1.1',
        '1.1.1.1:1',
        '[::1]:1',
        '::1',
        '{',
        '}',
        'S',
        'echo',
        'unreachable/3',
        'ttl',
        '5',
        '0x10',
      ],
      ...[
        'frag',
        '8',
        'mf',
        'df',
        'len',
        '64000',
        '64001',
        'payload',
        '0x6869',
        'mss',
        'type',
        ':',
        '[',
        'é',
      ],
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 24 }), (line) => {
        const { spec } = parsePacketLine(line.join(' '));
        if (spec !== undefined) expect(() => buildPacket(spec)).not.toThrow();
      }),
      { seed: 7, numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (line) => {
        parsePacketLine(line);
      }),
      { seed: 8, numRuns: 500 },
    );
    const deepest = `${'ah ::1 > ::2 { '.repeat(8)}udp [::1]:1 > [::2]:2 len 64000${' }'.repeat(8)}`;
    expect(buildPacket(parsePacketLine(deepest).spec!).layers.at(-1)).toMatchObject({ protocol: 'payload' });
    const deep = 'ipencap 1.1.1.1 > 2.2.2.2 { '.repeat(20000);
    expect(parsePacketLine(deep).problems[0]?.message).toBe(
      'At most 8 packets can stand inside each other; take some braces away.',
    );
  });
});

describe('formatPacketLine', () => {
  it.each([
    'web: out on fxp0 tcp 10.1.0.5:40000 > 198.51.100.7:80 S',
    'icmp 10.1.0.5 > 10.2.0.1 echo',
    'icmp 10.1.0.5 > 10.2.0.1 unreachable/4 { udp 10.2.0.1:1 > 10.1.0.5:2 }',
    'icmp 10.1.0.5 > 10.2.0.1 40/1 icmp-id 3',
    'udp [2001:db8::1]:53 > [2001:db8::2]:4000 ttl 5',
    'esp 192.0.2.1 > 192.0.2.2 spi 0x2710 seq 1',
    'ipcomp 192.0.2.1 > 192.0.2.2 cpi 0x2',
    'ipencap 192.0.2.1 > 192.0.2.2 { tcp 10.1.0.5:1 > 10.2.0.1:2 flags none }',
    '200 10.1.0.5 > 10.2.0.1 payload 0x',
  ])('writes %s as it stands', (line) => {
    expect(formatPacketLine(parsePacketLine(line).spec!)).toBe(line);
  });

  it('is read back to the same specification', () => {
    fc.assert(
      fc.property(specs(true), (spec) => {
        const line = formatPacketLine(spec);
        const parsed = parsePacketLine(line);
        expect(parsed.problems.filter((p) => p.severity === 'error')).toEqual([]);
        expect(parsed.spec).toEqual(spec);
      }),
      { seed: 9, numRuns: 500 },
    );
  });
});

/** Any specification that makes sense: what the notation forbids is left out. */
function specs(mayNest: boolean): fc.Arbitrary<PacketSpec> {
  return fc.oneof(specsOf(4, mayNest), specsOf(6, mayNest));
}

function specsOf(family: 4 | 6, mayNest: boolean): fc.Arbitrary<PacketSpec> {
  const six = family === 6;
  const port = fc.nat(65535);
  const word32 = fc.nat(0xffffffff);
  const v4 = fc.nat(0xffffffff).map((value) => ({ family: 4, value }) as const);
  const v6 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map((value) => ({ family: 6, value }) as const);
  const common = {
    ttl: fc.nat(255),
    tos: fc.nat(255),
    id: fc.nat(65535),
    moreFragments: fc.constant(true),
  };
  const opening = {
    name: fc.constantFrom('web', 'x-1', 'in', 'tcp', 'Z.9_'),
    direction: fc.constantFrom('in', 'out'),
    interface: fc.constantFrom('fxp0', 'wm1', 'enc0'),
  };
  const payload = fc.oneof(
    fc.record({ payloadLength: fc.nat(2000) }),
    fc.record({ payload: fc.uint8Array({ maxLength: 12 }) }),
    fc.constant({}),
  );
  const optional = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
    fc.record(fields, { requiredKeys: [] });
  const ports = { sourcePort: port, destinationPort: port };
  const mss = { tcpFlags: fc.nat(255), tcpSequence: word32, tcpAcknowledgement: word32, tcpMss: port };
  const icmp = { icmpType: fc.nat(255), icmpCode: fc.nat(255), icmpId: port, icmpSequence: port };
  const sa = { spi: word32, sequence: word32 };
  const address = six ? v6 : v4;
  const transport = fc.oneof(
    fc.tuple(fc.constant({ protocol: 6 }), fc.record(ports), optional(mss)),
    fc.tuple(fc.constant({ protocol: 17 }), fc.record(ports)),
    fc.tuple(fc.constant({ protocol: 17 }), fc.record({ fragmentOffset: fc.nat(8191).map((n) => n * 8) })),
    fc.tuple(fc.constant({ protocol: six ? 58 : 1 }), optional(icmp)),
    fc.tuple(fc.constantFrom({ protocol: 50 }, { protocol: 51 }), optional(sa)),
    fc.tuple(fc.constant({ protocol: 108 }), optional({ spi: port })),
    fc.tuple(fc.constantFrom({ protocol: 132 }, { protocol: 200 })),
  );
  const plain = fc
    .tuple(
      fc.record({ source: address, destination: address }),
      optional(common),
      transport.map((parts) => Object.assign({}, ...parts) as Pick<PacketSpec, 'protocol'>),
      payload,
      mayNest ? optional(opening) : fc.constant({}),
    )
    .map((parts): PacketSpec => Object.assign({}, ...parts));
  if (!mayNest) return plain;
  const nested = fc
    .tuple(fc.record({ source: address, destination: address }), optional(common), specs(false))
    .map(([ends, fields, inner]): PacketSpec => {
      const protocol = inner.source.family === 4 ? 4 : 41;
      return { ...ends, ...fields, protocol, inner };
    });
  return fc.oneof(plain, nested);
}
