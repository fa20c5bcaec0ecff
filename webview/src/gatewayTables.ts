/** What every gateway remembers after the walk: states, NAT sessions, policies, security associations. */
import type { GatewayTable, GatewayTables, TableRow } from '../../protocol/src/gatewayTables';
import type { TablesResult } from '../../protocol/src/requests';
import type { Actions } from './actions';
import { html } from './elements';
import { icon } from './icons';
import { t, tNodes } from './l10n';
import { placeLink } from './placeLink';

export function gatewayTablesPage(
  result: TablesResult | undefined,
  actions: Actions,
): readonly HTMLElement[] {
  if (result === undefined) return [html('p', { class: 'quiet', role: 'status' }, t('Reading the tables …'))];
  if ('error' in result) return [html('p', { class: 'message error', role: 'alert' }, result.error)];
  if (result.gateways.length === 0) return [html('p', { class: 'quiet' }, t('There is no gateway.'))];
  return [
    html(
      'p',
      { class: 'quiet' },
      ...tNodes(
        'What the gateways remember when the walk has ended. {0} marks what this walk made or used.',
        icon('arrow'),
      ),
    ),
    ...result.gateways.map((gateway) => gatewaySection(gateway, actions)),
  ];
}

function gatewaySection({ gateway, platform, tables }: GatewayTables, actions: Actions): HTMLElement {
  return html(
    'section',
    { class: 'gateway-tables', 'data-gateway': gateway },
    html('h2', {}, gateway, html('span', { class: 'quiet' }, ` ${platform}`)),
    ...(tables.length === 0
      ? [html('p', { class: 'quiet' }, t('It remembers nothing of this walk.'))]
      : tables.map((table) => drawTable(table, gateway, actions))),
  );
}

function drawTable(table: GatewayTable, gateway: string, actions: Actions): HTMLElement {
  const hasPlaces = table.rows.some(({ place }) => place !== undefined);
  return html(
    'div',
    // Wide tables scroll, also with the keyboard.
    {
      class: 'table-scroll',
      tabindex: 0,
      role: 'region',
      'aria-label': t('{0} of {1}', table.title, gateway),
    },
    html(
      'table',
      { class: 'data', 'data-kind': table.kind },
      html('caption', {}, table.title),
      html(
        'thead',
        {},
        html(
          'tr',
          {},
          html('th', { scope: 'col' }, t('used')),
          ...table.columns.map((name) => html('th', { scope: 'col' }, name)),
          hasPlaces ? html('th', { scope: 'col' }, t('rule')) : undefined,
        ),
      ),
      table.rows.length === 0
        ? html(
            'tbody',
            {},
            html(
              'tr',
              {},
              html(
                'td',
                { colspan: table.columns.length + (hasPlaces ? 2 : 1) },
                t('empty, though this walk needs an entry'),
              ),
            ),
          )
        : html('tbody', {}, ...table.rows.map((row) => drawRow(row, hasPlaces, actions))),
    ),
  );
}

function drawRow(row: TableRow, hasPlaces: boolean, actions: Actions): HTMLElement {
  return html(
    'tr',
    row.touched ? { class: 'touched' } : {},
    html(
      'td',
      {},
      row.touched ? icon('arrow') : undefined,
      html('span', { class: 'spoken' }, row.touched ? t('used') : ''),
    ),
    ...row.cells.map((cell) => html('td', {}, html('code', {}, cell))),
    hasPlaces
      ? html('td', {}, row.place === undefined ? undefined : placeLink(row.place, actions, { short: true }))
      : undefined,
  );
}
