/**
 * The names in a network file and in packet lines, as places: what an editor needs to go from one to the other. The
 * names in policy files come from their dialects (`names.ts` joins both).
 */
import { readNetworkFile } from '../analysis/network/readNetworkFile';
import { commentPackets } from '../analysis/samplePackets';
import type { Project, Snapshot } from '../analysis/snapshot';
import type { NameUse } from '../dialects/dialect';
import type { Origin } from '../policy/origin';
import type { TextRange } from '../text/range';

export interface NetworkName {
  /** `gateway`, `host`, `network`, `packet`, `interface`. */
  readonly kind: string;
  readonly name: string;
  readonly role: NameUse['role'];
  readonly uri: string;
  readonly range: TextRange;
  /** Gateways whose interface is meant; absent for names that are one thing in the whole network. */
  readonly gateways?: readonly string[];
}

const namesByProject = new WeakMap<Project, readonly NetworkName[]>();

/** All of a project: those of its network file, and those of the packet lines in its policy files. */
export function networkNames(snapshot: Snapshot, project: Project): readonly NetworkName[] {
  let names = namesByProject.get(project);
  if (names === undefined) {
    names = collect(snapshot, project);
    namesByProject.set(project, names);
  }
  return names;
}

function collect(snapshot: Snapshot, project: Project): NetworkName[] {
  const names: NetworkName[] = [];
  const add = (
    kind: string,
    name: string,
    role: NameUse['role'],
    { file, start, end }: Omit<Origin, 'line'>,
    gateways?: readonly string[],
  ) =>
    names.push({
      kind,
      name,
      role,
      uri: file,
      range: { start, end },
      ...(gateways !== undefined && { gateways }),
    });
  const holders = (name: string) =>
    project.network.gateways.filter((g) => g.interfaces.some((i) => i.name === name)).map((g) => g.name);
  const addInterfaceOfLine = (file: string, line: string, start: number, name: string | undefined) => {
    if (name === undefined) return;
    const at = new RegExp(`(?:^|\\s)on\\s+(?=${escapeForPattern(name)}(?:\\s|$))`).exec(line);
    if (at === null) return;
    const from = start + at.index + at[0].length;
    add(
      'interface',
      name,
      'reference',
      { file, start: from, end: from + name.length },
      holders(name).slice(0, 1),
    );
  };
  for (const uri of project.files) {
    const file = snapshot.files.get(uri);
    if (file === undefined || uri === project.networkFile) continue;
    for (const { name, notation, spec, origin } of commentPackets(file).packets) {
      if (spec.name !== undefined)
        add('packet', name, 'definition', { ...origin, end: origin.start + spec.name.length });
      addInterfaceOfLine(uri, notation, origin.start, spec.interface);
    }
  }
  for (const gateway of project.network.gateways)
    for (const { name, origin } of gateway.interfaces)
      if (origin !== undefined) add('interface', name, 'definition', origin, [gateway.name]);
  const file = project.networkFile === undefined ? undefined : snapshot.files.get(project.networkFile);
  if (file === undefined) return names;
  const read = readNetworkFile(file);
  const kinds = new Map<string, string>([
    ...read.networks.map((n) => [n.name, 'network'] as const),
    ...read.hosts.map((h) => [h.name, 'host'] as const),
    ...read.gateways.map((g) => [g.name, 'gateway'] as const),
  ]);
  const addNode = (name: string, origin: Origin) => {
    const kind = kinds.get(name);
    if (kind !== undefined) add(kind, name, 'reference', origin);
  };
  for (const network of read.networks) add('network', network.name, 'definition', network.origin);
  for (const host of read.hosts) {
    add('host', host.name, 'definition', host.origin);
    if (host.network !== undefined) add('network', host.network.name, 'reference', host.network.origin);
  }
  for (const gateway of read.gateways) {
    add('gateway', gateway.name, 'definition', gateway.origin);
    for (const { network } of gateway.interfaces)
      if (network !== undefined) add('network', network.name, 'reference', network.origin);
    for (const route of gateway.routes)
      if (route.interface !== undefined)
        add('interface', route.interface, 'reference', route.wayOrigin, [gateway.name]);
  }
  for (const packet of read.packets) {
    add('packet', packet.name, 'definition', packet.origin);
    if (packet.from !== undefined) addNode(packet.from.name, packet.from.origin);
    addInterfaceOfLine(file.uri, packet.notation, packet.lineStart, packet.spec.interface);
  }
  for (const { packet, claims } of read.expectations) {
    add('packet', packet.name, 'reference', packet.origin);
    for (const claim of claims)
      if (claim.kind === 'delivered-to' || claim.kind === 'dropped-at')
        addNode(claim.value.name, claim.value.origin);
      else if (claim.kind === 'encrypted-on' || claim.kind === 'clear-on')
        add('network', claim.value.name, 'reference', claim.value.origin);
  }
  return names;
}

function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
