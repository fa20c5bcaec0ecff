import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runIpftest } from '../../server/src/frontends/ipftest';
import { runIpmon } from '../../server/src/frontends/ipmon';
import { decodePacket } from '../../server/src/packet/decode';
import { filterOf, sentence, TestGateway } from './gateway';

/** What ipftest prints for packets in its own notation, and what ipmon prints of the log. */
function record(rules: readonly string[], packets: readonly string[], ipmon: readonly string[] = []) {
  const files = new Map<string, Uint8Array>([
    ['rules', Buffer.from(`${rules.join('\n')}\n`)],
    ['packets', Buffer.from(`${packets.join('\n')}\n`)],
  ]);
  const io = {
    read: (path: string) => files.get(path),
    write: (path: string, content: Uint8Array) => files.set(path, content),
  };
  const format = packets[0]!.startsWith('[') ? 'hex' : 'text';
  const { stdout } = runIpftest(['-br', 'rules', '-F', format, '-i', 'packets', '-l', 'log'], io);
  const printed = runIpmon([...ipmon, '-f', 'log'], io);
  return { verdicts: stdout.trim().split('\n'), log: printed.stdout, stderr: printed.stderr };
}

/** Lines without their time; the line about the first number, which real logs begin at 1, is left out. */
function lines(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('missed 1 ipf log entries: 0 1'))
    .map((line) => line.replace(/^01\/01\/1970 00:00:00\.000000 /, ''));
}

const SSH = 'in on em0 tcp 10.0.0.1,4000 192.0.2.7,22 S';
const DNS = 'in on em0 udp 10.0.0.1,5000 192.0.2.7,53';
const SSH_WORDS = '10.0.0.1,4000 -> 192.0.2.7,22 PR tcp len 20 40 -S IN';
const DNS_WORDS = '10.0.0.1,5000 -> 192.0.2.7,53 PR udp len 20 28 IN';

describe('which rules log', () => {
  it('the one that decides, if it says so: pass and block', () => {
    const rules = ['pass in log all', 'block in log proto tcp all', 'pass in quick proto udp all'];
    const { log } = record(rules, [SSH, DNS, 'in on em0 icmp 10.0.0.1 192.0.2.7']);
    expect(lines(log)).toEqual([
      `em0 @0:2 b ${SSH_WORDS}`,
      'em0 @0:1 p 10.0.0.1 -> 192.0.2.7 PR icmp len 20 48 icmp echoreply/0 IN',
    ]);
  });

  it('a `log` rule at once, under the number of the match before it', () => {
    const { log, verdicts } = record(['log in all', 'pass in all', 'log in proto tcp all'], [SSH, DNS]);
    expect(lines(log)).toEqual([
      `em0 @-1:-1 L ${SSH_WORDS}`,
      `em0 @0:2 L ${SSH_WORDS}`,
      `em0 @-1:-1 L ${DNS_WORDS}`,
    ]);
    expect(verdicts).toEqual(['pass', 'pass']);
  });

  it('not `log first` for what a state or a fragment lets pass', () => {
    const rules = ['pass in log first quick proto udp all keep state'];
    expect(lines(record(rules, [DNS, DNS]).log)).toEqual([
      `em0 @0:1 p ${DNS_WORDS.replace(/IN$/, 'K-S IN')}`,
    ]);
    const always = ['pass in log quick proto udp all keep state'];
    expect(lines(record(always, [DNS, DNS]).log)).toHaveLength(2);
  });

  it('in a group with its name', () => {
    const rules = ['block in all head web', 'pass in log proto tcp all group web'];
    expect(lines(record(rules, [SSH, DNS]).log)).toEqual([`em0 @web:1 p ${SSH_WORDS}`]);
  });

  it('in a group behind a longer one with the rest of that name, as the kernel copies it', () => {
    const rules = [
      'block in all head 100',
      'pass in all group 100',
      'block in all head 7',
      'pass in log all group 7',
    ];
    // The name 100, then the top level's end byte over its first letter, then 7.
    expect(lines(record(rules, [SSH]).log)).toEqual([`em0 @700:1 p ${SSH_WORDS}`]);
  });
});

