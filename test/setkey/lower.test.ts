import { describe, expect, it } from 'vitest';
import { setkeyDialect } from '../../server/src/dialects/setkey';
import { formatAddress, formatPrefix } from '../../server/src/policy/address';
import type { SecurityPolicy } from '../../server/src/policy/ipsec';
import { databaseOf } from './support';

const directions = (text: string) => databaseOf(text).policies.map((p) => `${p.direction} ${p.action}`);
const spis = (text: string) => databaseOf(text).associations.map((a) => a.spi);

function selectorOf(policy: SecurityPolicy): string {
  const { source, destination, protocol, sourcePort, destinationPort } = policy.selector;
  return `${formatPrefix(source)}[${sourcePort ?? 'any'}] ${formatPrefix(destination)}[${destinationPort ?? 'any'}] ${protocol ?? 'any'}`;
}

describe('selectors', () => {
  it('keep prefix, port and protocol; no prefix means the full length, 0 and `any` no port', () => {
    const { policies } = databaseOf(
      [
        'spdadd 10.0.1.0/24[any] 10.0.2.0/24[80] tcp -P out none;',
        'spdadd 10.0.1.1[0] 10.0.2.2[domain] 17 -P out none;',
        'spdadd 2001:db8::/32 ::1[http] any -P in discard;',
        'spdadd 0.0.0.0/0 0.0.0.0/0 255 -P in discard;',
      ].join('\n'),
    );
    expect(policies.map(selectorOf)).toEqual([
      '10.0.1.0/24[any] 10.0.2.0/24[80] 6',
      '10.0.1.1/32[any] 10.0.2.2/32[53] 17',
      '2001:db8::/32[any] ::1/128[80] any',
      '0.0.0.0/0[any] 0.0.0.0/0[any] any',
    ]);
  });

  it('keep the ICMP type and code', () => {
    const [echo] = databaseOf('spdadd 10.0.1.0/24 10.0.2.0/24 icmp 8,0 -P out none;').policies;
    expect(echo?.selector).toMatchObject({ protocol: 1, icmpType: 8, icmpCode: 0 });
  });

  it('say what nobody looks at', () => {
    const of = (text: string) => databaseOf(text).policies[0]?.unmodelled;
    expect(of('spdadd ::1 ::2 gre 1.2.3.4 -P out none;')).toEqual(['the GRE key 1.2.3.4 in the selector']);
    expect(of('spdadd ::1 ::2 any -ctx 1 1 "label" -P out none;')).toEqual(['the security label of `-ctx`']);
    expect(of('spdadd ::1 ::2 any -P out entrust;')).toEqual([
      '`entrust` in the SPD, which the kernels of NetBSD and FreeBSD refuse',
    ]);
    expect(of('spdadd ::1 ::2 any -P out none;')).toBeUndefined();
  });
});

describe('requests', () => {
  it('come in the order written, with mode, ends, level and number', () => {
    const [policy] = databaseOf(
      'spdadd 10.0.1.0/24 10.0.2.0/24 any -P out ipsec\n\tesp/tunnel/20.0.0.1-20.0.0.2/require\n\tah/transport//unique:7\n\tipcomp/transport;',
    ).policies;
    expect(
      policy?.requests.map((r) => [
        r.protocol,
        r.mode,
        r.tunnel && `${formatAddress(r.tunnel.source)} ${formatAddress(r.tunnel.destination)}`,
        r.level,
        r.uniqueId,
      ]),
    ).toEqual([
      ['esp', 'tunnel', '20.0.0.1 20.0.0.2', 'require', undefined],
      ['ah', 'transport', undefined, 'unique', 7],
      ['ipcomp', 'transport', undefined, 'default', undefined],
    ]);
  });

  it('keep the UDP ports of their ends', () => {
    const [policy] = databaseOf(
      'spdadd ::1 ::2 any -P out ipsec esp/tunnel/10.0.0.1[4500]-10.0.0.2[14500]/require;',
    ).policies;
    expect(policy?.requests[0]?.tunnel).toMatchObject({ sourcePort: 4500, destinationPort: 14500 });
  });

  it('a priority is a number on the scale of the kernel: lower is earlier', () => {
    const of = (text: string) => databaseOf(`spdadd ::1 ::2 any -P out ${text} none;`).policies[0]?.priority;
    expect([of('prio high'), of('prio def'), of('prio low')]).toEqual([0x40000000, 0x80000000, 0xc0000000]);
    expect([of('prio def + 5'), of('priority -5'), of('priority 5')]).toEqual([
      0x80000000 - 5,
      0x80000000 + 5,
      0x80000000 - 5,
    ]);
  });
});

