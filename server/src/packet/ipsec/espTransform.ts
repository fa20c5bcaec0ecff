/**
 * ESP as bytes (RFC 4303): from "protocol and payload" to the ESP packet behind an IP header, and back.
 *
 *     SPI | sequence | IV | payload, padding 1 2 3 ..., pad length, next header | ICV
 *                         '------------------ encrypted ----------------------'
 *     '------------------------- authenticated -------------------------------'
 */
import type { SecurityAssociation } from '../../policy/ipsec';
import { joinBytes } from '../bytes';
import { emitEsp, espHeaderBytes, parseEsp } from '../esp';
import {
  type Authenticator,
  authenticator,
  deterministicIv,
  type EspCipher,
  espCipher,
  sameBytes,
} from './crypto';
import { failed, type IpsecResult } from './result';

export interface Payload {
  /** Protocol number of `bytes`: what stands in Next Header. */
  readonly protocol: number;
  readonly bytes: Uint8Array;
}

export function sealEsp(
  payload: Payload,
  sa: SecurityAssociation,
  sequence: number,
  iv: Uint8Array | 'deterministic',
): IpsecResult<{ readonly bytes: Uint8Array }> {
  const suite = suiteOf(sa);
  if (suite.failure !== undefined) return suite;
  const { cipher, integrity } = suite;
  const ivBytes = iv === 'deterministic' ? deterministicIv(sa.spi, sequence, cipher.ivBytes) : iv;
  if (ivBytes.length !== cipher.ivBytes) {
    return failed('malformed', `The IV of ${suite.name} has ${cipher.ivBytes} bytes, not ${ivBytes.length}.`);
  }
  const plaintext = padded(payload, cipher.kind === 'cipher' ? cipher.blockBytes : 1, sa);
  const key = sa.encryption!.key;
  const header = emitEsp({ spi: sa.spi, sequence }, new Uint8Array(0));
  if (cipher.kind === 'aead') {
    return { bytes: joinBytes(header, ivBytes, cipher.seal(key, ivBytes, header, plaintext)) };
  }
  const covered = joinBytes(header, ivBytes, cipher.encrypt(key, ivBytes, plaintext));
  return {
    bytes: joinBytes(covered, integrity?.compute(sa.authentication!.key, covered) ?? new Uint8Array(0)),
  };
}

/** `bytes` begins with the SPI and ends with the packet. Checks the ICV first, as the kernels do. */
export function openEsp(
  bytes: Uint8Array,
  sa: SecurityAssociation,
): IpsecResult<{ readonly payload: Payload; readonly sequence: number }> {
  const suite = suiteOf(sa);
  if (suite.failure !== undefined) return suite;
  const { cipher, integrity } = suite;
  const reading = parseEsp(bytes, 0, bytes.length);
  const icvBytes = cipher.kind === 'aead' ? cipher.icvBytes : (integrity?.icvBytes ?? 0);
  const bodyEnd = bytes.length - icvBytes;
  const bodyStart = espHeaderBytes + cipher.ivBytes;
  if (reading.kind !== 'header' || bodyEnd - bodyStart < 2) {
    return failed('malformed', `The ESP packet has ${bytes.length} bytes, too few for ${suite.name}.`);
  }
  const { sequence } = reading.header;
  const iv = bytes.slice(espHeaderBytes, bodyStart);
  const key = sa.encryption!.key;
  let plaintext: Uint8Array | undefined;
  if (cipher.kind === 'aead') {
    plaintext = cipher.open(key, iv, bytes.slice(0, espHeaderBytes), bytes.slice(bodyStart));
  } else {
    const body = bytes.slice(bodyStart, bodyEnd);
    const icv = integrity?.compute(sa.authentication!.key, bytes.slice(0, bodyEnd));
    if (icv === undefined || sameBytes(icv, bytes.slice(bodyEnd))) {
      if (body.length % Math.max(4, cipher.blockBytes) !== 0) {
        return failed(
          'malformed',
          `The encrypted part has ${body.length} bytes, which ${suite.name} never gives.`,
        );
      }
      plaintext = cipher.decrypt(key, iv, body);
    }
  }
  if (plaintext === undefined) {
    return failed(
      'authentication-failed',
      'The ICV of the ESP packet is not the one its bytes and this key give: the packet was changed on the way, or the keys differ.',
    );
  }
  const payload = unpadded(plaintext);
  return payload === undefined
    ? failed('malformed', 'What the ESP packet decrypts to has no sound padding: the encryption keys differ.')
    : { payload, sequence };
}

