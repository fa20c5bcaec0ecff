/**
 * The smallest runner that serves: named tests in order, one browser and one VS Code for all of them, a time
 * limit and a picture for each failure, results as the other parts of `npm test` give them. A test that fails is run
 * once more on a window loaded anew, because a busy machine can make a click miss; both runs are printed, and the
 * names of tests that needed the second are listed at the end.
 */
import type { Build, Session } from './session';

export interface E2eTest {
  readonly name: string;
  /** The only build that has what the test looks at; both when left out. */
  readonly build?: Build;
  /** In a folder that nobody has said to trust. */
  readonly restricted?: boolean;
  readonly run: (session: Session) => Promise<void>;
}

export function isFor(build: Build, test: E2eTest): boolean {
  return test.build === undefined || test.build === build;
}

export interface Result {
  readonly name: string;
  readonly outcome: 'passed' | 'failed';
  readonly message: string;
}

const testMilliseconds = 90_000;

export async function runTests(session: Session, tests: readonly E2eTest[]): Promise<readonly Result[]> {
  const results: Result[] = [];
  const unsteady: string[] = [];
  for (const test of tests) {
    let result = await runTest(session, test);
    if (result.outcome === 'failed') {
      print(`  ${result.name}: once more`);
      await session.reload();
      result = await runTest(session, test);
      if (result.outcome === 'passed') unsteady.push(result.name);
    }
    results.push(result);
  }
  if (unsteady.length > 0)
    print(`Passed only when run again:\n${unsteady.map((name) => `  ${name}`).join('\n')}`);
  return results;
}

async function runTest(session: Session, { name: bareName, run }: E2eTest): Promise<Result> {
  const name = `${session.build}: ${bareName}`;
  const begin = performance.now();
  const seconds = () => ((performance.now() - begin) / 1000).toFixed(1);
  try {
    await withLimit(run(session), testMilliseconds);
    await withLimit(session.reset(), testMilliseconds);
    print(`✓ ${name} (${seconds()} s)`);
    return { name: `e2e: ${name}`, outcome: 'passed', message: '' };
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    print(`✗ ${name} (${seconds()} s)\n${message}`);
    await session.reportFailure(name);
    // What the failed test left open must not fail the next ones.
    await session.reset().catch(() => session.reload());
    return { name: `e2e: ${name}`, outcome: 'failed', message: message.split('\n')[0] ?? '' };
  }
}

async function withLimit<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
