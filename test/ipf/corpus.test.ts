import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../server/src/dialects/dialect';
import { ipfDialect } from '../../server/src/dialects/ipf';
import { ipnatDialect } from '../../server/src/dialects/ipnat';
import { ippoolDialect } from '../../server/src/dialects/ippool';
import { latin1 } from '../../server/src/frontends/frontend';
import { runIpf } from '../../server/src/frontends/ipf';
import { runIpnat } from '../../server/src/frontends/ipnat';
import { runIppool } from '../../server/src/frontends/ippool';
import { readManifest, runTest } from '../conformance/ipfilterSuite';
import { hasShared, readShared, sharedFolder } from '../harness/shared';
import { readAll } from '../harness/statements';

const suite = resolve(sharedFolder, 'corpus/ipfilter');

/** Tests that cannot pass here, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  ip2: 'the file that the table reads is not part of the corpus',
};

describe.skipIf(!hasShared('corpus/ipfilter'))(
  'the canonical form is that of the real programs, byte for byte',
  () => {
    const tests = hasShared('corpus/ipfilter')
      ? readManifest(suite).filter((t) => /^parse-(ipf|ipnat|ippool)$/.test(t.kind))
      : [];
    for (const test of tests) {
      it.skipIf(test.name in EXCEPTIONS)(`${test.name}: ${EXCEPTIONS[test.name] ?? test.argv}`, () => {
        const result = runTest(suite, test, { ipf: runIpf, ipnat: runIpnat, ippool: runIppool });
        expect([result.outcome, result.detail]).toEqual(['passed', '']);
      });
    }
  },
);

function errorsOf(dialect: Dialect, text: string): string[] {
  const parse = dialect.parse(text);
  const { problems } = dialect.lower(parse, { file: 'corpus' });
  return [...parse.statements.flatMap((s) => s.problems), ...problems]
    .filter((p) => p.severity === 'error')
    .map((p) => p.code);
}

/** Files that the recorded loader refuses for a reason that lies outside the file, or that is its own. */
const LOADER_ONLY: Readonly<Record<string, string>> = {
  'ipf/timfoster__waferlock__etc__ipf.conf': 'the pool it names was not loaded beforehand',
  'fwbuilder-ipf/fwbuilder__fwbuilder__test__ipf__firewall9-ipf.conf.orig':
    'the recorded loader (NetBSD) refuses every `skip N`, which IPFilter 5.1.2 reads',
  'fwbuilder-ipf/fwbuilder__fwbuilder__test__ipf__firewall35-ipf.conf.orig':
    'the recorded loader (NetBSD) refuses every `skip N`, which IPFilter 5.1.2 reads',
};

describe.skipIf(!hasShared('corpus/realworld'))('files that others wrote', () => {
  const rows = hasShared('corpus/realworld')
    ? readShared('corpus/realworld/VERDICTS.tsv')
        .split('\n')
        .map((line) => line.split('\t'))
        .filter((row) => / (ipf|ipnat) -f/.test(row[1] ?? ''))
    : [];
  for (const [file = '', oracle = '', exit] of rows) {
    const loads = exit === '0';
    const reason = LOADER_ONLY[file];
    it(`${file}: ${reason ?? `the real loader ${loads ? 'loads' : 'refuses'} it`}`, () => {
      const dialect: Dialect = oracle.includes('ipnat') ? (ipnatDialect as Dialect) : (ipfDialect as Dialect);
      const errors = errorsOf(dialect, readShared(`corpus/realworld/${file}`));
      expect(errors.length > 0).toBe(reason === undefined && !loads);
    });
  }
});

function askEverything(dialect: Dialect, text: string, previous?: ReturnType<Dialect['parse']>) {
  const parse = dialect.parse(text, previous);
  expect(parse.statements.map((s) => s.text).join('')).toBe(text);
  const last = parse.statements[parse.statements.length - 1];
  if (last === undefined) return parse;
  for (const problem of last.problems) {
    expect(problem.range.start).toBeGreaterThanOrEqual(0);
    expect(problem.range.end).toBeGreaterThanOrEqual(problem.range.start);
    expect(problem.range.end).toBeLessThanOrEqual(last.text.length);
  }
  dialect.tokens(last);
  dialect.names(last);
  dialect.expected(last, last.text.length);
  dialect.symbol(last);
  dialect.explain(last);
  dialect.format?.(last);
  dialect.hints?.(last);
  return parse;
}

describe.skipIf(!hasShared('corpus/ipfilter'))('any text is read', () => {
  const files = hasShared('corpus/ipfilter') ? readdirSync(resolve(suite, 'regress')) : [];
  const dialectFor = (file: string): Dialect =>
    (/^(n|in)\d|\.nat$/.test(file)
      ? ipnatDialect
      : /^ip\d|\.pool$/.test(file)
        ? ippoolDialect
        : ipfDialect) as Dialect;

  it('every beginning of every file of the suite', { timeout: 120_000 }, () => {
    for (const file of files) {
      const dialect = dialectFor(file);
      const text = readShared(`corpus/ipfilter/regress/${file}`).slice(0, 1200);
      let parse = dialect.parse('');
      for (let length = 0; length <= text.length; length++) {
        parse = askEverything(dialect, text.slice(0, length), parse);
        if (length % 211 === 0) {
          dialect.lower(parse, { file });
          expect(readAll(parse)).toEqual(readAll(dialect.parse(text.slice(0, length))));
        }
      }
    }
  });

  it('and text that is no file of any language', () => {
    const words = fc.constantFrom(
      ...'pass block in out on from to any all proto tcp port = { } ( ) , ; ! " $a $b \\ # 10.0.0.1/8 ::1 -> map rdr le0 keep state group head with opt \n'
        .split(' ')
        .map((w) => `${w} `),
      'x="y";\n',
      '@1 ',
      '\r\n',
      'table role = ipf type = tree number = 1 {',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words).map((w) => w.join('')),
    );
    fc.assert(
      fc.property(text, (written) => {
        for (const dialect of [ipfDialect, ipnatDialect, ippoolDialect] as unknown as Dialect[]) {
          dialect.lower(askEverything(dialect, written), { file: 'random' });
        }
      }),
      { seed: 20010611, numRuns: 400 },
    );
  });
});

it('latin1 keeps every byte', () => {
  expect(latin1(Uint8Array.from([0, 65, 128, 255]))).toBe('\u0000A\u0080\u00ff');
});
