/**
 * A made-up dialect and a made-up project: that every feature works with them shows that none of them knows a
 * real dialect. One statement a line:
 *
 *     ; comment
 *     open 7            defines group 7
 *     allow web in 7    a rule of group 7
 *     deny all
 */
import type { Project, Snapshot, WalkRequest, WalkResult } from '../../server/src/analysis/snapshot';
import { SourceFile } from '../../server/src/analysis/sourceFile';
import type { ClassifiedToken, Dialect, NameUse } from '../../server/src/dialects/dialect';
import { buildPacket } from '../../server/src/packet/build';
import type { PacketSpec } from '../../server/src/packet/notation';
import { netbsd } from '../../server/src/platforms/netbsd';
import { type Address, parseAddress, parsePrefix } from '../../server/src/policy/address';
import type { Origin } from '../../server/src/policy/origin';
import type { Gateway, Network, SamplePacket } from '../../server/src/simulator/network';
import { type Trace, type TraceStep, text } from '../../server/src/simulator/trace';
import type { Problem } from '../../server/src/syntax/problem';
import { lineEndAfter } from '../../server/src/syntax/source';
import { parseStatements, type StatementGrammar } from '../../server/src/syntax/statement';

interface ToyTree {
  readonly words: readonly { readonly text: string; readonly start: number; readonly end: number }[];
  readonly comment: boolean;
}

const grammar: StatementGrammar<ToyTree> = {
  statementEnd: lineEndAfter,
  parseStatement(line) {
    const comment = line.startsWith(';');
    const words = comment
      ? []
      : [...line.matchAll(/\S+/g)].map((m) => ({
          text: m[0],
          start: m.index,
          end: m.index + m[0].length,
        }));
    const first = words[0];
    const problems: Problem[] =
      first !== undefined && !['open', 'allow', 'deny'].includes(first.text)
        ? [
            {
              code: 'toy/word',
              severity: 'error',
              range: { start: first.start, end: first.end },
              message: `“${first.text}” is no action. Expected allow, deny or open.`,
              fixes: [
                {
                  title: 'Change to “deny”',
                  edits: [{ start: first.start, end: first.end, text: 'deny' }],
                  preferred: true,
                },
              ],
            },
          ]
        : [];
    return { tree: { words, comment }, problems };
  },
};

export const toyDialect: Dialect<ToyTree> = {
  id: 'toy',
  title: 'Toy rules',
  lineComment: ';',
  fileNames: ['toy.conf'],
  fileEndings: ['.toy'],
  detect: () => 0,
  vocabulary: {
    words: [
      { word: 'allow', kind: 'action', documentation: 'Lets the packet pass. toy(5)' },
      { word: 'deny', kind: 'action', documentation: 'Drops the packet. toy(5)' },
      { word: 'deny all', kind: 'keyword', documentation: 'Drops everything. toy(5)' },
    ],
  },
  parse: (source, previous) => parseStatements(grammar, source, previous),
  lower: () => ({ policy: {}, problems: [] }),
  tokens({ tree, text: line }) {
    if (tree.comment) return [{ range: { start: 0, end: line.trimEnd().length }, kind: 'comment' }];
    return tree.words.map(
      (w, i): ClassifiedToken => ({
        range: { start: w.start, end: w.end },
        kind: i === 0 ? 'action' : /^\d+$/.test(w.text) ? 'name' : 'keyword',
      }),
    );
  },
  names({ tree }) {
    return tree.words.flatMap((w, i): NameUse[] => {
      const before = tree.words[i - 1]?.text;
      const range = { start: w.start, end: w.end };
      if (before === 'open') return [{ kind: 'group', name: w.text, role: 'definition', range }];
      if (before === 'in') return [{ kind: 'group', name: w.text, role: 'reference', range }];
      if (before === 'on') return [{ kind: 'interface', name: w.text, role: 'reference', range }];
      return [];
    });
  },
  expected({ text: line }, offset) {
    const word = /\S*$/.exec(line.slice(0, offset))![0];
    const replace = { start: offset - word.length, end: offset };
    if (line.slice(0, offset).trim() === word)
      return [{ label: 'allow', insert: 'allow', kind: 'action', replace }];
    return [{ label: 'lo0', insert: 'lo0', kind: 'interface', replace }];
  },
  symbol({ tree }) {
    const [first, second] = tree.words;
    if (first === undefined) return undefined;
    const parent = tree.words[tree.words.findIndex((w) => w.text === 'in') + 1]?.text;
    if (first.text === 'open') return { name: `open ${second?.text}`, detail: '', kind: 'group' };
    const inGroup = tree.words.some((w) => w.text === 'in');
    return {
      name: tree.words.map((w) => w.text).join(' '),
      detail: '',
      kind: 'rule',
      ...(inGroup && parent !== undefined && { parent }),
    };
  },
  explain({ tree }) {
    return tree.words.length === 0 ? undefined : `Rule that says ${tree.words[0]!.text}.`;
  },
  format({ tree, text: line }) {
    if (tree.comment) return undefined;
    const end = /[\r\n]*$/.exec(line)![0];
    return tree.words.map((w) => w.text).join(' ') + end;
  },
  hints({ tree }) {
    return tree.words
      .filter((w) => w.text === '80')
      .map((w) => ({ offset: w.end, text: 'http', kind: 'service' }));
  },
};

export const folder = 'file:///net';
export const rulesUri = `${folder}/a/toy.conf`;
export const otherUri = `${folder}/a/more.toy`;
export const networkUri = `${folder}/gatewalk.yaml`;

