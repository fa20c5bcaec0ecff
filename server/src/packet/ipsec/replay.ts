/**
 * The anti-replay window (RFC 4303 section 3.4.3), with the size that setkey's `-r` gives it: the kernels read
 * `-r N` as N bytes of bitmap, so a window of 8 N sequence numbers (NetBSD netipsec/ipsec.c, ipsec_chkreplay).
 * Immutable: a walk may look at what would happen without its SA remembering it.
 */
export interface ReplayState {
  /** The highest sequence number that was accepted; 0 before the first. */
  readonly highest: number;
  /** Bit n set: `highest - n` was accepted. */
  readonly seen: bigint;
}

export const EMPTY_REPLAY_STATE: ReplayState = { highest: 0, seen: 0n };

/** Whether a packet may be accepted; asked before its ICV is checked. Without a window every one may. */
export function isFresh(state: ReplayState, sequence: number, windowBytes: number): boolean {
  if (windowBytes === 0) return true;
  if (sequence === 0) return false;
  if (sequence > state.highest) return true;
  const distance = state.highest - sequence;
  return distance < windowBytes * 8 && ((state.seen >> BigInt(distance)) & 1n) === 0n;
}

/** The state after a packet was accepted; only a packet whose ICV was right may move the window. */
export function acceptSequence(state: ReplayState, sequence: number, windowBytes: number): ReplayState {
  if (windowBytes === 0) return { highest: Math.max(state.highest, sequence), seen: 0n };
  if (sequence <= state.highest) {
    return { ...state, seen: state.seen | (1n << BigInt(state.highest - sequence)) };
  }
  const distance = sequence - state.highest;
  const windowSize = windowBytes * 8;
  const moved = distance >= windowSize ? 0n : state.seen << BigInt(distance);
  return { highest: sequence, seen: (moved | 1n) & ((1n << BigInt(windowSize)) - 1n) };
}
