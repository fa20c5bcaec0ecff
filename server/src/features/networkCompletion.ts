/**
 * Completion inside `gatewalk.yaml`. While one is written the file is seldom whole, so the place is read from the
 * indentation of the lines above, not from a parse: which keys the cursor is below, and whether a value is wanted.
 */
import type { Snapshot } from '../analysis/snapshot';
import type { SourceFile } from '../analysis/sourceFile';
import type { Expectation } from '../dialects/dialect';
import { platforms } from '../platforms';
import { kernelSettings, settingsOf } from '../platforms/settings';
import { REASON_CODES } from '../simulator/trace';
import { packetLineCompletion } from './packetCompletion';

export function completionInNetworkFile(
  snapshot: Snapshot,
  file: SourceFile,
  offset: number,
): readonly Expectation[] {
  const place = placeAt(file, offset);
  const project = snapshot.projectOf(file.uri);
  if (place.key !== undefined && isPacketLine(place)) {
    const lineStart = file.lines.lineStart(file.lines.lineAt(offset));
    const valueStart = lineStart + place.valueColumn;
    return packetLineCompletion(project, file.text, valueStart, offset);
  }
  const replace = { start: offset - place.typed.length, end: offset };
  const offers = place.key === undefined ? keysAt(snapshot, file, place) : valuesAt(snapshot, file, place);
  return offers.map(([label, kind, detail]) => ({
    label,
    insert: place.key === undefined ? `${label}:` : label,
    kind,
    detail,
    replace,
  }));
}

type Offer = readonly [label: string, kind: Expectation['kind'], detail: string];

interface YamlPlace {
  /** Keys from the outermost to the one whose map the cursor is in. */
  readonly path: readonly string[];
  /** The key whose value is being written; undefined where a key is. */
  readonly key: string | undefined;
  readonly typed: string;
  readonly valueColumn: number;
}

