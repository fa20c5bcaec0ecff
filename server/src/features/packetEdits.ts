/**
 * Edits that write down what was tried: a packet as a sample, a walk as an expectation. With a network file they
 * go there; without one a packet becomes a comment of the policy file.
 */

import { addToSection, yamlScalar } from '../analysis/network/yamlPlaces';
import type { Project, Snapshot, WalkResult } from '../analysis/snapshot';
import type { SourceFile } from '../analysis/sourceFile';
import { parsePacketLine } from '../packet/parseLine';
import { fragmentsToText, type Trace } from '../simulator/trace';
import type { TextEdit } from '../text/edit';

export type EditOffer = { readonly uri: string; readonly edit: TextEdit } | { readonly error: string };

/** `name` may be empty: then the line's own counts, or one is made. */
export function savePacket(snapshot: Snapshot, uri: string, name: string, line: string): EditOffer {
  const { spec, problems } = parsePacketLine(line);
  const error = problems.find((p) => p.severity === 'error');
  if (spec === undefined || error !== undefined)
    return { error: `The packet line can't be read: ${error?.message ?? 'it is empty.'}` };
  const project = snapshot.projectOf(uri);
  const taken = new Set(project?.packets.map((p) => p.name));
  const asked = name.trim() || spec.name || '';
  if (asked !== '' && !/^[\w.-]+$/.test(asked))
    return { error: `“${asked}” can't be a packet's name: use letters, digits, “-”, “_” and “.”.` };
  if (asked !== '' && taken.has(asked))
    return { error: `There is a sample packet “${asked}” already. Choose another name.` };
  const chosen = asked === '' ? freeName('packet', taken) : asked;
  const notation = withoutName(line.trim(), spec.name);
  const networkFile =
    project?.networkFile ?? (snapshot.files.get(uri)?.dialect === undefined ? uri : undefined);
  const file = snapshot.files.get(networkFile ?? uri);
  if (file === undefined) return { error: 'The file is not part of any gateway folder.' };
  if (networkFile === undefined) return { uri, edit: commentEdit(file, `packet: ${chosen}: ${notation}`) };
  const edit = addToSection(file.text, 'packets', [`${yamlScalar(chosen)}: ${yamlScalar(notation)}`]);
  return edit === undefined ? { error: unwritable(file, 'packets') } : { uri: file.uri, edit };
}

/** What the walk says now becomes what is expected of it. */
export function makeExpectation(snapshot: Snapshot, project: Project, result: WalkResult): EditOffer {
  const { request, trace } = result;
  const file = project.networkFile === undefined ? undefined : snapshot.files.get(project.networkFile);
  if (file === undefined)
    return {
      error:
        'Expectations are written in gatewalk.yaml, and this folder has none: describe the network in one first.',
    };
  if (!project.packets.some((p) => p.name === request.packet.name))
    return { error: 'Only sample packets can have expectations: save the packet as a sample first.' };
  if (request.platform !== undefined)
    return {
      error: 'The walk was made on another platform than the gateways have: an expectation speaks of theirs.',
    };
  const claims = claimsOf(project, trace);
  if (claims.length === 0)
    return {
      error: `The walk is uncertain, so it can't be expected. ${fragmentsToText(trace.verdict.said)}`,
    };
  const lines = [`- packet: ${yamlScalar(request.packet.name)}`];
  if (request.reply) lines.push('  reply: true');
  lines.push(...claims.map(([key, value]) => `  ${key}: ${yamlScalar(value)}`));
  const edit = addToSection(file.text, 'expect', lines);
  return edit === undefined ? { error: unwritable(file, 'expect') } : { uri: file.uri, edit };
}

/** Where the packet ends and why, and in which shape it crosses the networks that others share. */
function claimsOf(project: Project, trace: Trace): (readonly [key: string, value: string])[] {
  const { verdict } = trace;
  if (verdict.kind === 'uncertain' || verdict.node === '') return [];
  const claims: (readonly [string, string])[] = [];
  for (const [shape, key] of [
    ['encrypted', 'encrypted on'],
    ['clear', 'clear on'],
  ] as const) {
    const names = project.network.segments
      .filter((s) => s.kind === 'internet')
      .map((s) => s.name)
      .filter((name) => {
        const crossings = trace.steps.filter((s) => s.stage === 'wire' && s.node === name && s.depth === 0);
        const isEncrypted = crossings.map((s) => s.protection === 'encrypted');
        return isEncrypted.length > 0 && isEncrypted.every((e) => e === (shape === 'encrypted'));
      });
    claims.push(...names.slice(0, 1).map((name) => [key, name] as const));
  }
  if (verdict.kind === 'delivered') claims.push(['delivered to', verdict.node]);
  else {
    if (verdict.kind !== 'looped') claims.push(['dropped at', verdict.node]);
    claims.push(['reason', verdict.reason]);
  }
  return claims;
}

/** Behind the last sample packet of the file, else in front of everything. */
export function commentEdit(file: SourceFile, content: string): TextEdit {
  const introducer = file.dialect?.lineComment ?? '#';
  const lineEnd = /\r\n|\r|\n/.exec(file.text)?.[0] ?? '\n';
  const line = `${introducer} ${content}`;
  const { lines, text } = file;
  const last = text.lastIndexOf(`${introducer} packet:`);
  if (last < 0 || text.slice(lines.lineStart(lines.lineAt(last)), last).trim() !== '')
    return { start: 0, end: 0, text: `${line}${lineEnd}` };
  const end = lines.lineEnd(lines.lineAt(last));
  return { start: end, end, text: `${lineEnd}${line}` };
}

function withoutName(line: string, name: string | undefined): string {
  return name === undefined ? line : line.slice(line.indexOf(':') + 1).trim();
}

function freeName(base: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n++) if (!taken.has(`${base}-${n}`)) return `${base}-${n}`;
}

function unwritable(file: SourceFile, section: string): string {
  return `\`${section}:\` in ${file.name} is not a block of indented lines, so nothing can be added to it: write it as one.`;
}
