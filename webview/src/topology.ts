/**
 * The topology strip: the network from end to end, which way the packet took, and in which shape it crossed each
 * link. Clear, encrypted and not crossed differ in the line itself, not only in colour.
 */
import type { TopologyLink, TopologyNode, TraceView, VerdictView } from '../../protocol/src/traceView';
import { html, svg } from './elements';
import { iconPath } from './icons';
import { t } from './l10n';
import { crossedWord, nodeKindWord, verdictIcons } from './signs';
import { layOutTopology, type PlacedLink, type PlacedNode, type TopologyLayout } from './topologyLayout';

const columnWidth = 144;
const rowHeight = 76;
const nodeWidth = 84;
const nodeHeight = 44;
const margin = 12;

export function topologyStrip(trace: TraceView, selectedNode: string | undefined): HTMLElement {
  const layout = layOutTopology(
    trace.topology,
    trace.steps.map(({ node }) => node),
  );
  const width = layout.columns * columnWidth - (columnWidth - nodeWidth) + 2 * margin;
  const height = margin + layout.rows * rowHeight - (rowHeight - nodeHeight) + margin;
  return html(
    'figure',
    { class: 'topology', tabindex: 0 },
    svg(
      'svg',
      { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': describe(layout) },
      ...layout.links.map((link) => drawLink(link)),
      ...layout.nodes.map((node) => drawNode(node, node.node.id === selectedNode, trace.verdict)),
    ),
    html('figcaption', {}, legend('clear'), legend('encrypted'), legend('no')),
  );
}

function drawNode({ node, column, row }: PlacedNode, selected: boolean, verdict: VerdictView): SVGElement {
  const { x, y } = topLeft(column, row);
  const state = `${node.visited ? ' visited' : ''}${selected ? ' selected' : ''}`;
  return svg(
    'g',
    { class: `node node-${node.kind}${state}`, transform: `translate(${x} ${y})`, 'data-node': node.id },
    svg(
      'title',
      {},
      [node.id, nodeKindWord(node.kind), node.detail].filter((part) => part !== '').join(', '),
    ),
    selected
      ? svg('rect', { class: 'ring', x: -4, y: -4, width: nodeWidth + 8, height: nodeHeight + 8, rx: 10 })
      : undefined,
    outline(node),
    svg(
      'text',
      { class: 'node-name', x: nodeWidth / 2, y: node.detail === '' ? 27 : 20 },
      shorten(node.id, 11),
    ),
    svg('text', { class: 'node-detail', x: nodeWidth / 2, y: 35 }, shorten(node.detail, 15)),
    verdict.node === node.id ? endSign(verdict.kind) : undefined,
  );
}

/** Where the walk ended, and how. */
function endSign(kind: VerdictView['kind']): SVGElement {
  return svg(
    'g',
    { class: `end end-${kind}`, transform: `translate(${nodeWidth - 10} -8)` },
    svg('circle', { cx: 8, cy: 8, r: 10 }),
    iconPath(verdictIcons[kind]),
  );
}

/** Gateways are boxes with a lintel, hosts have a foot, networks are pills, the internet is a cloud. */
function outline({ kind }: TopologyNode): SVGElement {
  const box = { class: 'outline', width: nodeWidth, height: nodeHeight };
  switch (kind) {
    case 'gateway':
      return svg(
        'g',
        {},
        svg('rect', { ...box, rx: 4 }),
        svg('path', { class: 'outline lintel', d: `M0 6h${nodeWidth}` }),
      );
    case 'host':
      return svg(
        'g',
        {},
        svg('rect', { ...box, rx: 2 }),
        svg('path', { class: 'outline', d: `M${nodeWidth / 2 - 12} ${nodeHeight + 5}h24` }),
      );
    case 'network':
      return svg('rect', { ...box, rx: nodeHeight / 2 });
    case 'internet':
      return svg('path', {
        class: 'outline',
        d: 'M18 44a15 15 0 0 1-4-29A20 20 0 0 1 46 5a18 18 0 0 1 24 11 14 14 0 0 1-4 28z',
      });
  }
}

function drawLink(placed: PlacedLink): SVGElement {
  const { link, from, to } = placed;
  const [start, end] = placed.reversed ? [to, from] : [from, to];
  const line = straightPath(start, end);
  const middle = { x: (line.x1 + line.x2) / 2, y: (line.y1 + line.y2) / 2 };
  return svg(
    'g',
    { class: `link link-${link.crossed}`, 'data-link': `${link.from} ${link.to}` },
    svg('title', {}, t('{0} to {1}: {2}', link.from, link.to, crossedWord(link.crossed))),
    ...(link.crossed === 'encrypted'
      ? [svg('path', { class: 'tube', d: line.d }), svg('path', { class: 'tube-inside', d: line.d })]
      : []),
    svg('path', { class: 'line', d: line.d }),
    link.crossed === 'no' ? undefined : arrowHead(line.x1, line.y1, line.x2, line.y2),
    link.crossed === 'encrypted'
      ? svg(
          'g',
          { class: 'lock', transform: `translate(${middle.x - 14} ${middle.y - 8})` },
          svg('circle', { cx: 8, cy: 8, r: 9 }),
          iconPath('lock'),
        )
      : undefined,
    link.interface === undefined ? undefined : interfaceLabel(placed, line),
  );
}

/** The interface's name stands near its gateway. */
function interfaceLabel({ link, from, to, reversed }: PlacedLink, line: Line): SVGElement {
  const atStart = !reversed;
  const [x, y] = atStart ? [line.x1, line.y1] : [line.x2, line.y2];
  const vertical = from.column === to.column;
  const goesRight = atStart ? line.x2 > line.x1 : line.x1 > line.x2;
  return svg(
    'text',
    {
      class: 'interface',
      // Clear of the ring round a chosen node, and above the lock of an encrypted link.
      x: vertical ? x + 6 : x + (goesRight ? 8 : -8),
      y: vertical ? y + 16 : y - 13,
      'text-anchor': vertical || goesRight ? 'start' : 'end',
    },
    link.interface ?? '',
  );
}

interface Line {
  readonly d: string;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

function straightPath(from: PlacedNode, to: PlacedNode): Line {
  const a = centre(from);
  const b = centre(to);
  const vertical = from.column === to.column;
  const side = Math.sign(vertical ? b.y - a.y : b.x - a.x);
  const x1 = vertical ? a.x : a.x + (side * nodeWidth) / 2;
  const x2 = vertical ? b.x : b.x - (side * nodeWidth) / 2;
  const y1 = vertical ? a.y + (side * nodeHeight) / 2 : a.y;
  const y2 = vertical ? b.y - (side * nodeHeight) / 2 : b.y;
  return { d: `M${x1} ${y1}L${x2} ${y2}`, x1, y1, x2, y2 };
}

function arrowHead(x1: number, y1: number, x2: number, y2: number): SVGElement {
  const angle = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI;
  return svg('path', {
    class: 'arrow-head',
    d: 'M-9-5 0 0-9 5z',
    transform: `translate(${x2} ${y2}) rotate(${angle})`,
  });
}

function topLeft(column: number, row: number): { x: number; y: number } {
  return { x: margin + column * columnWidth, y: margin + row * rowHeight };
}

function centre({ column, row }: PlacedNode): { x: number; y: number } {
  const { x, y } = topLeft(column, row);
  return { x: x + nodeWidth / 2, y: y + nodeHeight / 2 };
}

function legend(crossed: TopologyLink['crossed']): HTMLElement {
  const d = 'M2 7h32';
  return html(
    'span',
    { class: 'legend' },
    svg(
      'svg',
      { class: `link link-${crossed}`, viewBox: '0 0 36 14', width: 36, height: 14, 'aria-hidden': 'true' },
      ...(crossed === 'encrypted'
        ? [svg('path', { class: 'tube', d }), svg('path', { class: 'tube-inside', d })]
        : []),
      svg('path', { class: 'line', d }),
    ),
    ` ${crossedWord(crossed)}`,
  );
}

/** The picture in words. */
function describe({ links, nodes }: TopologyLayout): string {
  const visited = nodes.filter(({ node }) => node.visited).map(({ node }) => node.id);
  const crossed = links
    .filter(({ link }) => link.crossed !== 'no')
    .map(({ from, to, reversed, link }) => {
      const [start, end] = reversed ? [to, from] : [from, to];
      return link.crossed === 'encrypted'
        ? t('{0} to {1} encrypted', start.node.id, end.node.id)
        : t('{0} to {1} in clear', start.node.id, end.node.id);
    });
  if (visited.length === 0) return t('Network. The packet came to no node.');
  return crossed.length === 0
    ? t('Network. The packet came to {0}. It crossed no link.', visited.join(', '))
    : t('Network. The packet came to {0}. It crossed: {1}.', visited.join(', '), crossed.join('; '));
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
