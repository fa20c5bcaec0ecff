/**
 * The security associations of a network as lines of Wireshark's `esp_sa` file (its table "ESP SAs"): family,
 * addresses, SPI, then algorithm and key of encryption and of authentication, quoted and parted by commas. With
 * them Wireshark decrypts an exported walk. Algorithms go by the names of Wireshark 4.0's ESP dissector, which
 * refuses the whole file for a name it does not list; what has no name there is told in words instead.
 */
import { formatHex } from '../packet/bytes';
import { formatAddress } from '../policy/address';
import type { SecurityAssociation } from '../policy/ipsec';
import type { Network } from '../simulator/network';

export interface EspSaFile {
  /** One line each, ended by a newline. */
  readonly text: string;
  /** The associations that have no line, with the reason. */
  readonly notes: readonly string[];
}

export function espSaFile(network: Network): EspSaFile {
  const lines = new Set<string>();
  const notes = new Set<string>();
  // Both gateways of a tunnel hold its associations: each line stands once.
  for (const sa of network.gateways.flatMap((gateway) => gateway.ipsec.associations)) {
    if (sa.protocol !== 'esp') continue;
    const line = espSaLine(sa);
    if (typeof line === 'string') lines.add(line);
    else notes.add(line.note);
  }
  return { text: [...lines].map((line) => `${line}\n`).join(''), notes: [...notes] };
}

function espSaLine(sa: SecurityAssociation): string | { readonly note: string } {
  const encryption = sa.encryption?.name ?? 'null';
  const authentication = sa.authentication?.name ?? 'null';
  const cipher = ENCRYPTION.get(encryption);
  const hash = AUTHENTICATION.get(authentication);
  const spi = `0x${sa.spi.toString(16).padStart(8, '0')}`;
  const where = `The association ${formatAddress(sa.source)} > ${formatAddress(sa.destination)}, SPI ${spi},`;
  if (sa.old) return { note: `${where} has no line in esp_sa: Wireshark reads no esp-old (RFC 1827).` };
  if (cipher === undefined || hash === undefined) {
    const unknown = cipher === undefined ? encryption : authentication;
    return { note: `${where} has no line in esp_sa: Wireshark 4.0 lists no \`${unknown}\` for ESP.` };
  }
  return [
    sa.source.family === 4 ? 'IPv4' : 'IPv6',
    formatAddress(sa.source),
    formatAddress(sa.destination),
    spi,
    cipher,
    keyText(sa.encryption?.key),
    hash,
    keyText(sa.authentication?.key),
  ]
    .map((word) => `"${word}"`)
    .join(',');
}

function keyText(key: Uint8Array | undefined): string {
  return key === undefined || key.length === 0 ? '' : `0x${formatHex(key)}`;
}

/** setkey's names and those of Wireshark 4.0's packet-ipsec.c. Keys of counter modes end with the salt in both. */
const ENCRYPTION: ReadonlyMap<string, string> = new Map([
  ['null', 'NULL'],
  ['des-cbc', 'DES-CBC [RFC2405]'],
  ['3des-cbc', 'TripleDES-CBC [RFC2451]'],
  ['blowfish-cbc', 'BLOWFISH-CBC [RFC2451]'],
  ['cast128-cbc', 'CAST5-CBC [RFC2144]'],
  ['twofish-cbc', 'TWOFISH-CBC'],
  ['aes-cbc', 'AES-CBC [RFC3602]'],
  ['aes-ctr', 'AES-CTR [RFC3686]'],
  ['aes-gcm-16', 'AES-GCM with 16 octet ICV [RFC4106]'],
]);

const AUTHENTICATION: ReadonlyMap<string, string> = new Map([
  ['null', 'NULL'],
  ['hmac-md5', 'HMAC-MD5-96 [RFC2403]'],
  ['hmac-sha1', 'HMAC-SHA-1-96 [RFC2404]'],
  ['hmac-sha256', 'HMAC-SHA-256-128 [RFC4868]'],
  ['hmac-sha384', 'HMAC-SHA-384-192 [RFC4868]'],
  ['hmac-sha512', 'HMAC-SHA-512-256 [RFC4868]'],
  ['hmac-ripemd160', 'MAC-RIPEMD-160-96 [RFC2857]'],
]);
