/** Wireshark reads and decrypts exported walks: every algorithm that both know, and the capture's own shape. */
import { describe, expect, it } from 'vitest';
import { exportPcap } from '../../server/src/interop/exportPcap';
import { exampleFiles, walkFiles } from './projects';
import { hasTshark, tsharkFields, tsharkHint } from './tshark';

/** `vpn-and-nat` with other algorithms, on both gateways. */
function vpnWith(algorithms: string): Map<string, string> {
  const files = exampleFiles('vpn-and-nat');
  for (const path of ['A/ipsec.conf', 'B/ipsec.conf']) {
    const text = files.get(path)!;
    const changed = text.replaceAll(/-E rijndael-cbc "[^"]*" -A hmac-sha1 "[^"]*"/g, algorithms);
    if (changed === text) throw new Error(`${path} has no such algorithms any more.`);
    files.set(path, changed);
  }
  return files;
}

/** Any key will do, as long as no two of its bytes are alike. */
function key(byteCount: number): string {
  return `0x${Array.from({ length: byteCount }, (_, i) => (i + 1).toString(16).padStart(2, '0')).join('')}`;
}

const encryptions: readonly (readonly [name: string, algorithms: string])[] = [
  ['3des-cbc', `-E 3des-cbc ${key(24)} -A hmac-sha1 ${key(20)}`],
  ['aes-cbc, 128 bits', `-E aes-cbc ${key(16)} -A hmac-sha1 ${key(20)}`],
  ['aes-cbc, 192 bits', `-E aes-cbc ${key(24)} -A hmac-sha1 ${key(20)}`],
  ['aes-cbc, 256 bits', `-E aes-cbc ${key(32)} -A hmac-sha1 ${key(20)}`],
  ['aes-ctr, 128 bits', `-E aes-ctr ${key(20)} -A hmac-sha1 ${key(20)}`],
  ['aes-ctr, 256 bits', `-E aes-ctr ${key(36)} -A hmac-sha1 ${key(20)}`],
  ['aes-gcm-16, 128 bits', `-E aes-gcm-16 ${key(20)}`],
  ['aes-gcm-16, 256 bits', `-E aes-gcm-16 ${key(36)}`],
  ['hmac-md5', `-E aes-cbc ${key(16)} -A hmac-md5 ${key(16)}`],
  ['hmac-sha256', `-E aes-cbc ${key(16)} -A hmac-sha256 ${key(32)}`],
  ['hmac-sha384', `-E aes-cbc ${key(16)} -A hmac-sha384 ${key(48)}`],
  ['hmac-sha512', `-E aes-cbc ${key(16)} -A hmac-sha512 ${key(64)}`],
];

describe.skipIf(!hasTshark)(`tshark decrypts the exported walk of vpn-and-nat${tsharkHint}`, () => {
  it.each(encryptions)('%s', (_, algorithms) => {
    const { walk, project } = walkFiles(vpnWith(algorithms), 'x-to-y');
    const { pcap, espSa, notes } = exportPcap(walk.trace, project.network);
    expect(notes).toEqual([]);
    const packets = tsharkFields(pcap, espSa, [
      'frame.interface_name',
      'esp.spi',
      'esp.icv_good',
      'esp.icv_bad',
      'ip.src',
      'ip.dst',
      'tcp.srcport',
      'tcp.dstport',
      'tcp.checksum.status',
    ]);
    const clear = ['', '', '', '10.1.0.10', '10.2.0.20', '40000', '80', '1'];
    expect(packets).toEqual([
      ['X', ...clear],
      ['Z', ...['0x00002710', '1', '0', '192.0.2.1,10.1.0.10', '203.0.113.1,10.2.0.20', '40000', '80', '1']],
      ['Y', ...clear],
    ]);
  });
});

