/** What protecting and unprotecting answer. The codes are words of the trace's reasons. */
export type IpsecFailureCode =
  | 'unknown-spi'
  | 'authentication-failed'
  | 'replayed'
  | 'malformed'
  | 'too-big'
  /** The bytes of this algorithm or form are not computed here. */
  | 'unmodelled';

export interface IpsecFailure {
  readonly code: IpsecFailureCode;
  /** One sentence. */
  readonly message: string;
}

/** Either what was asked for, or a `failure`. */
export type IpsecResult<T> = ({ readonly failure?: undefined } & T) | { readonly failure: IpsecFailure };

export function failed(code: IpsecFailureCode, message: string): { readonly failure: IpsecFailure } {
  return { failure: { code, message } };
}
