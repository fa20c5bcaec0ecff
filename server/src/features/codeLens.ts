import type { Snapshot } from '../analysis/snapshot';
import type { TextRange } from '../text/range';

export interface WalkLens {
  readonly range: TextRange;
  readonly title: string;
  readonly packet: string;
  readonly reply: boolean;
}

/** `Walk x-to-y` and `Walk reply` above every sample packet of a file. */
export function codeLenses(snapshot: Snapshot, uri: string): WalkLens[] {
  const packets = snapshot.projectOf(uri)?.packets ?? [];
  return packets
    .filter((p) => p.origin.file === uri)
    .flatMap(({ origin, name }) => {
      const range = { start: origin.start, end: origin.end };
      return [
        { range, title: `Walk ${name}`, packet: name, reply: false },
        { range, title: 'Walk reply', packet: name, reply: true },
      ];
    });
}
