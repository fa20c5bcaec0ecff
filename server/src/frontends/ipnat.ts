/** `ipnat -nv`: reads a file of NAT rules and prints each in its canonical form, as ipnat(8) does. */
import { ipnatDialect } from '../dialects/ipnat';
import { printableNatRules } from '../dialects/ipnat/printable';
import { type FrontendIo, type FrontendResult, latin1, readOptions } from './frontend';
import { SUITE_HOSTS } from './hosts';
import { syntaxErrorOf } from './syntaxError';

const OPTIONS = 'CdFf:hlM:N:nO:prRsT:v';

export function runIpnat(args: readonly string[], io: FrontendIo): FrontendResult {
  const { options } = readOptions(args, OPTIONS);
  const verbose = options.some(([letter]) => letter === 'v');
  let stdout = '';
  for (const [letter, path] of options) {
    if (letter !== 'f') continue;
    const content = io.read(path);
    if (content === undefined)
      return { stdout, stderr: `fopen(${path}) failed: No such file or directory\n`, exitCode: 1 };
    const parse = ipnatDialect.parse(latin1(content));
    const error = syntaxErrorOf(parse);
    for (const { statement, text } of printableNatRules(parse, { hosts: SUITE_HOSTS })) {
      if (error !== undefined && statement >= error.statement) break;
      if (verbose) stdout += `${text}\n`;
    }
    if (error !== undefined) return { stdout, stderr: error.message, exitCode: 1 };
  }
  return { stdout, stderr: '', exitCode: 0 };
}