describe.skipIf(!hasTshark)(`tshark decrypts ESP in UDP${tsharkHint}`, () => {
  it('between two gateways with NAT traversal', () => {
    const files = exampleFiles('vpn-and-nat');
    for (const gateway of ['A', 'B']) {
      const ipsec = files
        .get(`${gateway}/ipsec.conf`)!
        .replaceAll(/^add (\S+) (\S+) esp /gm, 'add $1 [4500] $2 [4500] esp-udp ')
        .replaceAll(/tunnel\/([\d.]+)-([\d.]+)\//g, 'tunnel/$1[4500]-$2[4500]/');
      files.set(`${gateway}/ipsec.conf`, ipsec);
      files.set(
        `${gateway}/ipf.conf`,
        files.get(`${gateway}/ipf.conf`)!.replaceAll('port = 500', 'port = 4500'),
      );
    }
    const { walk, project } = walkFiles(files, 'x-to-y');
    const { pcap, espSa } = exportPcap(walk.trace, project.network);
    const fields = ['frame.interface_name', 'udp.dstport', 'esp.icv_good', 'ip.src', 'tcp.dstport'];
    expect(tsharkFields(pcap, espSa, fields)[1]).toEqual(['Z', '4500', '1', '192.0.2.1,10.1.0.10', '80']);
  });
});

describe.skipIf(!hasTshark)(`tshark and what it cannot decrypt${tsharkHint}`, () => {
  it('reads every name we write, also those whose bytes we do not compute', () => {
    const others = [
      ['null', 0, 'hmac-ripemd160', 20],
      ['des-cbc', 8, 'null', 0],
      ['blowfish-cbc', 16, 'hmac-sha1', 20],
      ['cast128-cbc', 16, 'hmac-sha1', 20],
      ['twofish-cbc', 16, 'hmac-sha1', 20],
    ] as const;
    const { project, walk } = walkFiles(exampleFiles('vpn-and-nat'), 'x-to-z');
    const associations = others.map(([encryption, keyBytes, authentication, hashKeyBytes], index) => ({
      ...project.network.gateways[0]!.ipsec.associations[0]!,
      spi: 0x3000 + index,
      encryption: { name: encryption, key: new Uint8Array(keyBytes).fill(7) },
      authentication: { name: authentication, key: new Uint8Array(hashKeyBytes).fill(9) },
    }));
    const gateways = [{ ...project.network.gateways[0]!, ipsec: { policies: [], associations } }];
    const { pcap, espSa, notes } = exportPcap(walk.trace, { ...project.network, gateways });
    expect(notes).toEqual([]);
    expect(espSa.trimEnd().split('\n')).toHaveLength(others.length);
    expect(tsharkFields(pcap, espSa, ['ip.src', 'ip.dst'])).toEqual([
      ['10.1.0.10', '198.51.100.80'],
      ['192.0.2.1', '198.51.100.80'],
    ]);
  });

  it('shows comments, interfaces and times', () => {
    const { walk, project } = walkFiles(exampleFiles('vpn-and-nat'), 'x-to-z');
    const { pcap } = exportPcap(walk.trace, project.network);
    const fields = ['frame.time_epoch', 'frame.interface_id', 'frame.interface_description', 'frame.comment'];
    expect(tsharkFields(pcap, '', fields)).toEqual([
      [
        '0.000000000',
        '0',
        '10.1.0.0/24',
        'From x. Crosses X in clear: 10.1.0.10:40001 > 198.51.100.80:80 tcp S.',
      ],
      [
        '0.001000000',
        '2',
        'internet',
        'From A. Crosses Z in clear: 192.0.2.1:40000 > 198.51.100.80:80 tcp S.',
      ],
    ]);
  });
});

describe('esp_sa', () => {
  it('tells which association Wireshark cannot decrypt', () => {
    const { walk, project } = walkFiles(vpnWith(`-E chacha20-poly1305 ${key(36)}`), 'x-to-y');
    const { espSa, notes } = exportPcap(walk.trace, project.network);
    expect(espSa).toBe('');
    expect(notes).toEqual([
      'The association 192.0.2.1 > 203.0.113.1, SPI 0x00002710, has no line in esp_sa: Wireshark 4.0 lists no `chacha20-poly1305` for ESP.',
      'The association 203.0.113.1 > 192.0.2.1, SPI 0x00002711, has no line in esp_sa: Wireshark 4.0 lists no `chacha20-poly1305` for ESP.',
    ]);
  });

  it('has one line for an association that both gateways hold', () => {
    const { project, walk } = walkFiles(exampleFiles('vpn-and-nat'), 'x-to-y');
    const algorithms = '"AES-CBC [RFC3602]","0x6578616d706c652d6f6e6c792d414553","HMAC-SHA-1-96 [RFC2404]"';
    const hashKey = '"0x6578616d706c652d6f6e6c792d5348412d6b6579"';
    expect(exportPcap(walk.trace, project.network).espSa).toBe(
      [
        `"IPv4","192.0.2.1","203.0.113.1","0x00002710",${algorithms},${hashKey}\n`,
        `"IPv4","203.0.113.1","192.0.2.1","0x00002711",${algorithms},${hashKey}\n`,
      ].join(''),
    );
  });
});
