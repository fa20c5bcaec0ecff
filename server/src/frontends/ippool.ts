/** `ippool -nv`: reads a file of address pools and prints each in its canonical form, as ippool(8) does. */
import { ippoolDialect } from '../dialects/ippool';
import { printablePools } from '../dialects/ippool/printable';
import { type FrontendIo, type FrontendResult, latin1, missingFile, readOptions, usage } from './frontend';
import { syntaxErrorAt } from './syntaxError';

const OPTIONS = 'aAdDf:Fi:lm:M:nN:o:O:rRsS:t:T:uv';

export function runIppool(args: readonly string[], io: FrontendIo): FrontendResult {
  const { options, unknown } = readOptions(args, OPTIONS);
  if (options.length === 0 || unknown.length > 0)
    return usage('Usage:\tippool\n\t-f <file> [-dnuv]', 'ippool', unknown);
  const file = options.find(([letter]) => letter === 'f')?.[1];
  if (file === undefined) return { stdout: '', stderr: '', exitCode: 0 };
  const content = io.read(file);
  if (content === undefined) return { stdout: '', stderr: missingFile(file), exitCode: 1 };
  const parse = ippoolDialect.parse(latin1(content));
  let stderr = '';
  const { tables, error } = printablePools(parse, (path) => {
    const bytes = io.read(path);
    if (bytes === undefined) stderr += `load_file cannot open 'file://${path}'\n`;
    return bytes === undefined ? undefined : latin1(bytes);
  });
  const isVerbose = options.some(([letter]) => letter === 'v');
  let stdout = '';
  for (const { table, text } of tables) {
    if (table.type === 'hash' && text.includes('\t{; };') && !table.size)
      stderr += `WARNING: empty hash table ${table.name?.text ?? ''}, recommend setting size to match expected use\n`;
    if (isVerbose) stdout += `${text}\n`;
  }
  if (error === undefined) return { stdout, stderr, exitCode: 0 };
  return {
    stdout,
    stderr: stderr + syntaxErrorAt(parse, error.statement, error.problem.range),
    exitCode: 1,
  };
}