describe('associations', () => {
  it('keep algorithms by one name and keys as bytes', () => {
    const [sa] = databaseOf(
      'add 10.0.0.1 10.0.0.2 esp 0x1000 -m tunnel -r 4 -u 9 -E rijndael-cbc "0123456789abcdef" -A hmac-sha2-256 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff;',
    ).associations;
    expect(sa).toMatchObject({ protocol: 'esp', spi: 4096, mode: 'tunnel', replayWindow: 4, uniqueId: 9 });
    expect(sa?.encryption?.name).toBe('aes-cbc');
    expect(Buffer.from(sa!.encryption!.key).toString()).toBe('0123456789abcdef');
    expect(sa?.authentication?.name).toBe('hmac-sha256');
    expect(sa?.authentication?.key[31]).toBe(255);
  });

  it('keep keys out of their titles', () => {
    const [sa] = databaseOf('add 10.0.0.1 10.0.0.2 esp 0x1000 -E aes-cbc "0123456789abcdef";').associations;
    expect(sa?.text).toBe('add 10.0.0.1 10.0.0.2 esp 4096 -E aes-cbc');
  });

  it('an odd first hex digit is a byte of its own, and text is UTF-8', () => {
    const key = (text: string) =>
      Buffer.from(
        databaseOf(`add ::1 ::2 tcp 0x1000 -A tcp-md5 ${text};\nadd ::1 ::2 esp 999 -E blowfish-cbc ${text};`)
          .associations[0]!.encryption!.key,
      ).toString('hex');
    expect(key('0x1aabbccdd')).toBe('01aabbccdd');
    expect(key('"äöü"')).toBe('c3a4c3b6c3bc');
  });

  it('esp-udp and esp-old are ESP with a mark; TCP signatures are no SA of the SAD we walk', () => {
    const { associations } = databaseOf(
      [
        'add 10.0.0.1 [4500] 10.0.0.2 [14500] esp-udp 1000 -E null;',
        'add 10.0.0.1 10.0.0.2 esp-udp 1001 -E null;',
        'add 10.0.0.1 10.0.0.2 esp-old 1002 -E null;',
        'add 10.0.0.1 10.0.0.2 tcp 0x1000 -A tcp-md5 "k";',
      ].join('\n'),
    );
    expect(associations.map((a) => [a.spi, a.protocol, a.udpEncapsulation, a.old])).toEqual([
      [1000, 'esp', { sourcePort: 4500, destinationPort: 14500 }, undefined],
      [1001, 'esp', { sourcePort: 4500, destinationPort: 4500 }, undefined],
      [1002, 'esp', undefined, true],
    ]);
  });
});

