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