describe('a line of ipmon', () => {
  it('counts packets in a row that are alike', () => {
    const { log } = record(['pass in log all'], [DNS, DNS, DNS, SSH, DNS]);
    expect(lines(log)).toEqual([
      `3x em0 @0:1 p ${DNS_WORDS}`,
      `em0 @0:1 p ${SSH_WORDS}`,
      `em0 @0:1 p ${DNS_WORDS}`,
    ]);
    expect(log).toContain('missed 1 ipf log entries: 0 1\n');
    expect(log.match(/missed/g)).toHaveLength(1);
  });

  it('names tags, low TTLs and groups of hosts', () => {
    const low = ['[in,em0]', '4500 001c 0000 0000 0111 0000 0a00 0001 e000 0001 1388 0035 0008 0000', ''];
    const { log } = record(['pass in log all set-tag(log=7)'], low);
    expect(lines(log)).toEqual([
      'em0 @0:1 p 10.0.0.1,5000 -> 224.0.0.1,53 PR udp len 20 28 IN log-tag 7 low-ttl multicast',
    ]);
  });

  it('shows the packet an ICMP error is about', () => {
    const error = [
      '[in,em0]',
      '4500 0038 0000 0000 4001 0000 c000 0207 0a00 0001 0303 0000 0000 0000',
      '4500 001c 0000 0000 4011 0000 0a00 0001 c000 0207 1388 0035 0008 0000',
      '',
    ];
    expect(lines(record(['block in log all'], error).log)[0]).toMatch(
      /^em0 @0:1 b 192\.0\.2\.7 -> 10\.0\.0\.1 PR icmp len 20 56 icmp unreach\/port for 10\.0\.0\.1,5000 - 192\.0\.2\.7,53 PR udp len 20 28 IN/,
    );
  });

  it('places fragments', () => {
    const fragment = [
      '[in,em0]',
      '4500 001c 002a 2001 4006 0000 0a00 0001 c000 0207 0000 0000 0000 0000',
      '',
    ];
    expect(lines(record(['block in log all'], fragment).log)).toEqual([
      'em0 @0:1 Sb 10.0.0.1 -> 192.0.2.7 PR tcp len 20 (28) (frag 42:8@8+) IN',
    ]);
  });

  it('reads IPv6 behind its extension headers', () => {
    const packet = [
      '[in,em0]',
      '6000 0000 0010 0040 2001 0db8 0000 0000 0000 0000 0000 0001',
      '2001 0db8 0000 0000 0000 0000 0000 0002 3a00 0104 0000 0000 8000 0000 0000 0000',
      '',
    ];
    expect(lines(record(['pass in log family inet6 all'], packet).log)[0]).toMatch(
      /^em0 @0:1 p 2001:db8::1 -> 2001:db8::2 PR icmpv6 len 48 56 icmpv6 echo\/0 IN/,
    );
  });

  it('shows sequence numbers with -v and bytes with -x; bodies with -b only where a rule logs them', () => {
    const packet = [
      '[in,em0]',
      '4500 0020 0000 0000 4011 0000 0a00 0001 c000 0207 1388 0035 000c 0000 6162 0a63',
      '',
    ];
    const plain = ['pass in log all'];
    const body = ['pass in log body all'];
    const dumped = (rules: string[], option: string) => lines(record(rules, packet, [option]).log).slice(1);
    expect(dumped(plain, '-b')).toEqual([]);
    expect(dumped(body, '-b')).toEqual([`61 62 0a 63${' '.repeat(44)}ab.c`]);
    expect(dumped(plain, '-x')).toEqual([
      '45 00 00 20 00 00 00 00 40 11 00 00 0a 00 00 01        E.. ....@.......',
      `c0 00 02 07 13 88 00 35 00 0c 00 00${' '.repeat(20)}.......5....`,
    ]);
    expect(lines(record(plain, [SSH], ['-v']).log)[0]).toMatch(/ -S \d+ \d+ \d+ IN$/);
  });

  it('is not there for a file that is no log', () => {
    const { stdout, exitCode } = runIpmon(['-f', 'x'], {
      read: () => Buffer.from('no log at all, but long enough for a header'),
    });
    expect([stdout, exitCode]).toEqual(['', 0]);
    expect(runIpmon(['-f', 'x'], { read: () => undefined })).toEqual({
      stdout: '',
      stderr: 'x: open: No such file or directory\n',
      exitCode: 1,
    });
  });
});

