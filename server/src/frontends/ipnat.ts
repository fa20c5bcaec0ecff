/** `ipnat -nv`: reads a file of NAT rules and prints each in its canonical form, as ipnat(8) does. */
import { ipnatDialect } from '../dialects/ipnat';
import { printableNatRules } from '../dialects/ipnat/printable';
import { type FrontendIo, type FrontendResult, latin1, missingFile, readOptions, usage } from './frontend';
import { SUITE_HOSTS } from './hosts';
import { syntaxErrorAt } from './syntaxError';

const OPTIONS = 'CdFf:hlm:M:N:nO:prRsT:v';

/** All options are read before the file; of several files the last one counts. */
export function runIpnat(args: readonly string[], io: FrontendIo): FrontendResult {
  const { options, unknown } = readOptions(args, OPTIONS);
  if (unknown.length > 0) return usage('Usage: ipnat [-CFhlnrRsv] [-f filename]', 'ipnat', unknown);
  const has = (wanted: string) => options.some(([letter]) => letter === wanted);
  let stdout = '';
  if (has('F')) stdout += '0 entries flushed from NAT table\n';
  if (has('C')) stdout += '1 entries flushed from NAT list\n';
  const file = options.findLast(([letter]) => letter === 'f')?.[1];
  if (file === undefined) return { stdout, stderr: '', exitCode: 0 };
  const content = io.read(file);
  if (content === undefined) return { stdout, stderr: missingFile(file), exitCode: 1 };
  const parse = ipnatDialect.parse(latin1(content));
  const { rules, error } = printableNatRules(parse, { hosts: SUITE_HOSTS, services: !has('R') });
  if (has('v')) for (const rule of rules) stdout += `${rule}\n`;
  if (error === undefined) return { stdout, stderr: '', exitCode: 0 };
  return { stdout, stderr: syntaxErrorAt(parse, error.statement, error.problem.range), exitCode: 1 };
}
