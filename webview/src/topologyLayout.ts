/**
 * Where the nodes of the topology strip stand. The longest way through the network becomes the strip, left to
 * right; what hangs off it stands below its neighbour.
 */
import type { TopologyLink, TopologyNode, TopologyView } from '../../protocol/src/traceView';

export interface PlacedNode {
  readonly node: TopologyNode;
  /** 0-based column and row of the strip. */
  readonly column: number;
  readonly row: number;
}

export interface PlacedLink {
  readonly link: TopologyLink;
  readonly from: PlacedNode;
  readonly to: PlacedNode;
  /** The packet went from `to` to `from`. */
  readonly reversed: boolean;
}

export interface TopologyLayout {
  readonly nodes: readonly PlacedNode[];
  readonly links: readonly PlacedLink[];
  readonly columns: number;
  readonly rows: number;
}

/** `order` is the order in which the walk came to the nodes, for the direction of the arrows. */
export function layOutTopology(topology: TopologyView, order: readonly string[]): TopologyLayout {
  const neighbours = neighboursOf(topology);
  const strip = orient(longestWay(topology, neighbours), topology);
  const placed = new Map<string, PlacedNode>();
  const byId = new Map(topology.nodes.map((node) => [node.id, node]));
  const place = (id: string, column: number, row: number) => {
    const node = byId.get(id);
    if (node !== undefined) placed.set(id, { node, column, row });
  };
  strip.forEach((id, column) => {
    place(id, column, 0);
  });
  // The rest hangs below the neighbour that is placed already, or stands at the end of the strip.
  let columns = strip.length;
  const rowsUsed = new Map<number, number>();
  const waiting = topology.nodes.map(({ id }) => id).filter((id) => !placed.has(id));
  while (waiting.length > 0) {
    const next = waiting.findIndex((id) => (neighbours.get(id) ?? []).some((other) => placed.has(other)));
    const [id] = waiting.splice(Math.max(0, next), 1);
    if (id === undefined) break;
    const above = (neighbours.get(id) ?? [])
      .map((other) => placed.get(other))
      .find((other) => other !== undefined);
    if (above === undefined) {
      place(id, columns++, 0);
      continue;
    }
    const row = (rowsUsed.get(above.column) ?? 0) + 1;
    rowsUsed.set(above.column, row);
    place(id, above.column, row);
  }
  const distance = distancesFrom(order[0], neighbours);
  return {
    nodes: [...placed.values()],
    links: topology.links.flatMap((link) => placeLink(link, placed, distance)),
    columns,
    rows: 1 + Math.max(0, ...rowsUsed.values()),
  };
}

function placeLink(
  link: TopologyLink,
  placed: ReadonlyMap<string, PlacedNode>,
  distance: ReadonlyMap<string, number>,
): PlacedLink[] {
  const from = placed.get(link.from);
  const to = placed.get(link.to);
  if (from === undefined || to === undefined) return [];
  const reversed = (distance.get(link.from) ?? 0) > (distance.get(link.to) ?? 0);
  return [{ link, from, to, reversed }];
}

function neighboursOf({ nodes, links }: TopologyView): ReadonlyMap<string, readonly string[]> {
  const result = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { from, to } of links) {
    result.get(from)?.push(to);
    result.get(to)?.push(from);
  }
  return result;
}

/** Exact for a tree, where the node farthest from any node is one end of the longest way; near enough otherwise. */
function longestWay(
  { nodes }: TopologyView,
  neighbours: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const start = nodes[0]?.id;
  if (start === undefined) return [];
  const fromStart = farthest(start, neighbours);
  const way = farthest(fromStart.at(-1) ?? start, neighbours);
  return way.length > fromStart.length ? way : fromStart;
}

/** The shortest way from a node to the node farthest from it. */
function farthest(start: string, neighbours: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const cameFrom = new Map<string, string | undefined>([[start, undefined]]);
  const queue = [start];
  for (const id of queue) {
    for (const other of neighbours.get(id) ?? []) {
      if (cameFrom.has(other)) continue;
      cameFrom.set(other, id);
      queue.push(other);
    }
  }
  const way: string[] = [];
  for (let id: string | undefined = queue.at(-1); id !== undefined; id = cameFrom.get(id)) way.unshift(id);
  return way;
}

/** The server lists nodes as a person would draw them: the strip runs the same way for every packet. */
function orient(way: readonly string[], { nodes }: TopologyView): readonly string[] {
  const position = (id: string | undefined) => nodes.findIndex((node) => node.id === id);
  return position(way[0]) <= position(way.at(-1)) ? way : [...way].reverse();
}

function distancesFrom(
  start: string | undefined,
  neighbours: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, number> {
  const distance = new Map<string, number>();
  if (start === undefined) return distance;
  distance.set(start, 0);
  const queue = [start];
  for (const id of queue) {
    for (const other of neighbours.get(id) ?? []) {
      if (distance.has(other)) continue;
      distance.set(other, (distance.get(id) ?? 0) + 1);
      queue.push(other);
    }
  }
  return distance;
}