function placeAt({ text, lines }: SourceFile, offset: number): YamlPlace {
  const line = lines.lineAt(offset);
  const before = text.slice(lines.lineStart(line), offset);
  const path = pathAbove(text, lines, line, indentOf(before));
  const inBraces = /^(\s*(?:- )?)([^\s{:#][^:{]*):\s*\{(.*)$/.exec(before);
  if (inBraces !== null) {
    const part = inBraces[3]!.split(',').at(-1)!;
    const pair = /^\s*([^:]+):\s*(.*)$/.exec(part);
    const typed = (pair === null ? part : pair[2]!).trimStart();
    return {
      path: [...path, inBraces[2]!.trim()],
      key: pair?.[1]?.trim(),
      typed,
      valueColumn: before.length - typed.length,
    };
  }
  const pair = /^\s*(?:- )?([^\s:#-][^:#]*):(\s+)(.*)$/.exec(before);
  if (pair !== null) {
    const typed = /[^\s,[]*$/.exec(pair[3]!)![0];
    return { path, key: pair[1]!.trim(), typed, valueColumn: before.length - pair[3]!.length };
  }
  const item = /^\s*- (.*)$/.exec(before);
  // A list item is a value of the key above, unless that key's items are maps.
  if (item !== null && path.at(-1) !== 'expect') {
    const typed = item[1]!;
    return { path: path.slice(0, -1), key: path.at(-1), typed, valueColumn: before.length - typed.length };
  }
  return {
    path,
    key: undefined,
    typed: /[\w .-]*$/.exec(before)![0].trimStart().replace(/^- ?/, ''),
    valueColumn: 0,
  };
}

function pathAbove(text: string, lines: SourceFile['lines'], from: number, indent: number): string[] {
  const path: string[] = [];
  let limit = indent;
  for (let line = from - 1; line >= 0 && limit > 0; line--) {
    const written = text.slice(lines.lineStart(line), lines.lineEnd(line));
    const found = /^(\s*(?:- )?)([^\s:#-][^:#]*):(?:\s|$)/.exec(written);
    if (found === null || indentOf(written) >= limit) continue;
    limit = indentOf(written);
    path.unshift(found[2]!.trim());
  }
  return path;
}

/** Of an item of a list, that of its dash: its keys belong to the item. */
function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function isPacketLine({ path, key }: YamlPlace): boolean {
  return (path.length === 1 && path[0] === 'packets') || (path[0] === 'packets' && key === 'packet');
}

function keysAt(snapshot: Snapshot, file: SourceFile, { path }: YamlPlace): readonly Offer[] {
  const [section, name, part] = path;
  if (section === undefined) return topKeys;
  if (section === 'gateways') {
    if (path.length === 2) return gatewayKeys;
    if (part === 'interfaces' && path.length === 4) return interfaceKeys;
    if (part === 'settings') {
      const gateway = snapshot.projectOf(file.uri)?.network.gateways.find((g) => g.name === name);
      const settings = gateway === undefined ? kernelSettings : settingsOf(gateway.platform.id);
      return settings.map((s): Offer => [s.name, 'keyword', s.means]);
    }
    if (part === 'routes') return [['default', 'keyword', 'everything that has no route of its own']];
    return [];
  }
  if (section === 'hosts') return path.length === 2 ? hostKeys : [];
  if (section === 'packets') return path.length === 2 ? packetKeys : [];
  return section === 'expect' ? expectKeys : [];
}

function valuesAt(snapshot: Snapshot, file: SourceFile, { path, key }: YamlPlace): readonly Offer[] {
  const project = snapshot.projectOf(file.uri);
  const { segments = [], hosts = [], gateways = [] } = project?.network ?? {};
  const networks = segments.map((s): Offer => [s.name, 'name', 'network']);
  const nodes = [
    ...hosts.map((h): Offer => [h.name, 'name', 'host']),
    ...gateways.map((g): Offer => [g.name, 'name', 'gateway']),
  ];
  switch (key) {
    case 'platform':
      return platforms.map((p): Offer => [p.id, 'constant', p.title]);
    case 'network':
      return networks;
    case 'forwarding':
    case 'reply':
      return [
        ['true', 'constant', ''],
        ['false', 'constant', ''],
      ];
    case 'policy':
      return [...snapshot.files.values()]
        .filter((f) => f.dialect !== undefined && f.uri.startsWith(`${file.folder}/`))
        .map((f): Offer => [f.uri.slice(file.folder.length + 1), 'name', f.dialect!.title]);
    case 'from':
    case 'delivered to':
    case 'dropped at':
      return [...nodes, ...networks];
    case 'encrypted on':
    case 'clear on':
      return networks;
    case 'reason':
      return REASON_CODES.map((r): Offer => [r, 'constant', '']);
    case 'packet':
      return path[0] === 'expect'
        ? (project?.packets ?? []).map((p): Offer => [p.name, 'name', p.notation])
        : [];
    default:
      if (path.length === 1 && path[0] === 'networks') return [['internet', 'keyword', 'everything outside']];
      if (path.at(-1) === 'routes')
        return gateways
          .filter((g) => g.name === path[1])
          .flatMap((g) => g.interfaces.map((i): Offer => [i.name, 'interface', g.name]));
      return [];
  }
}

const topKeys: readonly Offer[] = [
  ['networks', 'keyword', 'names of networks, with their prefixes'],
  ['gateways', 'keyword', 'systems with policy files'],
  ['hosts', 'keyword', 'machines that send and receive'],
  ['packets', 'keyword', 'sample packets'],
  ['expect', 'keyword', 'what becomes of them'],
];
const gatewayKeys: readonly Offer[] = [
  ['platform', 'keyword', 'its system, which decides the order of the stages'],
  ['interfaces', 'keyword', 'name: address/length'],
  ['routes', 'keyword', 'destination: next hop or interface'],
  ['policy', 'keyword', 'policy files, in the order in which they are loaded'],
  ['forwarding', 'keyword', 'whether it forwards'],
  ['settings', 'keyword', 'kernel settings by sysctl name'],
  ['listening', 'keyword', 'ports on which something listens'],
];
const interfaceKeys: readonly Offer[] = [
  ['address', 'keyword', 'address/length'],
  ['network', 'keyword', 'the network it is attached to'],
  ['mtu', 'keyword', 'bytes'],
  ['tunnel', 'keyword', 'of gif(4): own address > other end'],
];
const hostKeys: readonly Offer[] = [
  ['address', 'keyword', ''],
  ['network', 'keyword', 'the network it is on'],
  ['gateway', 'keyword', 'its default next hop'],
];
const packetKeys: readonly Offer[] = [
  ['packet', 'keyword', 'the packet in one line'],
  ['from', 'keyword', 'the host, gateway or network that sends it'],
];
const expectKeys: readonly Offer[] = [
  ['packet', 'keyword', 'name of a sample packet'],
  ['reply', 'keyword', 'the reply to it is meant'],
  ['delivered to', 'keyword', 'host, gateway or network'],
  ['dropped at', 'keyword', 'where it ends'],
  ['encrypted on', 'keyword', 'network it crosses encrypted'],
  ['clear on', 'keyword', 'network it crosses in clear'],
  ['source', 'keyword', 'the source that the receiver sees'],
  ['destination', 'keyword', 'the destination that the receiver sees'],
  ['reason', 'keyword', 'why the walk ends'],
];
