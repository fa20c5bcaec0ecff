/**
 * What the command-line front ends of the real programs (`ipf`, `ipnat`, `ippool`, `ipftest`) have in common:
 * pure functions from arguments and files to what is printed. Text is Latin-1, byte for byte.
 */
export interface FrontendIo {
  /** Content of a file; `-` is standard input. Undefined when there is no such file. */
  readonly read: (path: string) => Uint8Array | undefined;
  readonly write?: (path: string, content: Uint8Array) => void;
}

export interface FrontendResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export type Frontend = (args: readonly string[], io: FrontendIo) => FrontendResult;

export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return text;
}

/** What the programs say about a file that is not there; they go on. */
export function missingFile(path: string): string {
  return `fopen(${path}) failed: No such file or directory\n`;
}

/** Told after options that a program does not know, and after none at all. */
export function usage(text: string, program: string, unknown: readonly string[] = []): FrontendResult {
  const complaints = unknown.map((letter) => `${program}: invalid option -- '${letter}'\n`).join('');
  return { stdout: '', stderr: `${complaints}${text}\n`, exitCode: 1 };
}

/**
 * Options as getopt(3) reads them: clustered letters, an argument attached or next. Stops at the first word
 * that is no option.
 */
export function readOptions(
  args: readonly string[],
  spec: string,
): { readonly options: readonly (readonly [letter: string, value: string])[]; readonly unknown: string[] } {
  const options: [string, string][] = [];
  const unknown: string[] = [];
  let at = 0;
  while (at < args.length) {
    const word = args[at]!;
    if (!word.startsWith('-') || word === '-') break;
    at++;
    if (word === '--') break;
    for (let i = 1; i < word.length; i++) {
      const letter = word[i]!;
      const place = spec.indexOf(letter);
      if (letter === ':' || place < 0) {
        unknown.push(letter);
        continue;
      }
      if (spec[place + 1] !== ':') {
        options.push([letter, '']);
        continue;
      }
      const attached = word.slice(i + 1);
      options.push([letter, attached !== '' ? attached : (args[at++] ?? '')]);
      break;
    }
  }
  return { options, unknown };
}
