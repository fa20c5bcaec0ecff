/**
 * DEFLATE (RFC 1951) for IPComp: one raw stream a packet, at most 64 kilobytes. fflate does it: pure, so that
 * it runs in a worker as well, and the same bytes for the same data every time.
 */
import { deflateSync, inflateSync } from 'fflate';

/** A raw DEFLATE stream. */
export function deflate(data: Uint8Array): Uint8Array {
  return deflateSync(data);
}

/** The data of a raw DEFLATE stream; undefined when it is not one, or gives more than `mostBytes`. */
export function inflate(stream: Uint8Array, mostBytes: number): Uint8Array | undefined {
  try {
    // One byte of room more than allowed shows a stream that would give too much.
    const data = inflateSync(stream, { out: new Uint8Array(mostBytes + 1) });
    return data.length <= mostBytes ? data.slice() : undefined;
  } catch {
    return undefined;
  }
}
