/** The controls above the trace: which packet, there or back, on which platform, how it is drawn, and exports. */
import type { ExportFormat } from '../../protocol/src/requests';
import type { Actions } from './actions';
import { checkbox, dropdown } from './controls';
import { html } from './elements';
import { icon } from './icons';
import { t } from './l10n';
import type { ShownTrace } from './viewState';

/** The value of "each gateway's own platform"; no platform has an empty id. */
const ownPlatform = '';

interface Export {
  readonly format: ExportFormat;
  readonly title: string;
  readonly what: string;
}

function allExports(): readonly Export[] {
  return [
    { format: 'svg', title: 'SVG', what: t('Export a picture of the walk') },
    { format: 'markdown', title: 'Markdown', what: t('Export the stages as a Markdown table') },
    { format: 'text', title: t('Text'), what: t('Export the walk as plain text with header diagrams') },
    {
      format: 'mermaid',
      title: 'Mermaid',
      what: t('Export the headers of the selected stage as a mermaid diagram'),
    },
    { format: 'pcap', title: 'pcap', what: t('Export the packets at every hop, for Wireshark') },
  ];
}

export function toolbar(state: ShownTrace, actions: Actions): HTMLElement {
  const { request, walks } = state;
  return html(
    'header',
    { class: 'toolbar' },
    html(
      'div',
      { class: 'controls' },
      dropdown({
        id: 'packet',
        label: t('Packet'),
        choices: state.packets.map(({ name }) => ({ value: name, label: name })),
        selected: request.packet,
        onChange: (packet) => actions.walk({ packet }),
      }),
      dropdown({
        id: 'platform',
        label: t('Platform'),
        choices: [
          { value: ownPlatform, label: t('as in the files') },
          ...state.platforms.map(({ id, title }) => ({ value: id, label: title })),
        ],
        selected: request.platform ?? ownPlatform,
        onChange: (platform) => actions.walk({ platform: platform === ownPlatform ? undefined : platform }),
      }),
      checkbox({
        id: 'reply',
        label: t('Reply'),
        checked: request.reply,
        onChange: (reply) => actions.walk({ reply }),
      }),
      checkbox({
        id: 'decrypted',
        label: t('Show decrypted'),
        checked: state.decrypted,
        onChange: actions.showDecrypted,
      }),
      checkbox({
        id: 'as-tables',
        label: t('Tables for pictures'),
        checked: state.asTables,
        onChange: actions.showAsTables,
      }),
    ),
    html('code', { class: 'notation' }, walks[0]?.notation ?? ''),
    html(
      'div',
      { class: 'exports', role: 'group', 'aria-label': t('Export the walk') },
      html('span', { class: 'quiet' }, t('Export')),
      ' ',
      ...allExports().map(({ format, title, what }) =>
        tool(`export-${format}`, title, what, () => actions.export(format)),
      ),
      tool('beside', t('Open beside'), t('Show this walk in a trace view of its own'), actions.walkBeside),
      tool(
        'expect',
        t('Make expectation'),
        t('Add what this walk says now to the expectations of gatewalk.yaml'),
        actions.makeExpectation,
      ),
    ),
  );
}

function tool(id: string, title: string, what: string, onPress: () => void): HTMLElement {
  return html(
    'button',
    { type: 'button', class: 'tool', id, title: what, on: { click: () => onPress() } },
    id.startsWith('export') ? icon('document') : undefined,
    title,
  );
}
