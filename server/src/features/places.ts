/**
 * Where things are: from an offset to the statement under it, from an origin to the place a link, a table or
 * the trace view shows. Every feature asks here, so a label such as `A/ipnat.conf:3` reads the same everywhere.
 */
import type { PlaceView } from '../../../protocol/src/traceView';
import type { Snapshot } from '../analysis/snapshot';
import type { SourceFile } from '../analysis/sourceFile';
import type { Dialect } from '../dialects/dialect';
import type { Origin } from '../policy/origin';
import { type ParsedStatement, statementIndexAt } from '../syntax/statement';
import type { TextRange } from '../text/range';

/** A file that a dialect claims, with its parse. */
export interface PolicyFile {
  readonly file: SourceFile;
  readonly dialect: Dialect;
  readonly parse: NonNullable<SourceFile['parse']>;
}

export interface StatementPlace extends PolicyFile {
  readonly statement: ParsedStatement<unknown>;
  readonly index: number;
  /** Offset of the statement in the file. */
  readonly start: number;
  /** The asked offset, from the start of the statement. */
  readonly relative: number;
}

export function policyFile(snapshot: Snapshot, uri: string): PolicyFile | undefined {
  const file = snapshot.files.get(uri);
  if (file?.dialect === undefined || file.parse === undefined) return undefined;
  return { file, dialect: file.dialect, parse: file.parse };
}

export function statementAt(snapshot: Snapshot, uri: string, offset: number): StatementPlace | undefined {
  const policy = policyFile(snapshot, uri);
  if (policy === undefined || policy.parse.statements.length === 0) return undefined;
  const index = statementIndexAt(policy.parse, offset);
  const start = policy.parse.starts[index]!;
  return { ...policy, statement: policy.parse.statements[index]!, index, start, relative: offset - start };
}

/** The statement's range without the blanks and line ends around it. */
export function visibleRange(statement: ParsedStatement<unknown>, start: number): TextRange {
  const leading = statement.text.length - statement.text.trimStart().length;
  const end = statement.text.trimEnd().length;
  return { start: start + Math.min(leading, end), end: start + end };
}

/** Whether an origin names something inside a part of a file. */
export function originWithin(origin: Origin, uri: string, part: TextRange): boolean {
  return (
    origin.file === uri && origin.start < part.end && part.start < Math.max(origin.end, origin.start + 1)
  );
}

/** Undefined when the file is not there (any more). `folder` is what labels are relative to. */
export function placeOf(snapshot: Snapshot, origin: Origin, folder: string): PlaceView | undefined {
  const file = snapshot.files.get(origin.file);
  if (file === undefined) return undefined;
  const start = file.lines.positionAt(origin.start);
  const end = file.lines.positionAt(origin.end);
  return {
    uri: origin.file,
    label: `${fileLabel(origin.file, folder)}:${start.line + 1}`,
    line: start.line,
    startCharacter: start.character,
    endLine: end.line,
    endCharacter: end.character,
    text: file.text.slice(origin.start, origin.end).trim(),
  };
}

export function placesOf(snapshot: Snapshot, origins: readonly Origin[], folder: string): PlaceView[] {
  return origins.flatMap((origin) => placeOf(snapshot, origin, folder) ?? []);
}

/** A file's path from the gateway folder, or its name when it lies elsewhere, escapes undone. */
export function fileLabel(uri: string, folder: string): string {
  const inside = uri.startsWith(`${folder}/`);
  const label = inside ? uri.slice(folder.length + 1) : uri.slice(uri.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(label);
  } catch {
    return label;
  }
}
