/** UTF-8 without the DOM's TextEncoder, which the core is compiled without. */

export function utf8Encode(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    // Half a surrogate pair has no encoding: U+FFFD stands for it, as TextEncoder has it.
    const point = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), tail(point));
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), tail(point >> 6), tail(point));
    else bytes.push(0xf0 | (point >> 18), tail(point >> 12), tail(point >> 6), tail(point));
  }
  return Uint8Array.from(bytes);
}

function tail(bits: number): number {
  return 0x80 | (bits & 0x3f);
}

/** Bytes that are no UTF-8 come out as U+FFFD, one for each. */
export function utf8Decode(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at]!;
    const count = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    const point = count === 0 || first > 0xf4 ? undefined : pointAt(bytes, at, count);
    text += point === undefined ? '\ufffd' : String.fromCodePoint(point);
    at += point === undefined ? 1 : count;
  }
  return text;
}

function pointAt(bytes: Uint8Array, at: number, count: number): number | undefined {
  if (count === 1) return bytes[at];
  let point = bytes[at]! & (0xff >> (count + 1));
  for (let i = 1; i < count; i++) {
    const byte = bytes[at + i];
    if (byte === undefined || (byte & 0xc0) !== 0x80) return undefined;
    point = (point << 6) | (byte & 0x3f);
  }
  const tooLow = count === 3 ? 0x800 : count === 4 ? 0x10000 : 0x80;
  return point < tooLow || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) ? undefined : point;
}
