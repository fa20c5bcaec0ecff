/** What `ipf -nv`, `ipnat -nv` and `ippool -nv` print of a rule, and what they say about options and files. */
import { describe, expect, it } from 'vitest';
import { ipfilterFrontends } from '../conformance/ipfilterFrontends';

const PRINTED: Readonly<Record<string, readonly (readonly [rule: string, printed: string])[]>> = {
  ipf: [
    ['pass in on {le0,le1} all', 'pass in on le0(!),le1(!) all\n'],
    ['pass in on le0:1 all', 'pass in on le0(!) all\n'],
    ['pass in on - all', 'pass in on - all\n'],
    ['pass in on "le0" all', 'pass in on le0(!) all\n'],
    ['pass in on * all', 'pass in on * all\n'],
    ['pass in from ed0/32 to any', 'pass in inet from any to any\n'],
    ['pass in on ed0 from ed0/network to ed0', 'pass in on ed0(!) inet from ed0/net to any\n'],
    ['block in from 10/8 to any', 'block in inet from 10.0.0.0/8 to any\n'],
    ['block in from 10.0.0.5/255.0.0.255 to any', 'block in inet from any to any\n'],
    ['pass in inet6 from 2001:db8::/ffff:ffff:: to any', 'pass in inet6 from 2001:db8::/32 to any\n'],
    [
      'pass in proto tcp from any to any port = {22,80 >< 90}',
      'pass in proto tcp from any to any port = 22\npass in proto tcp from any to any port 80 >< 90\n',
    ],
    ['pass in proto tcp all flags s', 'pass in proto tcp from any to any flags /FSRPAU\n'],
    [
      'pass in inet6 proto ipv6-icmp all icmp-type echo',
      'pass in inet6 proto ipv6-icmp from any to any icmp-type echo\n',
    ],
    [
      'pass in proto icmp all icmp-type maskrep',
      'pass in inet proto icmp from any to any icmp-type maskrep\n',
    ],
    [
      'pass in proto tcp all keep state(age 10/20, state-age 30)',
      'pass in proto tcp from any to any keep state (age 30/30) # count 0\n',
    ],
    [
      'pass in proto tcp all keep state(strict limit 10 max-per-src 5)',
      'pass in proto tcp from any to any keep state (limit 10,strict) # count 0\n',
    ],
    ['pass in proto tcp all keep state(strict, loose)', ''],
    ['log level info in all', 'log level local0.info in all\n'],
    ['log body first in all', 'log body first in all\n'],
    ['pass in all rule-ttl 30', 'pass in all # rule-ttl 30\n'],
    ['auth return-rst in proto tcp all', 'auth return-rst in proto tcp from any to any\n'],
    ['call now srcgrpmap/10 in all', 'call now /10 in all\n'],
    ['pass in all match-tag(log=7)', 'pass in all set-tag(log=7)\n'],
    ['pass in all head abcdefghijklmnopqrst', 'pass in all head abcdefghijklmno\n'],
    ['pass in to le0:2001:db8::1 all', 'pass in to le0:2001:db8::1 inet6 all\n'],
    ['pass in route-to le0:10.0.0.1 all', 'pass in to le0:10.0.0.1 inet all\n'],
    ['pass in fastroute all', 'pass in fastroute all\n'],
    ['pass in all with not ipopts,short', 'pass in from any to any with not ipopts,short\n'],
    [
      'pass in from hash=(10.0.0.1,10.0.0.2) to any',
      'table role=ipf type=hash name= size=3\n\t{ 10.0.0.1/32; 10.0.0.2/32; };\npass in from hash/0 to any\n',
    ],
    [
      'pass in exp { "ip.src = 10.0.0.1; tcp.dport = 80;" }',
      'pass in exp { "ip.src = 10.0.0.1/32; tcp.dport = 80;" } \n',
    ],
  ],
  ipnat: [
    ['no map le0 10.0.0.0/8 -> 0/32', ''],
    [
      'map le0 10.0.0.0/8 -> 0/32 proxy port ftp ftp/tcp',
      'map le0 10.0.0.0/8 -> 0/32 proxy port ftp ftp/tcp\n',
    ],
    [
      'map le0,le1 10.0.0.0/8 -> 192.0.2.0/28 portmap tcp/udp auto',
      'map le0,le1 10.0.0.0/8 -> 192.0.2.0/28 portmap tcp/udp auto\n',
    ],
    ['map le0 10.0.0.0/8 -> 0/32 portmap tcp 1000', 'map le0 10.0.0.0/8 -> 0/32 portmap tcp 1000:1000\n'],
    ['map le0 10.0.0.0/8 -> 192.0.2.1-192.0.2.9 sequential', ''],
    [
      'map le0 from 10.0.0.0/8 ! to 10.1.0.0/16 -> 0/32',
      'map le0 from 10.0.0.0/8 ! to 10.1.0.0/16 -> 0/32\n',
    ],
    ['map le0 10.0.0.0/8 -> 0/32 icmpidmap icmp 1:100', 'map le0 10.0.0.0/8 -> 0/32 icmpidmap icmp 1:100\n'],
    [
      'map-block le0 10.0.0.0/8 -> 192.0.2.0/24 ports auto',
      'map-block le0 10.0.0.0/8 -> 192.0.2.0/24 ports auto\n',
    ],
    ['bimap le0 10.0.0.1/32 -> 192.0.2.1/32', 'bimap le0 10.0.0.1/32 -> 192.0.2.1/32\n'],
    [
      'rdr le0 0/0 port 80 -> 10.0.0.1,10.0.0.2 port 8080 tcp round-robin sticky',
      'rdr le0 0/0 port 80 -> 10.0.0.1,10.0.0.2 port 8080 tcp round-robin sticky\n',
    ],
    [
      'rdr le0 from 1.2.3.0/24 to any port = 80 -> 10.0.0.1 port 8080 tcp/udp',
      'rdr le0 from 1.2.3.0/24 to 0/0 port = 80 -> 10.0.0.1/32 port 8080 tcp/udp\n',
    ],
    ['rdr le0 ! 10.0.0.0/8 port 80 -> 10.0.0.1 port 80 tcp', ''],
    [
      'rewrite in on le0 proto tcp from any to any port = 80 -> src 10.0.0.1/32 dst 10.0.0.2/32;',
      'rewrite in on le0 proto tcp from 0/0 to 0/0 port = http -> src 10.0.0.1/32 dst 10.0.0.2/32;\n',
    ],
    ['divert in on le0 from any to any -> src 127.0.0.1,2000 dst 127.0.0.1,3000;', ''],
    ['encap out on le0 from any to any -> src 10.0.0.1/32 dst 10.0.0.2/32;', ''],
    [
      'map le0 10.0.0.0/8 -> 0/32 age 10/20 mssclamp 1400 tag abcdefghijklmnopqrstuv',
      'map le0 10.0.0.0/8 -> 0/32 age 10/20 mssclamp 1400 tag abcdefghijklmnop\n',
    ],
    [
      'map le0 inet6 2001:db8::/32 -> 2001:db8:1::1/128',
      'map le0 inet6 2001:db8::/32 -> 2001:db8:1::1/128\n',
    ],
    ['rdr le0 0/0 -> 10.0.0.1 ip frag', 'rdr le0 0/0 -> 10.0.0.1/32 ip frag\n'],
  ],
  ippool: [
    [
      'table role=ipf type=tree number=1 { 10/8; !10.1.0.0/16; };',
      'table role=ipf type=tree number=1\n\t{ 10/8; ! 10.1.0.0/16; };\n',
    ],
    [
      'table role=nat type=hash name=abc size=31 { 10.0.0.1; };',
      'table role=nat type=hash name=abc size=31\n\t{ 10.0.0.1/32; };\n',
    ],
    ['pool ipf/tree (name x;) { 10.0.0.5/8; };', 'table role=ipf type=tree name=x\n\t{ 10.0.0.5/8; };\n'],
    [
      'pool ipf/dstlist (name d; policy round-robin;) { 10.0.0.1; le0:10.0.0.2; };',
      'pool ipf/dstlist (name d; policy round-robin;)\n\t{ 10.0.0.1; le0:10.0.0.2; };\n',
    ],
    [
      'group-map in role=ipf number=5 { 10.0.0.0/8, group=3; 10.1.0.0/16, group=4; };',
      'group-map in role=ipf number=5 size=3\n\t{ 10.0.0.0/8, group=3; 10.1.0.0/16, group=4; };\n',
    ],
    ['table role=ipf type=tree { 1.1.1.1; };', 'table role=ipf type=tree number=\n\t{ 1.1.1.1/32; };\n'],
    ['table role=all type=tree number=1 { ; };', 'table role=all type=tree number=1\n\t{; };\n'],
  ],
};

