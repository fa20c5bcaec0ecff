/** Ciphers and authenticators against the vectors printed in their RFCs. */
import { describe, expect, it } from 'vitest';
import { formatHex } from '../../server/src/packet/bytes';
import { authenticator, espCipher } from '../../server/src/packet/ipsec';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
const ascii = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'));

describe('ciphers', () => {
  it('AES-CBC, RFC 3602 section 4, cases 1 and 2', () => {
    const cipher = espCipher('aes-cbc');
    if (cipher?.kind !== 'cipher') throw new Error('aes-cbc must be there.');
    const one = cipher.encrypt(
      bytes('06a9214036b8a15b512e03d534120006'),
      bytes('3dafba429d9eb430b422da802c9fac41'),
      ascii('Single block msg'),
    );
    expect(formatHex(one)).toBe('e353779c1079aeb82708942dbe77181a');
    const two = cipher.encrypt(
      bytes('c286696d887c9aa0611bbb3e2025a45a'),
      bytes('562e17996d093d28ddb3ba695a2e6f58'),
      bytes('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'),
    );
    expect(formatHex(two)).toBe('d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1');
    expect(
      formatHex(
        cipher.decrypt(
          bytes('c286696d887c9aa0611bbb3e2025a45a'),
          bytes('562e17996d093d28ddb3ba695a2e6f58'),
          two,
        ),
      ),
    ).toBe('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
  });

  it('AES-CTR, RFC 3686 section 6, vectors 1, 2, 3 and 7', () => {
    const cipher = espCipher('aes-ctr');
    if (cipher?.kind !== 'cipher') throw new Error('aes-ctr must be there.');
    // The key of setkey is cipher key and nonce in one.
    const one = cipher.encrypt(
      bytes('ae6852f8121067cc4bf7a5765577f39e 00000030'),
      bytes('0000000000000000'),
      ascii('Single block msg'),
    );
    expect(formatHex(one)).toBe('e4095d4fb7a7b3792d6175a3261311b8');
    const two = cipher.encrypt(
      bytes('7e24067817fae0d743d6ce1f32539163 006cb6db'),
      bytes('c0543b59da48d90b'),
      bytes('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'),
    );
    expect(formatHex(two)).toBe('5104a106168a72d9790d41ee8edad388eb2e1efc46da57c8fce630df9141be28');
    const three = cipher.encrypt(
      bytes('7691be035e5020a8ac6e618529f9a0dc 00e0017b'),
      bytes('27777f3f4a1786f0'),
      bytes('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223'),
    );
    expect(formatHex(three)).toBe('c1cf48a89f2ffdd9cf4652e9efdb72d74540a42bde6d7836d59a5ceaaef3105325b2072f');
    const seven = cipher.encrypt(
      bytes('776beff2851db06f4c8a0542c8696f6c6a81af1eec96b4d37fc1d689e6c1c104 00000060'),
      bytes('db5672c97aa8f0b2'),
      ascii('Single block msg'),
    );
    expect(formatHex(seven)).toBe('145ad01dbf824ec7560863dc71e3e0c0');
  });

  it('AES-GCM with a 16-byte ICV (RFC 4106), test cases 1, 3 and 15 of the GCM specification', () => {
    const cipher = espCipher('aes-gcm-16');
    if (cipher?.kind !== 'aead') throw new Error('aes-gcm-16 must be there.');
    // Salt cafebabe, IV facedbaddecaf888: together the 96-bit nonce of the vectors.
    const plaintext = bytes(
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255',
    );
    const sealed = cipher.seal(
      bytes('feffe9928665731c6d6a8f9467308308 cafebabe'),
      bytes('facedbaddecaf888'),
      new Uint8Array(0),
      plaintext,
    );
    expect(formatHex(sealed)).toBe(
      '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f59854d5c2af327cd64a62cf35abd2ba6fab4',
    );
    const sealed256 = cipher.seal(
      bytes('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308 cafebabe'),
      bytes('facedbaddecaf888'),
      new Uint8Array(0),
      plaintext,
    );
    expect(formatHex(sealed256)).toBe(
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c',
    );
    // Without data there are no bytes to encrypt, and the tag alone is the vector (test case 1).
    const empty = cipher.seal(
      bytes('00'.repeat(20)),
      new Uint8Array(8),
      new Uint8Array(0),
      new Uint8Array(0),
    );
    expect(formatHex(empty)).toBe('58e2fccefa7e3061367f1d57a4e7455a');
    const opened = cipher.open(
      bytes('feffe9928665731c6d6a8f9467308308 cafebabe'),
      bytes('facedbaddecaf888'),
      new Uint8Array(0),
      sealed,
    );
    expect(opened && formatHex(opened)).toBe(formatHex(plaintext));
    sealed[0]! ^= 1;
    expect(
      cipher.open(
        bytes('feffe9928665731c6d6a8f9467308308 cafebabe'),
        bytes('facedbaddecaf888'),
        new Uint8Array(0),
        sealed,
      ),
    ).toBeUndefined();
  });

  it('ChaCha20-Poly1305 for ESP, RFC 7634 appendix A', () => {
    const cipher = espCipher('chacha20-poly1305');
    if (cipher?.kind !== 'aead') throw new Error('chacha20-poly1305 must be there.');
    const sealed = cipher.seal(
      bytes('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f a0a1a2a3'),
      bytes('1011121314151617'),
      bytes('0102030400000005'),
      bytes(
        '45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec100007362708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363701020204',
      ),
    );
    expect(formatHex(sealed)).toBe(
      '24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c614ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3cbec163fac469b502773f6fb94e664da9165b82829f641e076aaa8266b7fb0f7b11b369907e1ad43',
    );
  });

  it('AES-GMAC authenticates and leaves the plaintext readable', () => {
    const cipher = espCipher('aes-gmac');
    if (cipher?.kind !== 'aead') throw new Error('aes-gmac must be there.');
    const key = bytes('00'.repeat(20));
    const iv = bytes('0000000000000001');
    const header = bytes('0000100000000001');
    const sealed = cipher.seal(key, iv, header, ascii('in clear'));
    expect(formatHex(sealed.slice(0, 8))).toBe(formatHex(ascii('in clear')));
    expect(sealed.length).toBe(8 + 16);
    expect(cipher.open(key, iv, header, sealed)).toEqual(ascii('in clear'));
    expect(cipher.open(key, iv, bytes('0000100000000002'), sealed)).toBeUndefined();
  });

  it('triple DES in CBC mode gives single DES when its three keys are one (FIPS 46-3), and reads itself', () => {
    const triple = espCipher('3des-cbc');
    const single = espCipher('des-cbc');
    if (triple?.kind !== 'cipher' || single?.kind !== 'cipher') throw new Error('DES must be there.');
    // NBS Special Publication 500-20: key 0101..., the plaintext of the first variable plaintext test.
    const key = bytes('0101010101010101');
    const plaintext = bytes('8000000000000000');
    expect(formatHex(single.encrypt(key, new Uint8Array(8), plaintext))).toBe('95f8a5e5dd31d900');
    const tripleKey = bytes('0101010101010101'.repeat(3));
    expect(formatHex(triple.encrypt(tripleKey, new Uint8Array(8), plaintext))).toBe('95f8a5e5dd31d900');
    const long = ascii('0123456789abcdef01234567');
    const threeKeys = ascii('abcdefghijklmnopqrstuvwx');
    const iv = bytes('1122334455667788');
    expect(triple.decrypt(threeKeys, iv, triple.encrypt(threeKeys, iv, long))).toEqual(long);
  });

  it('Blowfish, Schneier’s vectors, and back again over several blocks', () => {
    const blowfish = espCipher('blowfish-cbc')!;
    if (blowfish.kind !== 'cipher') throw new Error('not a cipher');
    const one = (key: string, plaintext: string) =>
      formatHex(blowfish.encrypt(bytes(key), new Uint8Array(8), bytes(plaintext)));
    expect(one('0000000000000000', '0000000000000000')).toBe('4ef997456198dd78');
    expect(one('ffffffffffffffff', 'ffffffffffffffff')).toBe('51866fd5b85ecb8a');
    expect(one('3000000000000000', '1000000000000001')).toBe('7d856f9a613063f2');
    expect(one('0123456789abcdef', '1111111111111111')).toBe('61f9c3802281b096');
    const key = ascii('any length up to 56 bytes');
    const iv = bytes('1122334455667788');
    const long = ascii('0123456789abcdef01234567');
    expect(blowfish.decrypt(key, iv, blowfish.encrypt(key, iv, long))).toEqual(long);
  });

  it('says that it has no CAST-128, Twofish and Camellia', () => {
    for (const name of ['cast128-cbc', 'twofish-cbc', 'camellia-cbc', 'des-deriv', 'des-32iv'])
      expect(espCipher(name)).toBeUndefined();
  });
});

describe('authenticators', () => {
  const icv = (name: string, key: Uint8Array, data: Uint8Array) =>
    formatHex(authenticator(name)!.compute(key, data));

  it('HMAC-MD5-96 and HMAC-SHA1-96, RFC 2202 cases 1, 2, 5 cut as RFC 2403 and 2404 say', () => {
    expect(icv('hmac-md5', bytes('0b'.repeat(16)), ascii('Hi There'))).toBe('9294727a3638bb1c13f48ef8');
    expect(icv('hmac-md5', ascii('Jefe'), ascii('what do ya want for nothing?'))).toBe(
      '750c783e6ab0b503eaa86e31',
    );
    expect(icv('hmac-md5', bytes('0c'.repeat(16)), ascii('Test With Truncation'))).toBe(
      '56461ef2342edc00f9bab995',
    );
    expect(icv('hmac-sha1', bytes('0b'.repeat(20)), ascii('Hi There'))).toBe('b617318655057264e28bc0b6');
    expect(icv('hmac-sha1', ascii('Jefe'), ascii('what do ya want for nothing?'))).toBe(
      'effcdf6ae5eb2fa2d27416d5',
    );
    expect(icv('hmac-sha1', bytes('0c'.repeat(20)), ascii('Test With Truncation'))).toBe(
      '4c1a03424b55e07fe7f27be1',
    );
  });

  it('HMAC-SHA-256-128, -384-192, -512-256, RFC 4868 section 2.7.2.1 (AUTH256-1, AUTH384-1, AUTH512-1)', () => {
    expect(icv('hmac-sha256', bytes('0b'.repeat(32)), ascii('Hi There'))).toBe(
      '198a607eb44bfbc69903a0f1cf2bbdc5',
    );
    expect(icv('hmac-sha384', bytes('0b'.repeat(48)), ascii('Hi There'))).toBe(
      'b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee973',
    );
    expect(icv('hmac-sha512', bytes('0b'.repeat(64)), ascii('Hi There'))).toBe(
      '637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8',
    );
  });

  it('HMAC-SHA-2, RFC 4231 case 2, to the truncated length', () => {
    const data = ascii('what do ya want for nothing?');
    expect(icv('hmac-sha256', ascii('Jefe'), data)).toBe('5bdcc146bf60754e6a042426089575c7');
    expect(icv('hmac-sha384', ascii('Jefe'), data)).toBe('af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47');
    expect(icv('hmac-sha512', ascii('Jefe'), data)).toBe(
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554',
    );
  });

  it('HMAC-RIPEMD160-96, RFC 2286 case 1 cut as RFC 2857 says', () => {
    expect(icv('hmac-ripemd160', bytes('0b'.repeat(20)), ascii('Hi There'))).toBe('24cb4bd67d20fc1a5d2ed773');
  });

  it('AES-XCBC-MAC-96, RFC 3566 section 4, cases 1, 2, 3, 4 and 6', () => {
    const key = bytes('000102030405060708090a0b0c0d0e0f');
    const counting = (length: number) => Uint8Array.from({ length }, (_, i) => i);
    expect(icv('aes-xcbc-mac', key, counting(0))).toBe('75f0251d528ac01c4573dfd5');
    expect(icv('aes-xcbc-mac', key, counting(3))).toBe('5b376580ae2f19afe7219cee');
    expect(icv('aes-xcbc-mac', key, counting(16))).toBe('d2a246fa349b68a79998a439');
    expect(icv('aes-xcbc-mac', key, counting(20))).toBe('47f51b4564966215b8985c63');
    expect(icv('aes-xcbc-mac', key, counting(34))).toBe('becbb3bccdb518a30677d548');
  });

  it('has the lengths on the wire of RFC 2403, 2404, 2857, 3566 and 4868', () => {
    const lengths = [
      'hmac-md5',
      'hmac-sha1',
      'hmac-ripemd160',
      'aes-xcbc-mac',
      'hmac-sha256',
      'hmac-sha384',
      'hmac-sha512',
    ];
    expect(lengths.map((name) => authenticator(name)?.icvBytes)).toEqual([12, 12, 12, 12, 16, 24, 32]);
  });
});
