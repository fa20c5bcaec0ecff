/** Where a part of the policy was written. Resolved when a file is lowered, so every trace can link to it. */
export interface Origin {
  /** Identity of the file: a URI in the editor, a path on the command line. */
  readonly file: string;
  /** Offsets in the file. */
  readonly start: number;
  readonly end: number;
  /** 0-based line of `start`. */
  readonly line: number;
}
