import type { Project, Snapshot } from '../analysis/snapshot';
import type { TextRange } from '../text/range';
import { type Hit, hitsIn } from './hits';
import { policyFile } from './places';
import { defaultSettings, type Settings } from './settings';

export type Lens =
  | {
      readonly kind: 'walk';
      readonly range: TextRange;
      readonly title: string;
      readonly packet: string;
      readonly reply: boolean;
    }
  | { readonly kind: 'expect'; readonly range: TextRange; readonly title: string; readonly packet: string }
  | {
      readonly kind: 'hits';
      readonly range: TextRange;
      readonly title: string;
      readonly hits: readonly Hit[];
    };

/** `Walk x-to-y`, `Walk reply` and `Make expectation` above every sample packet; on rules, how many packets meet them. */
export function codeLenses(
  snapshot: Snapshot,
  uri: string,
  settings: Settings['codeLens'] = defaultSettings.codeLens,
): Lens[] {
  const project = snapshot.projectOf(uri);
  if (project === undefined) return [];
  return [
    ...(settings.packets ? packetLenses(project, uri) : []),
    ...(settings.hits ? hitLenses(snapshot, project, uri) : []),
  ];
}

function packetLenses(project: Project, uri: string): Lens[] {
  return project.packets
    .filter((p) => p.origin.file === uri)
    .flatMap(({ origin, name }): Lens[] => {
      const range = { start: origin.start, end: origin.end };
      return [
        { kind: 'walk', range, title: `Walk ${name}`, packet: name, reply: false },
        { kind: 'walk', range, title: 'Walk reply', packet: name, reply: true },
        ...(project.networkFile === undefined
          ? []
          : [{ kind: 'expect' as const, range, title: 'Make expectation', packet: name }]),
      ];
    });
}

/** Only where there is one: a lens on every rule of a long file would hide the file. */
function hitLenses(snapshot: Snapshot, project: Project, uri: string): Lens[] {
  if (policyFile(snapshot, uri) === undefined) return [];
  return [...hitsIn(project, uri)].map(([start, hits]) => {
    const count = hits.length;
    const title = `${count} ${count === 1 ? 'packet hits' : 'packets hit'} this`;
    return { kind: 'hits', range: { start, end: start }, title, hits };
  });
}