/** Bytes that ESP adds to a payload of `length` bytes; undefined when its algorithms are not computed. */
export function espOverhead(length: number, sa: SecurityAssociation): number | undefined {
  const suite = suiteOf(sa);
  if (suite.failure !== undefined) return undefined;
  const { cipher, integrity } = suite;
  const align = Math.max(4, cipher.kind === 'cipher' ? cipher.blockBytes : 1);
  const padding = (align - ((length + 2) % align)) % align;
  const icvBytes = cipher.kind === 'aead' ? cipher.icvBytes : (integrity?.icvBytes ?? 0);
  return espHeaderBytes + cipher.ivBytes + padding + 2 + icvBytes;
}

/**
 * What a kernel reckons with before it knows the packet: 8 bytes of header, a block for the IV, 9 for padding and
 * trailer, and a whole AH header for the ICV (sys/netipsec/xform_esp.c, esp_hdrsiz(); xform_ah.c, ah_hdrsiz()).
 */
export function espEstimate(sa: SecurityAssociation): number | undefined {
  const suite = suiteOf(sa);
  if (suite.failure !== undefined) return undefined;
  const { cipher, integrity } = suite;
  const block = cipher.kind === 'cipher' ? Math.max(cipher.blockBytes, cipher.ivBytes) : 16;
  const icv = integrity === undefined ? 0 : 12 + Math.ceil(integrity.icvBytes / 4) * 4;
  return espHeaderBytes + block + 9 + icv;
}

type Suite = {
  readonly name: string;
  readonly cipher: EspCipher;
  readonly integrity: Authenticator | undefined;
};

function suiteOf(sa: SecurityAssociation): IpsecResult<Suite> {
  if (sa.old) return failed('unmodelled', 'The bytes of `esp-old` (RFC 1827) are not computed.');
  const name = sa.encryption?.name ?? 'null';
  const cipher = espCipher(name);
  if (sa.encryption === undefined || cipher === undefined) {
    return failed('unmodelled', `The bytes of the algorithm \`${name}\` are not computed.`);
  }
  const wanted = sa.authentication?.name;
  if (cipher.kind === 'aead' || wanted === undefined || wanted === 'null') {
    return { name, cipher, integrity: undefined };
  }
  const integrity = authenticator(wanted);
  return integrity === undefined
    ? failed('unmodelled', `The bytes of the algorithm \`${wanted}\` are not computed.`)
    : { name, cipher, integrity };
}

/** RFC 4303 section 2.4: the padding counts 1, 2, 3, ... unless the SA asks for another. */
function padded(payload: Payload, blockBytes: number, sa: SecurityAssociation): Uint8Array {
  const align = Math.max(4, blockBytes);
  const count = (align - ((payload.bytes.length + 2) % align)) % align;
  const padding = Uint8Array.from({ length: count }, (_, i) => (sa.padding === 'zero' ? 0 : i + 1));
  return joinBytes(payload.bytes, padding, Uint8Array.of(count, payload.protocol));
}

/**
 * The kernels look at one byte of the padding only: the last must be its own length or zero, or any when the
 * pad length is zero (NetBSD netipsec/xform_esp.c, esp_input_cb).
 */
function unpadded(plaintext: Uint8Array): Payload | undefined {
  const end = plaintext.length - 2;
  const count = plaintext[end]!;
  if (count > end) return undefined;
  const last = plaintext[end - 1];
  if (count > 0 && last !== count && last !== 0) return undefined;
  return { protocol: plaintext[end + 1]!, bytes: plaintext.slice(0, end - count) };
}