describe('canonical printing', () => {
  for (const [program, rules] of Object.entries(PRINTED))
    it.each(rules)(`${program}: %s`, (rule, printed) => {
      expect(run(program, [program === 'ipf' ? '-Rnvf' : '-nvf', '-'], `${rule}\n`).stdout).toBe(printed);
    });
});

describe('options, as the real programs take them', () => {
  it.each([
    ['-6nvf -', 'pass in inet6 all\n'],
    ['-n -v -f -', 'pass in all\n'],
    ['-nvf-', 'pass in all\n'],
    ['-v -n -4 -f -', 'pass in inet all\n'],
  ])('ipf %s', (line, printed) => {
    const { stdout, exitCode } = run('ipf', line.split(' '), 'pass in all\n');
    expect([stdout, exitCode]).toEqual([printed, 0]);
  });

  it('a file that is not there', () => {
    for (const program of ['ipf', 'ipnat', 'ippool'])
      expect(run(program, ['-nvf', '/nonexistent'], '')).toMatchObject({ stdout: '', exitCode: 1 });
    expect(run('ipf', ['-nvf', '/nonexistent'], '').stderr).toBe(
      'fopen(/nonexistent) failed: No such file or directory\n',
    );
  });

  it('an option that nobody knows', () => {
    expect(run('ipf', ['-q'], '').exitCode).toBe(1);
    expect(run('ipf', ['-q'], '').stderr).toMatch(/^usage: ipf /m);
  });

  it('a syntax error ends ipftest too', () => {
    const { exitCode, stderr, stdout } = run('ipftest', ['-br', '-', '-i', '/dev/null'], 'pass in al\n');
    expect([exitCode, stdout, stderr]).toEqual([1, '', 'syntax error error at "al", line 1\n']);
  });
});

function run(program: string, argumentsOfIt: readonly string[], standardInput: string) {
  return ipfilterFrontends[program]!(argumentsOfIt, {
    read: (path) =>
      path === '-'
        ? Uint8Array.from(Buffer.from(standardInput, 'latin1'))
        : path === '/dev/null'
          ? new Uint8Array(0)
          : undefined,
  });
}
