/**
 * Sample packets in comments of a policy file:
 *
 *     # packet: web: out on fxp0 tcp 10.1.0.5:40000 > 198.51.100.7:80 S
 *
 * The word `packet:` and a `>` make a comment a sample packet; every other comment stays a comment.
 */
import { parsePacketLine } from '../packet/parseLine';
import type { SamplePacket } from '../simulator/network';
import type { Problem } from '../syntax/problem';
import { shiftRange } from '../text/range';
import type { SourceFile } from './sourceFile';

export interface CommentPackets {
  readonly packets: readonly SamplePacket[];
  readonly problems: readonly Problem[];
}

const memo = new WeakMap<SourceFile, CommentPackets>();

export function commentPackets(file: SourceFile): CommentPackets {
  let found = memo.get(file);
  if (found === undefined) {
    found = readCommentPackets(file);
    memo.set(file, found);
  }
  return found;
}

function readCommentPackets(file: SourceFile): CommentPackets {
  const packets: SamplePacket[] = [];
  const problems: Problem[] = [];
  const introducer = file.dialect?.lineComment ?? '#';
  for (let at = file.text.indexOf('packet:'); at >= 0; at = file.text.indexOf('packet:', at + 7)) {
    const line = file.lines.lineAt(at);
    const lineStart = file.lines.lineStart(line);
    const before = file.text.slice(lineStart, at).trim();
    if (before.length === 0 || before.replaceAll(introducer, '').trim() !== '') continue;
    const contentStart = at + 'packet:'.length;
    const end = file.lines.lineEnd(line);
    const raw = file.text.slice(contentStart, end);
    if (!raw.includes('>')) continue;
    const notation = raw.trim();
    const start = contentStart + raw.indexOf(notation);
    const read = parsePacketLine(notation);
    problems.push(
      ...read.problems.map((p) => ({
        ...p,
        range: shiftRange(p.range, start),
        ...(p.fixes === undefined
          ? {}
          : {
              fixes: p.fixes.map((f) => ({
                ...f,
                edits: f.edits.map((e) => ({ ...e, start: e.start + start, end: e.end + start })),
              })),
            }),
      })),
    );
    if (read.spec === undefined) continue;
    packets.push({
      name: read.spec.name ?? notation,
      notation,
      spec: read.spec,
      origin: { file: file.uri, start, end: start + notation.length, line },
    });
  }
  return { packets, problems };
}
