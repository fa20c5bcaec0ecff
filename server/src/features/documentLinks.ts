/** Files named in files: the policy files of a network file, and what statements read in. */
import { readNetworkFile } from '../analysis/network/readNetworkFile';
import type { Snapshot } from '../analysis/snapshot';
import { NETWORK_FILE_NAME, resolvePath } from '../analysis/workspace';
import { shiftRange, type TextRange } from '../text/range';
import { policyFile } from './places';

export interface DocumentLink {
  readonly range: TextRange;
  readonly target: string;
}

export function documentLinks(snapshot: Snapshot, uri: string): DocumentLink[] {
  const file = snapshot.files.get(uri);
  if (file === undefined) return [];
  if (file.name === NETWORK_FILE_NAME)
    return readNetworkFile(file).gateways.flatMap((g) =>
      g.policyFiles.map(({ name, origin }) => ({
        range: { start: origin.start, end: origin.end },
        target: resolvePath(file.folder, name),
      })),
    );
  const policy = policyFile(snapshot, uri);
  if (policy?.dialect.links === undefined) return [];
  const { dialect, parse } = policy;
  return parse.statements.flatMap((statement, i) =>
    (dialect.links?.(statement) ?? []).map(({ range, path }) => ({
      range: shiftRange(range, parse.starts[i]!),
      target: resolvePath(file.folder, path),
    })),
  );
}