export function address(written: string): Address {
  const read = parseAddress(written);
  if (read === undefined) throw new Error(`${written} is no address`);
  return read;
}

export const webSpec: PacketSpec = {
  source: address('10.1.0.10'),
  destination: address('198.51.100.7'),
  protocol: 6,
  sourcePort: 40000,
  destinationPort: 80,
  tcpFlags: 2,
};

export const gatewayA: Gateway = {
  name: 'A',
  platform: netbsd,
  interfaces: [
    {
      name: 'lan0',
      addresses: [parsePrefix('10.1.0.1/24')!],
      segment: 'X-net',
      mtu: 1500,
      origin: { file: networkUri, start: 4, end: 8, line: 0 },
    },
    { name: 'wan0', addresses: [parsePrefix('192.0.2.1/24')!], segment: 'Z', mtu: 1500 },
  ],
  routes: [],
  ipsec: { policies: [], associations: [] },
  pools: [],
  forwarding: true,
  settings: new Map(),
};

export const network: Network = {
  gateways: [gatewayA],
  hosts: [
    { name: 'X', addresses: [address('10.1.0.10')], segment: 'X-net' },
    { name: 'W', addresses: [address('198.51.100.7')], segment: 'Z' },
  ],
  segments: [
    { name: 'X-net', kind: 'lan', prefixes: [parsePrefix('10.1.0.0/24')!] },
    { name: 'Z', kind: 'internet', prefixes: [] },
  ],
};

export interface ToyWorld {
  readonly files: Readonly<Record<string, string>>;
  readonly packets?: readonly SamplePacket[];
  readonly walk?: (request: WalkRequest) => WalkResult;
}

/** Everything but the walks is real: files, parses, places. */
export function toySnapshot(world: ToyWorld): Snapshot {
  const files = new Map(
    Object.entries(world.files).map(([uri, source]) => {
      const isToy = uri.endsWith('.conf') || uri.endsWith('.toy');
      const parse = isToy ? toyDialect.parse(source) : undefined;
      return [uri, new SourceFile(uri, source, isToy ? (toyDialect as Dialect) : undefined, parse)];
    }),
  );
  const project: Project = {
    folder,
    inferred: false,
    network,
    packets: world.packets ?? [],
    expectations: [],
    files: [...files.keys()],
    gatewaysOf: (uri) => (uri.startsWith(`${folder}/a/`) ? ['A'] : []),
    walk:
      world.walk ??
      (() => {
        throw new Error('no walk was expected');
      }),
  };
  return {
    files,
    *prepare() {},
    projectOf: (uri) => (files.has(uri) ? project : undefined),
    findingsOf: () => [],
    problemsOf(uri) {
      const parse = files.get(uri)?.parse;
      return (parse?.statements ?? []).flatMap((s, i) =>
        s.problems.map((p) => {
          const by = parse!.starts[i]!;
          const moved = (r: { start: number; end: number }) => ({ start: r.start + by, end: r.end + by });
          return {
            ...p,
            range: moved(p.range),
            ...(p.fixes && {
              fixes: p.fixes.map((f) => ({
                ...f,
                edits: f.edits.map((e) => ({ ...moved(e), text: e.text })),
              })),
            }),
          };
        }),
      );
    },
  };
}

export function samplePacket(name: string, origin: Origin): SamplePacket {
  return { name, notation: 'tcp 10.1.0.10:40000 > 198.51.100.7:80 S', spec: webSpec, origin };
}

/**
 * X sends, A filters by the rule at `filterOrigin` and translates by the one at `natOrigin`, the web server
 * gets it.
 */
export function webTrace(filterOrigin: Origin, natOrigin: Origin): Trace {
  const start = buildPacket(webSpec);
  const translated = buildPacket({ ...webSpec, source: address('192.0.2.1'), sourcePort: 10000 });
  const step = (given: Partial<TraceStep> & Pick<TraceStep, 'node' | 'stage' | 'said'>): TraceStep => ({
    nodeKind: 'gateway',
    outcome: 'continue',
    origins: [],
    depth: 0,
    before: start,
    after: start,
    ...given,
  });
  return {
    start,
    reply: false,
    steps: [
      step({ node: 'X', nodeKind: 'host', stage: 'send', outcome: 'sent', said: text('X sends it.') }),
      step({
        node: 'A',
        stage: 'filter',
        hook: 'PFIL_IN',
        interface: 'lan0',
        direction: 'in',
        outcome: 'pass',
        said: text('Passes by rule 1.'),
        origins: [filterOrigin],
        citation: { source: 'sys/netinet/ip_input.c, ip_input()' },
      }),
      step({
        node: 'A',
        stage: 'nat',
        hook: 'PFIL_OUT',
        interface: 'wan0',
        direction: 'out',
        outcome: 'changed',
        said: text('Source becomes 192.0.2.1.'),
        origins: [natOrigin],
        after: translated,
        entry: 'map 10.1.0.10,40000 <- -> 192.0.2.1,10000',
      }),
      step({
        node: 'W',
        nodeKind: 'host',
        stage: 'receive',
        outcome: 'delivered',
        said: text('W receives it.'),
        before: translated,
        after: translated,
      }),
    ],
    verdict: {
      kind: 'delivered',
      node: 'W',
      reason: 'delivered',
      said: text('It reaches W.'),
      origins: [],
    },
  };
}
