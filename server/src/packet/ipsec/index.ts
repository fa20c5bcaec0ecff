/** IPsec on bytes: ESP, AH and IPComp by the security associations of `policy/ipsec.ts`. */
export { authenticator, espCipher } from './crypto';
export {
  headerEstimate,
  type OuterOptions,
  type ProtectedPacket,
  type Protection,
  protect,
  protectionOverhead,
  putInTunnel,
} from './protect';
export { acceptSequence, EMPTY_REPLAY_STATE, isFresh, type ReplayState } from './replay';
export type { IpsecFailure, IpsecFailureCode, IpsecResult } from './result';
export {
  espInUdp,
  type FoundProtection,
  protectionOf,
  spiOnTheWire,
  type UnprotectedPacket,
  unprotect,
} from './unprotect';
