/** Bytes as base64 (RFC 4648 section 4), for messages that are JSON. */
export function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 3) {
    const three = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const left = bytes.length - at;
    parts.push(
      digits[three >>> 18]!,
      digits[(three >>> 12) & 63]!,
      left > 1 ? digits[(three >>> 6) & 63]! : '=',
      left > 2 ? digits[three & 63]! : '=',
    );
  }
  return parts.join('');
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The bytes of base64 text, white space ignored; undefined when it is none. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const written = text.replace(/\s+/g, '').replace(/={1,2}$/, '');
  if (written.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((written.length * 3) / 4));
  let waiting = 0;
  let bits = 0;
  let at = 0;
  for (const digit of written) {
    const value = digits.indexOf(digit);
    if (value < 0) return undefined;
    waiting = ((waiting << 6) | value) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (waiting >>> bits) & 0xff;
    }
  }
  return bytes;
}
