/**
 * Findings as SARIF 2.1.0 (OASIS), the format code hosts read. Paths inside the working folder are relative to
 * `SRCROOT`, so that a report made on one machine finds its files on another.
 */
import type { Fix, Location, Log, PhysicalLocation, Region, Result } from 'sarif';
import { version } from '../../../package.json';
import type { Snapshot } from '../analysis/snapshot';
import type { SourceFile } from '../analysis/sourceFile';
import type { Severity } from '../syntax/problem';
import type { TextRange } from '../text/range';
import type { CommandIo } from './io';
import type { FileProblem } from './problems';

export function toSarif(
  io: CommandIo,
  snapshot: Snapshot,
  uris: readonly string[],
  found: readonly FileProblem[],
): Log {
  const codes = [...new Set(found.map((f) => f.problem.code))].sort();
  return {
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [
      {
        tool: { driver: { name: 'Gatewalk', version, rules: codes.map((id) => ({ id })) } },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { SRCROOT: { uri: `${io.workingFolder}/` } },
        artifacts: uris.map((uri) => ({ location: artifactLocation(io, uri) })),
        results: found.flatMap((f) => resultOf(io, snapshot, codes, f) ?? []),
      },
    ],
  };
}

function resultOf(
  io: CommandIo,
  snapshot: Snapshot,
  codes: readonly string[],
  { uri, problem }: FileProblem,
): Result | undefined {
  const file = snapshot.files.get(uri);
  if (file === undefined) return undefined;
  const related = (problem.related ?? []).flatMap((r): Location[] => {
    const other = snapshot.files.get(r.file);
    return other === undefined
      ? []
      : [{ physicalLocation: physicalLocation(io, other, r.range), message: { text: r.message } }];
  });
  const fixes = (problem.fixes ?? []).map(
    (fix): Fix => ({
      description: { text: fix.title },
      artifactChanges: [
        {
          artifactLocation: artifactLocation(io, uri),
          replacements: fix.edits.map((edit) => ({
            deletedRegion: region(file, edit),
            insertedContent: { text: edit.text },
          })),
        },
      ],
    }),
  );
  return {
    ruleId: problem.code,
    ruleIndex: codes.indexOf(problem.code),
    level: levels[problem.severity],
    message: { text: problem.message },
    locations: [{ physicalLocation: physicalLocation(io, file, problem.range) }],
    ...(related.length > 0 && { relatedLocations: related }),
    ...(fixes.length > 0 && { fixes }),
  };
}

const levels: Readonly<Record<Severity, NonNullable<Result['level']>>> = {
  error: 'error',
  warning: 'warning',
  information: 'note',
  hint: 'note',
};

function physicalLocation(io: CommandIo, file: SourceFile, range: TextRange): PhysicalLocation {
  return { artifactLocation: artifactLocation(io, file.uri), region: region(file, range) };
}

function artifactLocation(io: CommandIo, uri: string): PhysicalLocation['artifactLocation'] & object {
  return uri.startsWith(`${io.workingFolder}/`)
    ? { uri: uri.slice(io.workingFolder.length + 1), uriBaseId: 'SRCROOT' }
    : { uri };
}

/** Lines and columns from 1; the end column is the one behind the last character. */
function region(file: SourceFile, range: TextRange): Region {
  const start = file.lines.positionAt(range.start);
  const end = file.lines.positionAt(range.end);
  return {
    startLine: start.line + 1,
    startColumn: start.character + 1,
    endLine: end.line + 1,
    endColumn: end.character + 1,
  };
}
