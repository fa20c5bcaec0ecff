/**
 * One line for each step: what is done and for how long. On a terminal the seconds count up in place; in a
 * log a line every ten seconds says that it is still going on.
 */

const isTerminal = process.stdout.isTTY === true && process.env.CI === undefined;

/** Does `work` under a title and returns its result. */
export async function step(title, work) {
  const begin = performance.now();
  const seconds = () => ((performance.now() - begin) / 1000).toFixed(1);
  if (!isTerminal) process.stdout.write(`- ${title}\n`);
  const timer = setInterval(
    () =>
      process.stdout.write(
        isTerminal ? `\r\x1b[K- ${title} … ${seconds()} s` : `  … ${title}: ${seconds()} s\n`,
      ),
    isTerminal ? 200 : 10_000,
  );
  let ended = 'failed after';
  try {
    const result = await work();
    ended = 'done in';
    return result;
  } finally {
    clearInterval(timer);
    const clear = isTerminal ? '\r\x1b[K' : '';
    process.stdout.write(`${clear}${ended === 'done in' ? '✓' : '✗'} ${title}: ${ended} ${seconds()} s\n`);
  }
}
