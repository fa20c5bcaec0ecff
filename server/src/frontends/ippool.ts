/** `ippool -nv`: reads a file of address pools and prints each in its canonical form, as ippool(8) does. */
import { ippoolDialect } from '../dialects/ippool';
import { printFileEntry, readPoolFile } from '../dialects/ippool/files';
import { printTable } from '../dialects/ippool/print';
import type { PoolTable } from '../dialects/ippool/tree';
import { type FrontendIo, type FrontendResult, latin1, readOptions } from './frontend';
import { syntaxErrorOf } from './syntaxError';

const OPTIONS = 'dDf:i:lm:no:RsS:t:uv';

export function runIppool(args: readonly string[], io: FrontendIo): FrontendResult {
  const { options } = readOptions(args, OPTIONS);
  const verbose = options.some(([letter]) => letter === 'v');
  let stdout = '';
  for (const [letter, path] of options) {
    if (letter !== 'f') continue;
    const content = io.read(path);
    if (content === undefined)
      return { stdout, stderr: `fopen(${path}) failed: No such file or directory\n`, exitCode: 1 };
    const parse = ippoolDialect.parse(latin1(content));
    const error = syntaxErrorOf(parse);
    for (const [index, statement] of parse.statements.entries()) {
      if (error !== undefined && index >= error.statement) break;
      for (const item of statement.tree.items)
        if (item.kind === 'table' && verbose) stdout += `${printLoaded(item, io)}\n`;
    }
    if (error !== undefined) return { stdout, stderr: error.message, exitCode: 1 };
  }
  return { stdout, stderr: '', exitCode: 0 };
}

/** The table with the entries of the file it names. */
function printLoaded(table: PoolTable, io: FrontendIo): string {
  if (table.from === undefined) return printTable(table);
  const content = io.read(table.from.path);
  const entries = content === undefined ? [] : readPoolFile(table.from.format, latin1(content));
  return printTable(table, entries.map(printFileEntry));
}
