import { describe, expect, it } from 'vitest';
import { bpfProgramOf } from '../../server/src/dialects/ipf/bpfProgram';
import { runBpf } from '../../server/src/packet/bpf';
import { type BpfProgram, formatBpfWords, isValidBpf, parseBpfWords } from '../../server/src/policy/bpf';

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/[0-9a-f]{2}/gi) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** 10.0.0.1 port 1025 to 192.168.0.9 port 53, UDP, 4 bytes of IP options in front of the ports. */
const UDP_WITH_OPTIONS = bytesOf('46000020 00004000 40110000 0a000001 c0a80009 01010100 04010035 00080000');
/** 1.1.1.1 port 1025 to 2.2.2.2 port 25, TCP SYN. */
const TCP = bytesOf(
  '45000028 00004000 3f0635cb 01010101 02020202 04010019 00000001 00000000 50022000 85c20000',
);
/** A later fragment of a TCP packet between the same hosts; its data begins like the ports above. */
const FRAGMENT = bytesOf('4500001c 00000010 3f060000 01010101 02020202 04010019 00000000');
/** 1.1.1.1 to 2.2.2.2, ICMP echo. */
const ICMP = bytesOf('4500001c 00000000 3f010000 01010101 02020202 08000000 00000000');

describe('words of a program', () => {
  it('are four numbers an instruction, as C writes them, and print as ipf prints them', () => {
    const program = parseBpfWords('0x20 0 0 0xc  0x15 0 01 16843009 0x6 0 0 0x60 0x6 0 0 0');
    expect(program?.[1]).toEqual({ code: 0x15, whenTrue: 0, whenFalse: 1, operand: 0x01010101 });
    expect(formatBpfWords(program!)).toBe('0x20 0 0 0xc 0x15 0 0x1 0x1010101 0x6 0 0 0x60 0x6 0 0 0');
  });

  it.each(['', '0x6 0 0', '0x6 0 0 host', '0x6 0 0 08', '0x6 0 0 -1'])('%j is no program', (text) => {
    expect(parseBpfWords(text)).toBeUndefined();
  });
});

describe('what the kernel takes', () => {
  it.each([
    ['a return alone', '0x6 0 0 1', true],
    ['no return at the end', '0x20 0 0 0xc', false],
    ['a jump to the last instruction', '0x15 0 1 0 0x6 0 0 1 0x6 0 0 0', true],
    ['a jump behind the end', '0x15 0 2 0 0x6 0 0 1 0x6 0 0 0', false],
    ['a jump always, to the last instruction', '0x5 0 0 1 0x6 0 0 1 0x6 0 0 0', true],
    ['a jump always, behind the end', '0x5 0 0 2 0x6 0 0 1 0x6 0 0 0', false],
    ['memory word 15', '0x2 0 0 15 0x6 0 0 1', true],
    ['memory word 16', '0x2 0 0 16 0x6 0 0 1', false],
    ['a division by zero', '0x34 0 0 0 0x6 0 0 1', false],
    ['a load of no known size', '0x38 0 0 0 0x6 0 0 1', false],
  ])('%s', (_, text, valid) => {
    expect(isValidBpf(parseBpfWords(text)!)).toBe(valid);
  });
});

describe('the machine', () => {
  const run = (text: string, bytes = TCP) => runBpf(parseBpfWords(text)!, bytes, bytes.length);

  it.each([
    ['gives the operand of `ret`', '0x6 0 0 0x60', 0x60],
    ['gives the accumulator', '0x20 0 0 12 0x16 0 0 0', 0x01010101],
    ['loads halves and bytes', '0x28 0 0 22 0x16 0 0 0', 25],
    ['loads the byte of the protocol', '0x30 0 0 9 0x16 0 0 0', 6],
    ['loads behind the IPv4 header', '0xb1 0 0 0 0x48 0 0 2 0x16 0 0 0', 25],
    ['loads the length', '0x80 0 0 0 0x16 0 0 0', 40],
    ['rejects for a load behind the packet', '0x20 0 0 37 0x6 0 0 1', 0],
    ['takes a load that just fits', '0x20 0 0 36 0x6 0 0 1', 1],
    ['keeps memory', '0 0 0 7 0x2 0 0 3 0 0 0 1 0x60 0 0 3 0x16 0 0 0', 7],
    ['reads memory never written as 0', '0x60 0 0 3 0x14 0 0 1 0x16 0 0 0', 0xffffffff],
    ['moves between the registers', '0 0 0 5 0x7 0 0 0 0 0 0 1 0x87 0 0 0 0x16 0 0 0', 5],
    ['multiplies in 32 bits', '0 0 0 0xffffffff 0x24 0 0 2 0x16 0 0 0', 0xfffffffe],
    ['divides without sign', '0 0 0 0xfffffffe 0x34 0 0 2 0x16 0 0 0', 0x7fffffff],
    ['rejects for a division by an index of 0', '0 0 0 6 0x3c 0 0 0 0x6 0 0 1', 0],
    ['shifts by 32 to nothing', '0 0 0 6 0x64 0 0 32 0x16 0 0 0', 0],
    ['compares without sign', '0 0 0 0x80000000 0x25 0 1 1 0x6 0 0 1 0x6 0 0 0', 1],
    ['tests bits', '0x28 0 0 6 0x45 0 1 0x4000 0x6 0 0 1 0x6 0 0 0', 1],
    ['ends without a return', '0 0 0 6', 0],
  ])('%s', (_, text, accepted) => {
    expect(run(text)).toBe(accepted);
  });

  it('ends with an answer whatever the program', () => {
    let seed = 1;
    const random = (most: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % most;
    };
    for (let i = 0; i < 2000; i++) {
      const program: BpfProgram = Array.from({ length: 1 + random(12) }, () => ({
        code: random(0x100),
        whenTrue: random(256),
        whenFalse: random(256),
        operand: random(64),
      }));
      const accepted = runBpf(program, TCP, TCP.length);
      expect(Number.isInteger(accepted) && accepted >= 0).toBe(true);
    }
  });
});

