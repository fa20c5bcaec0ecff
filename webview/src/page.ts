/** The whole page for a state. */
import type { Actions } from './actions';
import { html } from './elements';
import { icon } from './icons';
import { packetDiagram } from './packetDiagram';
import { stageDetail } from './stageDetail';
import { stageList } from './stageList';
import { toolbar } from './toolbar';
import { topologyStrip } from './topology';
import { findingList, verdictBanner } from './verdict';
import type { ShownTrace, ViewState } from './viewState';

export function page(state: ViewState, actions: Actions): readonly HTMLElement[] {
  switch (state.kind) {
    case 'loading':
      return [html('p', { class: 'message quiet', role: 'status' }, 'Walking the packet …')];
    case 'error':
      return [
        html('p', { class: 'message error', role: 'alert' }, icon('warning'), ' ', state.text),
        html('p', { class: 'quiet' }, 'The trace comes back as soon as the files allow it.'),
      ];
    case 'trace':
      return tracePage(state, actions);
  }
}

function tracePage(state: ShownTrace, actions: Actions): readonly HTMLElement[] {
  const { trace, selected, open } = state;
  const step = trace.steps[selected];
  const findings = findingList(trace.findings, actions);
  return [
    toolbar(state, actions),
    topologyStrip(trace, step?.node),
    verdictBanner(trace, actions),
    ...(findings === undefined ? [] : [findings]),
    html(
      'div',
      { class: 'panes' },
      stageList(state, actions),
      step === undefined
        ? html('p', { class: 'quiet' }, 'The packet met no stage.')
        : html(
            'div',
            { class: 'stage-pane' },
            stageDetail(step, actions),
            packetDiagram(step.packet, open, actions),
          ),
    ),
  ];
}
