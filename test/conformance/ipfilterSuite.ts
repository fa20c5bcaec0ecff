/**
 * Runs IPFilter's own regression suite through the front ends, in this process. A folder holds `MANIFEST.tsv`
 * (name, kind, per, separator, argv, rules, nat, pool, input, expected) and the files it names; a test is the
 * output of one command, or of one command for every line of its rules, compared byte for byte.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Frontend, type FrontendIo, latin1 } from '../../server/src/frontends/frontend';

export type SuiteFrontends = Readonly<Record<string, Frontend>>;

export interface SuiteResult {
  readonly name: string;
  readonly kind: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly inDefaultSuite: boolean;
  /** First difference, or why the test was skipped. */
  readonly detail: string;
}

export interface SuiteTest {
  readonly name: string;
  readonly kind: string;
  readonly per: string;
  readonly separator: string;
  readonly argv: string;
  readonly rules: string;
  readonly nat: string;
  readonly pool: string;
  readonly input: string;
  readonly expected: string;
  readonly inDefaultSuite: boolean;
}

export function readManifest(folder: string): SuiteTest[] {
  const rows = readFileSync(resolve(folder, 'MANIFEST.tsv'), 'utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
  const head = rows[0]!;
  return rows.slice(1).map((row) => {
    const cell = (column: string) => row[head.indexOf(column)] ?? '';
    return {
      name: cell('name'),
      kind: cell('kind'),
      per: cell('per'),
      separator: cell('separator'),
      argv: cell('argv'),
      rules: cell('rules'),
      nat: cell('nat'),
      pool: cell('pool'),
      input: cell('input'),
      expected: cell('expected'),
      inDefaultSuite: cell('in_default_suite') === 'yes',
    };
  });
}

export function runSuite(
  folder: string,
  frontends: SuiteFrontends,
  only?: (test: SuiteTest) => boolean,
): SuiteResult[] {
  return readManifest(folder)
    .filter((test) => only?.(test) ?? true)
    .map((test) => runTest(folder, test, frontends));
}

export function runTest(folder: string, test: SuiteTest, frontends: SuiteFrontends): SuiteResult {
  const base = { name: test.name, kind: test.kind, inDefaultSuite: test.inDefaultSuite };
  const program = test.argv.split(' ')[0]!;
  const frontend = frontends[program];
  if (frontend === undefined) return { ...base, outcome: 'skipped', detail: `no front end for ${program}` };
  const missing = missingFiles(folder, test);
  if (missing.length > 0)
    return { ...base, outcome: 'failed', detail: `the corpus has no ${missing.join(', ')}` };
  try {
    return { ...base, ...outcomeOf(folder, test, frontend, frontends) };
  } catch (error) {
    return { ...base, outcome: 'failed', detail: `could not run: ${(error as Error).message}` };
  }
}

/** Files the test names and the folder does not have. */
function missingFiles(folder: string, test: SuiteTest): string[] {
  const { rules, nat, pool, input, expected } = test;
  const named = [rules, nat, pool, input, expected, ...(test.kind === 'log' ? [`${expected}.b`] : [])];
  return named.filter(
    (path) => path !== '' && path !== '-' && !path.startsWith('/dev/') && !existsSync(resolve(folder, path)),
  );
}

function outcomeOf(
  folder: string,
  test: SuiteTest,
  frontend: Frontend,
  frontends: SuiteFrontends,
): Pick<SuiteResult, 'outcome' | 'detail'> {
  if (test.kind === 'log') {
    const { ipmon } = frontends;
    if (ipmon === undefined) return { outcome: 'skipped', detail: 'no front end for ipmon' };
    return logOutcome(folder, test, frontend, ipmon);
  }
  const got = outputOf(folder, test, frontend);
  const expected = latin1(readFileSync(resolve(folder, test.expected)));
  return got === expected
    ? { outcome: 'passed', detail: '' }
    : { outcome: 'failed', detail: firstDifference(expected, got) };
}

/**
 * Every rule alone and then all of them: ipftest writes a log, ipmon prints it, once as it is and once with the
 * bodies of packets (`expected/NAME.b`). The first output repeats the rules, blanks collapsed.
 */
function logOutcome(
  folder: string,
  test: SuiteTest,
  ipftest: Frontend,
  ipmon: Frontend,
): Pick<SuiteResult, 'outcome' | 'detail'> {
  const format = /-F (\S+)/.exec(test.argv)?.[1] ?? 'text';
  const got = { plain: '', bodies: '' };
  const record = (rules: string, standardInput: string | undefined): void => {
    const written = new Map<string, Uint8Array>();
    const base = ioOf(folder, standardInput);
    const io: FrontendIo = {
      read: (path) => written.get(path) ?? base.read(path),
      write: (path, content) => written.set(path, content),
    };
    ipftest(['-br', rules, '-F', format, '-i', test.input, '-l', 'log'], io);
    got.plain += `${ipmon(['-P', '/dev/null', '-f', 'log'], io).stdout}--------\n`;
    got.bodies += `${ipmon(['-P', '/dev/null', '-bf', 'log'], io).stdout}--------\n`;
  };
  for (const line of shellLines(latin1(readFileSync(resolve(folder, test.rules))))) {
    const rule = line.split(/\s+/).filter(Boolean).join(' ');
    got.plain += `${rule}\n`;
    record('-', `${rule}\n`);
  }
  record(test.rules, undefined);
  const plain = latin1(readFileSync(resolve(folder, test.expected)));
  const bodies = latin1(readFileSync(resolve(folder, `${test.expected}.b`)));
  if (got.plain !== plain) return { outcome: 'failed', detail: firstDifference(plain, got.plain) };
  if (got.bodies !== bodies)
    return { outcome: 'failed', detail: `bodies: ${firstDifference(bodies, got.bodies)}` };
  return { outcome: 'passed', detail: '' };
}

function outputOf(folder: string, test: SuiteTest, frontend: Frontend): string {
  const separator = test.separator === '-' || test.separator === '' ? '' : `${test.separator}\n`;
  if (test.per !== 'line') return frontend(argumentsOf(test), ioOf(folder, undefined)).stdout + separator;
  const source = test.argv.includes('{natrule}') ? test.nat : test.rules;
  let out = '';
  for (const rule of shellLines(latin1(readFileSync(resolve(folder, source)))))
    out += frontend(argumentsOf(test), ioOf(folder, `${rule}\n`)).stdout + separator;
  return out;
}

function argumentsOf(test: SuiteTest): string[] {
  const places: Readonly<Record<string, string>> = {
    rules: test.rules,
    nat: test.nat,
    pool: test.pool,
    input: test.input,
    rule: '-',
    natrule: '-',
  };
  return test.argv
    .split(' ')
    .slice(1)
    .map((word) => word.replace(/\{(\w+)\}/g, (whole, name: string) => places[name] ?? whole));
}

function ioOf(folder: string, standardInput: string | undefined): FrontendIo {
  return {
    read: (path) => {
      if (path === '-')
        return standardInput === undefined
          ? undefined
          : Uint8Array.from(Buffer.from(standardInput, 'latin1'));
      if (path === '/dev/null') return new Uint8Array(0);
      const file = resolve(folder, path);
      return existsSync(file) ? new Uint8Array(readFileSync(file)) : undefined;
    },
  };
}

/** Lines as the shell's `while read rule` gives them: blanks trimmed, backslashes gone, an unfinished last line lost. */
function shellLines(text: string): string[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.replace(/^[ \t]+|[ \t]+$/g, '').replace(/\\/g, ''));
}

/** Where two outputs part, with the line of each. */
export function firstDifference(expected: string, got: string): string {
  const wanted = expected.split('\n');
  const found = got.split('\n');
  const at = wanted.findIndex((line, i) => line !== found[i]);
  const line = at < 0 ? wanted.length : at;
  return `line ${line + 1}: expected ${JSON.stringify(wanted[line] ?? '')}, got ${JSON.stringify(found[line] ?? '(end)')}`;
}
