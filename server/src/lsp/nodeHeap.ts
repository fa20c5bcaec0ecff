/**
 * How the server's process keeps its memory small. With a long file open the heap is large and nearly all of it
 * stays; V8 would let it double, and more, before it collects, and this process shares a machine with an editor.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The heap may grow by this part of what was in use behind the last collection. */
const growingPercent = 25;

/** Call it before much is allocated. Answers what gives unused memory back, for moments when nobody waits. */
export function keepHeapSmall(): () => void {
  setFlagsFromString(`--heap-growing-percent=${growingPercent}`);
  try {
    setFlagsFromString('--expose-gc');
    return runInNewContext('gc') as () => void;
  } catch {
    // An engine that does not tell how: it collects when it thinks fit.
    return () => undefined;
  }
}
