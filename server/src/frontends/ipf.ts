/**
 * `ipf -nv`: reads a file of filter rules and prints each in its canonical form, as ipf(8) does when it is told
 * not to touch the kernel. Nothing is loaded, so identical rules are printed every time they are written.
 */
import { ipfDialect } from '../dialects/ipf';
import { printableRules } from '../dialects/ipf/printable';
import { type FrontendIo, type FrontendResult, latin1, missingFile, readOptions, usage } from './frontend';
import { SUITE_HOSTS } from './hosts';
import { syntaxErrorAt } from './syntaxError';

const OPTIONS = '46Ac:dDEf:F:Il:m:noPrRsT:vVyzZ';
const USAGE =
  'usage: ipf [-6AdDEInoPrRsvVyzZ] [-l block|pass|nomatch|none|state|nat] [-cc] [-F i|o|a|s|S|u] [-f filename] [-T <tuneopts>]';

/** Options count from where they stand: `-v -f F` prints the rules of F and `-f F -v` does not. */
export function runIpf(args: readonly string[], io: FrontendIo): FrontendResult {
  const { options, unknown } = readOptions(args, OPTIONS);
  if (options.length === 0 || unknown.length > 0) return usage(USAGE, 'ipf', unknown);
  let stdout = '';
  let stderr = '';
  let isVerbose = false;
  let resolves = true;
  let exitCode = 0;
  let assumeFamily: 4 | 6 | undefined;
  for (const [letter, value] of options) {
    if (letter === 'v') isVerbose = true;
    else if (letter === 'R') resolves = !resolves;
    else if (letter === '6') assumeFamily = 6;
    else if (letter === '4') assumeFamily = 4;
    if (letter !== 'f') continue;
    const content = io.read(value);
    if (content === undefined) {
      stderr += missingFile(value);
      exitCode = 1;
      continue;
    }
    const parse = ipfDialect.parse(latin1(content));
    const { rules, error } = printableRules(parse, {
      hosts: SUITE_HOSTS,
      interfaceMark: '(!)',
      unknownFacilities: ['logalert', 'security'],
      asIpf: true,
      services: resolves,
      ...(assumeFamily === undefined ? {} : { assumeFamily }),
    });
    if (isVerbose)
      for (const { text, counters, pools } of rules)
        stdout += `${pools.map((pool) => `${pool}\n`).join('')}${text}${counters}\n`;
    if (error !== undefined)
      return {
        stdout,
        stderr: stderr + syntaxErrorAt(parse, error.statement, error.problem.range),
        exitCode: 1,
      };
  }
  return { stdout, stderr, exitCode };
}
