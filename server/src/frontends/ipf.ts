/**
 * `ipf -nv`: reads a file of filter rules and prints each in its canonical form, as ipf(8) does when it is told
 * not to touch the kernel. Nothing is loaded, so identical rules are printed every time they are written.
 */
import { ipfDialect } from '../dialects/ipf';
import { printableRules } from '../dialects/ipf/printable';
import { type FrontendIo, type FrontendResult, latin1, readOptions } from './frontend';
import { SUITE_HOSTS } from './hosts';
import { syntaxErrorOf } from './syntaxError';

const OPTIONS = '6AdDEf:F:Il:noPrRsT:vVyzZ';

export function runIpf(args: readonly string[], io: FrontendIo): FrontendResult {
  const { options } = readOptions(args, OPTIONS);
  const verbose = options.some(([letter]) => letter === 'v');
  const six = options.some(([letter]) => letter === '6');
  let stdout = '';
  for (const [letter, path] of options) {
    if (letter !== 'f') continue;
    const content = io.read(path);
    if (content === undefined)
      return { stdout, stderr: `fopen(${path}) failed: No such file or directory\n`, exitCode: 1 };
    const parse = ipfDialect.parse(latin1(content));
    const error = syntaxErrorOf(parse);
    const rules = printableRules(parse, {
      hosts: SUITE_HOSTS,
      interfaceMark: '(!)',
      unknownFacilities: ['logalert', 'security'],
      ...(six ? { assumeFamily: 6 } : {}),
    });
    for (const { statement, text, keepsState, pools } of rules) {
      if (error !== undefined && statement >= error.statement) break;
      if (!verbose) continue;
      for (const pool of pools) stdout += `${pool}\n`;
      stdout += `${text}${keepsState ? ' # count 0' : ''}\n`;
    }
    if (error !== undefined) return { stdout, stderr: error.message, exitCode: 1 };
  }
  return { stdout, stderr: '', exitCode: 0 };
}
