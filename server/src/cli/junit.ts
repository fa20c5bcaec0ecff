/**
 * JUnit XML, as CI servers read it: one test suite a network file, one test case an expectation. There is no
 * standard; this keeps to what Jenkins, GitLab and GitHub's reporters have in common (`testsuites`, `testsuite`,
 * `testcase` with `file` and `line`, `failure`).
 */

export interface JunitCase {
  readonly name: string;
  /** As the user would write it. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly milliseconds: number;
  /** Absent: it passed. */
  readonly failure?: { readonly message: string; readonly details: string };
}

export function toJunit(suite: string, cases: readonly JunitCase[]): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const milliseconds = cases.reduce((sum, each) => sum + each.milliseconds, 0);
  const counts = attributes({
    name: suite,
    tests: cases.length,
    failures,
    errors: 0,
    time: seconds(milliseconds),
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite${counts}>`,
    ...cases.flatMap((each) => testCase(suite, each)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase(suite: string, { name, file, line, milliseconds, failure }: JunitCase): string[] {
  const own = attributes({ classname: suite, name, file, line, time: seconds(milliseconds) });
  if (failure === undefined) return [`    <testcase${own}/>`];
  return [
    `    <testcase${own}>`,
    `      <failure${attributes({ message: failure.message })}>${escapeXml(failure.details)}</failure>`,
    '    </testcase>',
  ];
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value)).replaceAll('\n', '&#10;')}"`)
    .join('');
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

/** XML 1.0 has no form at all for most control characters, and none for half a surrogate pair. */
function escapeXml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be replaced
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replaceAll(/\p{Surrogate}/gu, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  );
}
