/** The parts of the page for a state: what stands above the tabs, and the page that is open. */
import type { Actions } from './actions';
import { comparisonPage } from './comparison';
import { html } from './elements';
import { gatewayTablesPage } from './gatewayTables';
import { icon } from './icons';
import { t } from './l10n';
import { packetDiagram } from './packetDiagram';
import { packetTable } from './packetTable';
import { stageDetail } from './stageDetail';
import { stageList } from './stageList';
import { tabs } from './tabs';
import { toolbar } from './toolbar';
import { topologyStrip } from './topology';
import { topologyTable } from './topologyTable';
import { findingList, verdictBanner } from './verdict';
import { allSteps, type ShownTrace, type ViewState } from './viewState';

export function pageHead(state: ViewState, actions: Actions): readonly HTMLElement[] {
  if (state.kind !== 'trace') return [];
  return [toolbar(state, actions), tabs(state.page, actions)];
}

/** `form` builds packets; it is handed in because it outlives the drawing. */
export function pageBody(state: ViewState, actions: Actions, form: HTMLElement): readonly HTMLElement[] {
  switch (state.kind) {
    case 'loading':
      return [html('p', { class: 'message quiet', role: 'status' }, t('Walking the packet …'))];
    case 'error':
      return [
        html('p', { class: 'message error', role: 'alert' }, icon('warning'), ' ', state.text),
        html('p', { class: 'quiet' }, t('The trace comes back as soon as the files allow it.')),
      ];
    case 'trace':
      switch (state.page) {
        case 'walk':
          return walkPage(state, actions);
        case 'tables':
          return gatewayTablesPage(state.tables, actions);
        case 'compare':
          return comparisonPage(state, actions);
        case 'build':
          return [form];
      }
  }
}

function walkPage(state: ShownTrace, actions: Actions): readonly HTMLElement[] {
  const { walks, selected, open, decrypted, asTables } = state;
  const current = allSteps(state)[selected];
  const walk = current?.walk ?? walks[0];
  if (walk === undefined) return [];
  const findings = findingList(
    walks.flatMap((each) => each.findings),
    actions,
  );
  const label = t('Packet after this stage');
  return [
    asTables ? topologyTable(walk) : topologyStrip(walk, current?.step.node),
    ...walks.map((each) => verdictBanner(each, walks.length > 1, actions)),
    ...(state.noReply === undefined
      ? []
      : [html('p', { class: 'note', role: 'status' }, icon('info'), ' ', t('No reply: {0}', state.noReply))]),
    ...(findings === undefined ? [] : [findings]),
    html(
      'div',
      { class: 'panes' },
      stageList(state, actions),
      current === undefined
        ? html('p', { class: 'quiet' }, t('The packet met no stage.'))
        : html(
            'div',
            { class: 'stage-pane' },
            stageDetail(current.step, current.index, actions),
            asTables
              ? packetTable(current.step.packet, { decrypted, label })
              : packetDiagram(current.step.packet, { open, decrypted, label, toggle: actions.toggle }),
          ),
    ),
  ];
}