describe('any bytes', () => {
  it('as a log give lines or none', () => {
    const header = Buffer.alloc(200);
    header.writeUInt32LE(0x49504c4d, 0);
    header.writeUInt32LE(200, 32);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 152, minLength: 0 }),
        fc.constantFrom(2, 10, 7),
        (rest, family) => {
          const file = Uint8Array.from(header);
          file.set(rest, 48);
          file[48 + 59] = family;
          const { stdout, exitCode } = runIpmon(['-bXxv', '-f', 'x'], { read: () => file });
          expect(exitCode).toBe(0);
          expect(stdout).toMatch(/^01\/01\/1970 00:00:00\.000000 /);
        },
      ),
    );
  });

  it('as a packet can be logged', () => {
    const rules = filterOf('log body in all', 'pass in log body all', 'pass out log body all');
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 120 }), fc.boolean(), (bytes, six) => {
        bytes[0] = six ? 0x60 : 0x40 | (bytes[0]! & 15);
        const { engine } = new TestGateway({ filter: rules });
        const { logged = [] } = engine.check(decodePacket(bytes), { interface: 'em0', direction: 'in' });
        for (const entry of logged) {
          expect(entry.bytes.length).toBe(Math.max(0, entry.headerLength + entry.bodyLength));
          expect(entry.bodyLength).toBeLessThanOrEqual(128);
        }
      }),
    );
  });
});

describe('a log that is full', () => {
  const many = Array.from({ length: 240 }, (_, i) => `in on em0 udp 10.0.0.1,${i + 1} 192.0.2.7,53`);
  // 32768 bytes hold 215 records of 48 and 76 bytes of headers and 28 of the packet.
  const FITTING = 215;

  it('blocks what `or-block` passes, and nothing else', () => {
    const verdicts = (rule: string) => record([rule], many).verdicts;
    expect(verdicts('pass in log or-block all').indexOf('block')).toBe(FITTING);
    expect(verdicts('log or-block in all').indexOf('block')).toBe(FITTING);
    expect(new Set(verdicts('pass in log all'))).toEqual(new Set(['pass']));
  });

  it('and keeps what was written', () => {
    expect(lines(record(['pass in log all'], many).log)).toHaveLength(FITTING);
  });
});

describe('the engine', () => {
  it('says what was logged, in order', () => {
    const gateway = new TestGateway({ filter: filterOf('log in all', 'block in log level auth.info all') });
    const { logged } = gateway.in('udp 10.0.0.1:5000 > 192.0.2.7:53');
    expect(logged?.map((entry) => [entry.ruleNumber, entry.rule?.rule.body.log?.level])).toEqual([
      [-1, undefined],
      [1, 'auth.info'],
    ]);
  });

  it('and by which rules', () => {
    const said = (...rules: string[]) =>
      sentence(new TestGateway({ filter: filterOf(...rules) }).in('udp 10.0.0.1:5000 > 192.0.2.7:53'));
    expect(said('block in log all')).toBe('block in log all matched and blocks the packet. It is logged.');
    expect(said('log in all', 'block in log all')).toBe(
      'block in log all matched and blocks the packet. It is logged by log in all and by block in log all.',
    );
    expect(said('log in all', 'block in all')).toBe(
      'block in all matched and blocks the packet. It is logged by log in all.',
    );
    expect(said('log in proto tcp all', 'block in all')).toBe('block in all matched and blocks the packet.');
  });
});
