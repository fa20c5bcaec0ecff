/**
 * An error whose message is meant for the person at the terminal: what went wrong and what to do. Everything
 * else that is thrown is a bug in the scripts and shows its stack.
 */
export class Failure extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs a script's main function; its result is the exit code, 0 when it returns nothing. */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Failure ? `gatewalk: ${error.message}` : error.stack}\n`);
    process.exitCode = error instanceof Failure ? error.exitCode : 1;
  }
}
