/**
 * Which walks a feature talks about: those that meet a statement, those of one packet, and packets that
 * people type instead of naming one.
 */
import type { CompareParams, CompareResult, TablesResult, TraceResult } from '../../../protocol/src/requests';
import type { Project, Snapshot, WalkResult } from '../analysis/snapshot';
import { compareWalks } from '../interop/compareWalks';
import { parsePacketLine } from '../packet/parseLine';
import { platforms } from '../platforms';
import type { SamplePacket } from '../simulator/network';
import type { Trace } from '../simulator/trace';
import { closestWord } from '../text/closestWord';
import type { TextRange } from '../text/range';
import { gatewayTables } from './gatewayTables';
import { originWithin } from './places';
import { toTraceView } from './traceView';

/**
 * The walks whose trace names something inside `part` of a file: every sample packet on its way there first,
 * then those that only the reply brings here.
 */
export function walksThrough(project: Project, uri: string, part: TextRange): WalkResult[] {
  const found: WalkResult[] = [];
  const replies: WalkResult[] = [];
  for (const packet of project.packets) {
    const forward = project.walk({ packet, reply: false });
    if (touches(forward.trace, uri, part)) {
      found.push(forward);
      continue;
    }
    const back = project.walk({ packet, reply: true });
    if (touches(back.trace, uri, part)) replies.push(back);
  }
  return [...found, ...replies];
}

export function touches(trace: Trace, uri: string, part: TextRange): boolean {
  return (
    trace.steps.some((step) => step.origins.some((o) => originWithin(o, uri, part))) ||
    trace.verdict.origins.some((o) => originWithin(o, uri, part))
  );
}

/** A sample packet by its name, else the text read as a packet line; the error names the word at fault. */
export function packetByNameOrLine(
  project: Project,
  text: string,
): { readonly packet: SamplePacket } | { readonly error: string } {
  const named = project.packets.find((p) => p.name === text);
  if (named !== undefined) return { packet: named };
  if (/^[\w.-]+$/.test(text.trim())) {
    const names = project.packets.map((p) => p.name);
    const near = closestWord(text.trim(), names);
    if (names.length === 0) return { error: `There is no sample packet “${text}”; this folder has none.` };
    const suggestion = near === undefined ? `There are: ${names.join(', ')}.` : `Did you mean “${near}”?`;
    return { error: `There is no sample packet “${text}”. ${suggestion}` };
  }
  const { spec, problems } = parsePacketLine(text);
  const error = problems.find((p) => p.severity === 'error');
  if (spec === undefined || error !== undefined) {
    const word = error === undefined ? '' : text.slice(error.range.start, error.range.end);
    const where = word === '' ? '' : ` (at “${word}”, column ${error!.range.start + 1})`;
    return { error: `The packet line can't be read${where}: ${error?.message ?? 'it is empty.'}` };
  }
  const origin = { file: '', start: 0, end: text.length, line: 0 };
  return { packet: { name: spec.name ?? text, notation: text, spec, origin } };
}

export interface AskedWalk {
  /** Name of a sample packet, or a packet in one-line notation. */
  readonly packet: string;
  readonly reply: boolean;
  readonly platform?: string;
}

/** The walk that somebody asks for by names; the error says which name is wrong and what there is. */
export function findWalk(
  project: Project,
  asked: AskedWalk,
): { readonly walk: WalkResult } | { readonly error: string } {
  const found = packetByNameOrLine(project, asked.packet);
  if ('error' in found) return found;
  const platform = asked.platform;
  if (platform !== undefined && !platforms.some((p) => p.id === platform)) {
    const near = closestWord(
      platform,
      platforms.map((p) => p.id),
    );
    const rest =
      near === undefined ? `Known are: ${platforms.map((p) => p.id).join(', ')}.` : `Did you mean “${near}”?`;
    return { error: `There is no platform “${platform}”. ${rest}` };
  }
  const walk = project.walk({
    packet: found.packet,
    reply: asked.reply,
    ...(platform !== undefined && { platform }),
  });
  return { walk };
}

/** The answer to `gatewalk/trace`, and the command line's. */
export function traceOf(snapshot: Snapshot, project: Project, asked: AskedWalk): TraceResult {
  const found = findWalk(project, asked);
  return 'error' in found ? found : { trace: toTraceView(found.walk, project, snapshot) };
}

/** The answer to `gatewalk/compare`. */
export function comparisonOf(snapshot: Snapshot, project: Project, asked: CompareParams): CompareResult {
  const side = (platform: string | undefined) =>
    traceOf(snapshot, project, {
      packet: asked.packet,
      reply: asked.reply,
      ...(platform !== undefined && { platform }),
    });
  const a = side(asked.a);
  if ('error' in a) return a;
  const b = side(asked.b);
  return 'error' in b ? b : { comparison: compareWalks(a.trace, b.trace) };
}

/** The answer to `gatewalk/tables`. */
export function tablesOf(snapshot: Snapshot, project: Project, asked: AskedWalk): TablesResult {
  const found = findWalk(project, asked);
  return 'error' in found ? found : { gateways: gatewayTables(snapshot, project, found.walk) };
}
