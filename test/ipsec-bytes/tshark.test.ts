/**
 * tshark as a judge: for every algorithm it knows, it must decrypt our packets with the keys, find the ICV
 * right and read the datagram inside. (ChaCha20-Poly1305 it does not know yet; its judge is the RFC's vector.)
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { setkeyDialect } from '../../server/src/dialects/setkey';
import { buildPacket } from '../../server/src/packet/build';
import { formatHex } from '../../server/src/packet/bytes';
import { protect } from '../../server/src/packet/ipsec';
import type { Packet } from '../../server/src/packet/packet';
import { parseAddress } from '../../server/src/policy/address';
import type { SecurityAssociation } from '../../server/src/policy/ipsec';

const hasTshark = (() => {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

const key = (byteCount: number) =>
  `0x${Array.from({ length: byteCount }, (_, i) => (i + 1).toString(16).padStart(2, '0')).join('')}`;

/** setkey's words, and tshark's names for them. */
const SUITES: readonly (readonly [setkey: string, encryption: string, authentication: string])[] = [
  [`-E null -A hmac-md5 ${key(16)}`, 'NULL', 'HMAC-MD5-96 [RFC2403]'],
  [`-E 3des-cbc ${key(24)} -A hmac-sha1 ${key(20)}`, 'TripleDES-CBC [RFC2451]', 'HMAC-SHA-1-96 [RFC2404]'],
  [`-E des-cbc ${key(8)} -A hmac-sha1 ${key(20)}`, 'DES-CBC [RFC2405]', 'HMAC-SHA-1-96 [RFC2404]'],
  [`-E aes-cbc ${key(16)} -A hmac-sha1 ${key(20)}`, 'AES-CBC [RFC3602]', 'HMAC-SHA-1-96 [RFC2404]'],
  [`-E aes-cbc ${key(32)} -A hmac-sha256 ${key(32)}`, 'AES-CBC [RFC3602]', 'HMAC-SHA-256-128 [RFC4868]'],
  [`-E aes-cbc ${key(24)} -A hmac-sha384 ${key(48)}`, 'AES-CBC [RFC3602]', 'HMAC-SHA-384-192 [RFC4868]'],
  [`-E aes-cbc ${key(16)} -A hmac-sha512 ${key(64)}`, 'AES-CBC [RFC3602]', 'HMAC-SHA-512-256 [RFC4868]'],
  [`-E aes-cbc ${key(16)} -A hmac-ripemd160 ${key(20)}`, 'AES-CBC [RFC3602]', 'MAC-RIPEMD-160-96 [RFC2857]'],
  [`-E blowfish-cbc ${key(16)} -A hmac-sha1 ${key(20)}`, 'BLOWFISH-CBC [RFC2451]', 'HMAC-SHA-1-96 [RFC2404]'],
  [`-E aes-ctr ${key(20)} -A hmac-sha1 ${key(20)}`, 'AES-CTR [RFC3686]', 'HMAC-SHA-1-96 [RFC2404]'],
  [`-E aes-gcm-16 ${key(20)}`, 'AES-GCM with 16 octet ICV [RFC4106]', 'NULL'],
  [`-E aes-gcm-16 ${key(36)}`, 'AES-GCM with 16 octet ICV [RFC4106]', 'NULL'],
];

describe.skipIf(!hasTshark)('tshark decrypts', () => {
  for (const [suite, encryption, authentication] of SUITES) {
    it(suite.replace(/0x(\w+)/g, (_, digits: string) => `${digits.length * 4} bits`), {
      timeout: 30_000,
    }, () => {
      const sa = association(`add 20.0.0.1 20.0.0.2 esp 0x1234 ${suite};`);
      const packets = (['tunnel', 'transport'] as const).map((mode, index) => {
        const sealed = protect(datagram(mode), sa, { mode, sequence: index + 1, iv: 'deterministic' });
        if (sealed.failure !== undefined) throw new Error(sealed.failure.message);
        return sealed.packet;
      });
      const hex = (use: SecurityAssociation['encryption']) =>
        use === undefined || use.key.length === 0 ? '' : `0x${formatHex(use.key)}`;
      const keys = [encryption, hex(sa.encryption), authentication, hex(sa.authentication)];
      expect(readByTshark(packets, ['IPv4', '*', '*', '0x1234', ...keys])).toEqual([
        '1000 2000 68656c6c6f 1',
        '1000 2000 68656c6c6f 1',
      ]);
    });
  }
});

function association(statement: string): SecurityAssociation {
  const { policy } = setkeyDialect.lower(setkeyDialect.parse(statement), { file: 'tshark' });
  const sa = policy.ipsec?.associations[0];
  if (sa === undefined) throw new Error(`No SA in: ${statement}`);
  return sa;
}

function datagram(mode: 'tunnel' | 'transport'): Packet {
  const [source, destination] = mode === 'tunnel' ? ['10.0.1.2', '10.0.2.2'] : ['20.0.0.1', '20.0.0.2'];
  return buildPacket({
    source: parseAddress(source)!,
    destination: parseAddress(destination)!,
    protocol: 17,
    sourcePort: 1000,
    destinationPort: 2000,
    payload: Uint8Array.from(Buffer.from('hello')),
  });
}

/** Of each packet: source port, destination port and payload of the datagram inside, and whether the ICV is good. */
function readByTshark(packets: readonly Packet[], association: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'gatewalk-tshark-'));
  try {
    const file = join(folder, 'packets.pcap');
    writeFileSync(file, pcapOf(packets));
    const fields = ['udp.srcport', 'udp.dstport', 'udp.payload', 'esp.icv_good'].flatMap((name) => [
      '-e',
      name,
    ]);
    const preferences = [
      'esp.enable_encryption_decode:TRUE',
      'esp.enable_authentication_check:TRUE',
      `uat:esp_sa:${association.map((part) => `"${part}"`).join(',')}`,
    ].flatMap((preference) => ['-o', preference]);
    const out = execFileSync('tshark', ['-r', file, ...preferences, '-T', 'fields', ...fields], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, HOME: folder, WIRESHARK_CONFIG_DIR: folder },
    });
    return out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replaceAll('\t', ' '));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A pcap file of packets that begin with their IP header (link type 101, raw IP). */
function pcapOf(packets: readonly Packet[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65535, 16);
  header.writeUInt32LE(101, 20);
  const records = packets.map(({ bytes }) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(bytes.length, 8);
    record.writeUInt32LE(bytes.length, 12);
    return Buffer.concat([record, bytes]);
  });
  return Buffer.concat([header, ...records]);
}
