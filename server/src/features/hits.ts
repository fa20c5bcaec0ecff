/** Which sample packets meet which statements: every packet walked once each way, remembered for the project. */
import type { Project, WalkResult } from '../analysis/snapshot';

export interface Hit {
  readonly packet: string;
  readonly reply: boolean;
}

const mostPackets = 200;
const byProject = new WeakMap<Project, ReadonlyMap<string, ReadonlyMap<number, readonly Hit[]>>>();

/** By the offset at which the statement's part begins; a reply counts only where the packet itself does not come. */
export function hitsIn(project: Project, uri: string): ReadonlyMap<number, readonly Hit[]> {
  let files = byProject.get(project);
  if (files === undefined) {
    files = collect(project);
    byProject.set(project, files);
  }
  return files.get(uri) ?? none;
}

const none: ReadonlyMap<number, readonly Hit[]> = new Map();

function collect(project: Project): Map<string, Map<number, Hit[]>> {
  const files = new Map<string, Map<number, Hit[]>>();
  for (const packet of project.packets.slice(0, mostPackets))
    for (const reply of [false, true]) {
      const hit = { packet: packet.name, reply };
      for (const { file, start } of placesOf(project.walk({ packet, reply }))) {
        const lines = files.get(file) ?? new Map<number, Hit[]>();
        files.set(file, lines);
        const hits = lines.get(start) ?? [];
        lines.set(start, hits);
        if (!hits.some((h) => h.packet === hit.packet)) hits.push(hit);
      }
    }
  return files;
}

function placesOf({ trace }: WalkResult): { readonly file: string; readonly start: number }[] {
  return [...trace.steps.flatMap((step) => step.origins), ...trace.verdict.origins];
}