describe('commands in their order', () => {
  const out = 'spdadd 10.0.0.1 10.0.0.2 any -P out none;\n';
  const into = 'spdadd 10.0.0.1 10.0.0.2 any -P in discard;\n';
  const sa = (spi: number, protocol = 'esp -E null') => {
    const [name, ...rest] = protocol.split(' ');
    return `add 10.0.0.1 10.0.0.2 ${name} ${spi} ${rest.join(' ')};\n`;
  };

  it('spdflush and flush empty their own database only', () => {
    expect(directions(`${out}spdflush;\n${into}`)).toEqual(['in discard']);
    expect(directions(`${out}flush;\n${into}`)).toEqual(['out none', 'in discard']);
    expect(spis(`${sa(1000)}flush;\n${sa(1001)}`)).toEqual([1001]);
    expect(spis(`${sa(1000)}spdflush;\n`)).toEqual([1000]);
    const ah = sa(1001, 'ah -A null');
    expect(spis(`${sa(1000)}${ah}flush ah;\n`)).toEqual([1000]);
  });

  it('delete names one SA, deleteall those between two addresses', () => {
    expect(spis(`${sa(1000)}${sa(1001)}delete 10.0.0.1 10.0.0.2 esp 1000;\n`)).toEqual([1001]);
    expect(spis(`${sa(1000)}delete 10.0.0.1 10.0.0.2 ah 1000;\n`)).toEqual([1000]);
    expect(spis(`${sa(1000)}${sa(1001)}deleteall 10.0.0.1 10.0.0.2 esp;\n`)).toEqual([]);
    expect(spis(`${sa(1000)}deleteall 10.0.0.2 10.0.0.1 esp;\n`)).toEqual([1000]);
  });

  it('spddelete names an entry by direction and selectors', () => {
    expect(directions(`${out}${into}spddelete 10.0.0.1 10.0.0.2 any -P out;\n`)).toEqual(['in discard']);
    expect(directions(`${out}spddelete 10.0.0.1 10.0.0.2 tcp -P out;\n`)).toEqual(['out none']);
  });

  it('spdupdate takes the old entry out and enters the new one last', () => {
    expect(directions(`${out}${into}spdupdate 10.0.0.1 10.0.0.2 any -P out discard;\n`)).toEqual([
      'in discard',
      'out discard',
    ]);
  });

  it('what is refused, asks a resolver, or stands behind `exit` takes no part', () => {
    expect(directions(`spdadd 10.0.0.256 10.0.0.2 any -P out none;\n${into}`)).toEqual(['in discard']);
    expect(directions(`spdadd gw 10.0.0.2 any -P out none;\n${into}`)).toEqual(['in discard']);
    expect(directions(`spdadd 10.0.0.1[zzyzx] 10.0.0.2 tcp -P out none;\n${into}`)).toEqual(['in discard']);
    expect(directions(`${out}quit;\n${into}`)).toEqual(['out none']);
    expect(spis(sa(1000, 'esp -E aes-cbc "short"'))).toEqual([]);
    expect(directions(out + out)).toEqual(['out none']);
    expect(directions('spdadd ::1 ::2 any -P out;')).toEqual(['out discard']);
  });
});

describe('origins', () => {
  it('are the statement without the blanks and comments around it, with its line', () => {
    const text =
      '# head\n\n  spdadd 10.0.0.1 10.0.0.2 any\n\t-P out none; # why\nflush; add ::1 ::2 esp 1000 -E null;\n';
    const { policies, associations } = databaseOf(text);
    const [policy] = policies;
    expect(text.slice(policy!.origin.start, policy!.origin.end)).toBe(
      'spdadd 10.0.0.1 10.0.0.2 any\n\t-P out none;',
    );
    expect([policy!.origin.file, policy!.origin.line]).toEqual(['setkey.conf', 2]);
    const [sa] = associations;
    expect(text.slice(sa!.origin.start, sa!.origin.end)).toBe('add ::1 ::2 esp 1000 -E null;');
    expect(sa!.origin.line).toBe(4);
  });

  it('move with an edit above them, while the entry itself is kept', () => {
    const text = 'spdflush;\nspdadd 10.0.0.1 10.0.0.2 any -P out none;\n';
    const before = setkeyDialect.parse(text);
    const after = setkeyDialect.parse(`\n${text}`, before);
    const policyOf = (parse: typeof before) =>
      setkeyDialect.lower(parse, { file: 'f' }).policy.ipsec!.policies[0]!;
    expect(policyOf(after).selector).toBe(policyOf(before).selector);
    expect([policyOf(before).origin.line, policyOf(after).origin.line]).toEqual([1, 2]);
  });
});

describe('the content of a statement', () => {
  it('ends with its `;`, whatever stands in the comment behind it', () => {
    const text = 'spdadd ::1 ::2 any -P out none; # not; here\n';
    const [policy] = databaseOf(text).policies;
    expect(text.slice(policy!.origin.start, policy!.origin.end)).toBe('spdadd ::1 ::2 any -P out none;');
  });
});
