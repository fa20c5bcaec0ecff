/** The topology strip as tables: the nodes, and the links with how the packet crossed them. */
import type { TraceView } from '../../protocol/src/traceView';
import { html } from './elements';
import { t } from './l10n';
import { crossedWord, endedHere, nodeKindWord } from './signs';

export function topologyTable({ topology, verdict }: TraceView): HTMLElement {
  const row = (cells: readonly string[]) =>
    html(
      'tr',
      {},
      ...cells.map((cell, column) =>
        column === 0 ? html('th', { scope: 'row' }, cell) : html('td', {}, cell),
      ),
    );
  const head = (names: readonly string[]) =>
    html('thead', {}, html('tr', {}, ...names.map((name) => html('th', { scope: 'col' }, name))));
  return html(
    'div',
    { class: 'topology-tables' },
    html(
      'table',
      { class: 'data' },
      html('caption', {}, t('Network')),
      head([t('Node'), t('Kind'), t('Detail'), t('The packet')]),
      html(
        'tbody',
        {},
        ...topology.nodes.map(({ id, kind, detail, visited }) =>
          row([
            id,
            nodeKindWord(kind),
            detail,
            verdict.node === id ? endedHere(verdict.kind) : visited ? t('came here') : '',
          ]),
        ),
      ),
    ),
    html(
      'table',
      { class: 'data' },
      html('caption', {}, t('Links')),
      head([t('From'), t('To'), t('Interface'), t('Crossed')]),
      html(
        'tbody',
        {},
        ...topology.links.map((link) =>
          row([link.from, link.to, link.interface ?? '', crossedWord(link.crossed)]),
        ),
      ),
    ),
  );
}