describe('expressions', () => {
  it.each([
    ['src host 1.1.1.1', '0 0 0 0 0x20 0 0 0xc 0x15 0 0x1 0x1010101 0x6 0 0 0x1 0x6 0 0 0'],
    ['ip', '0x6 0 0 0x1'],
    [
      // The second load of the source is not needed; one `ret` of each kind.
      'src host 1.1.1.1 or src net 2.2/16',
      '0 0 0 0 0x20 0 0 0xc 0x15 0x2 0 0x1010101 0x54 0 0 0xffff0000 0x15 0 0x1 0x2020000 0x6 0 0 0x1 0x6 0 0 0',
    ],
    ['greater 100', '0x80 0 0 0 0x35 0 0x1 0x64 0x6 0 0 0x1 0x6 0 0 0'],
  ])('%s', (text, words) => {
    expect(formatBpfWords(bpfProgramOf('bpf-v4', text)!)).toBe(words);
  });

  const packets = { udp: UDP_WITH_OPTIONS, tcp: TCP, fragment: FRAGMENT, icmp: ICMP };
  it.each([
    ['host 1.1.1.1', ['tcp', 'fragment', 'icmp']],
    ['dst host 192.168.0.9', ['udp']],
    ['src 1.1.1.1 and dst 2.2.2.2', ['tcp', 'fragment', 'icmp']],
    ['src and dst host 1.1.1.1', []],
    ['net 10', ['udp']],
    ['net 192.168.0.0/24 or host 2.2.2.2', ['udp', 'tcp', 'fragment', 'icmp']],
    ['dst net 2.2.0.0 mask 255.255.0.0', ['tcp', 'fragment', 'icmp']],
    ['tcp', ['tcp', 'fragment']],
    ['ip proto 17 or icmp', ['udp', 'icmp']],
    ['ip proto \\icmp', ['icmp']],
    // Ports are behind the options, and only in first fragments.
    ['port 53', ['udp']],
    ['port domain', ['udp']],
    ['tcp port 25', ['tcp']],
    ['udp port 25', []],
    ['src port 1025', ['udp', 'tcp']],
    ['tcp dst portrange 20-30', ['tcp']],
    ['tcp src portrange 20-30', []],
    // A value alone takes the words before it.
    ['dst port 25 or 53', ['udp', 'tcp']],
    ['host 10.0.0.1 or 2.2.2.2', ['udp', 'tcp', 'fragment', 'icmp']],
    ['not host 10.0.0.1', ['tcp', 'fragment', 'icmp']],
    ['!(tcp || udp)', ['icmp']],
    // `and` and `or` bind alike, from the left: (icmp or tcp) and port 25.
    ['icmp or tcp and port 25', ['tcp']],
    ['icmp or (tcp and port 25)', ['tcp', 'icmp']],
    ['not icmp and host 1.1.1.1', ['tcp', 'fragment']],
    ['less 28', ['fragment', 'icmp']],
    ['greater 40', ['tcp']],
    ['', ['udp', 'tcp', 'fragment', 'icmp']],
  ])('%s', (text, taken) => {
    const program = bpfProgramOf('bpf-v4', text)!;
    expect(
      Object.entries(packets)
        .filter(([, bytes]) => runBpf(program, bytes, bytes.length) > 0)
        .map(([name]) => name),
    ).toEqual(taken);
  });

  it.each([
    'host www.example.org',
    'icmp[0] = 8',
    'ether host 00:01:02:03:04:05',
    'net 10.1.0.0/8',
    'tcp host 10.0.0.1',
    'port 70000',
    'host 1.1.1.1 and',
    '(tcp',
    'tcp udp',
    'tcp & udp',
    'len > 100',
  ])('%s is said to be not known', (text) => {
    expect(bpfProgramOf('bpf-v4', text)).toBeUndefined();
  });

  it('are not compiled for IPv6', () => {
    expect(bpfProgramOf('bpf-v6', 'tcp')).toBeUndefined();
    expect(bpfProgramOf('bpf-v6', '0x6 0 0 1')).toEqual([{ code: 6, whenTrue: 0, whenFalse: 0, operand: 1 }]);
  });

  it('numbers that are no program the kernel takes are not one', () => {
    expect(bpfProgramOf('bpf-v4', '0x20 0 0 0xc')).toBeUndefined();
  });
});
