/**
 * The stages in order, in groups of the machine they happen on, the reply's below the packet's own. Each is a
 * button; the arrow keys go from one to the next, as in a list.
 */
import type { StepView, TraceView } from '../../protocol/src/traceView';
import type { Actions } from './actions';
import { html } from './elements';
import { icon } from './icons';
import { t } from './l10n';
import { outcomeSign } from './signs';
import { groupSteps } from './stageGroups';
import { allSteps, type ShownTrace } from './viewState';

export function stageList(state: ShownTrace, actions: Actions): HTMLElement {
  const [there, back] = state.walks;
  return html(
    'nav',
    {
      class: 'stages',
      'aria-label': t('Stages of the walk'),
      on: { keydown: (event) => stepWithKeys(event as KeyboardEvent, state, actions) },
    },
    ...(there === undefined ? [] : drawGroups(there, 0, state, actions)),
    back === undefined
      ? undefined
      : html('h2', { class: 'reply-title', id: 'reply-title' }, icon('loop'), ' ', t('The reply')),
    ...(back === undefined ? [] : drawGroups(back, there?.steps.length ?? 0, state, actions)),
  );
}

function drawGroups(
  walk: TraceView,
  firstIndex: number,
  state: ShownTrace,
  actions: Actions,
): readonly HTMLElement[] {
  return groupSteps(walk.steps, walk.topology, firstIndex).map((group) =>
    html(
      'section',
      { class: 'stage-group' },
      html('h2', {}, group.node, html('span', { class: 'quiet' }, ` ${group.detail}`)),
      html(
        'ol',
        { start: (group.steps[0]?.index ?? 0) + 1 },
        ...group.steps.map(({ step, index }) =>
          html('li', {}, stageButton(step, index, index === state.selected, actions)),
        ),
      ),
    ),
  );
}

function stageButton(step: StepView, index: number, selected: boolean, actions: Actions): HTMLElement {
  const sign = outcomeSign(step.outcome);
  const where = [step.hook, step.interface].filter((part) => part !== undefined).join(' · ');
  const place = step.places[0];
  return html(
    'button',
    {
      type: 'button',
      class: `stage outcome-${step.outcome}`,
      id: `stage-${index}`,
      'data-stage': step.stage,
      'data-node': step.node,
      'aria-current': selected ? 'step' : undefined,
      // One stop for the tab key; the arrow keys move inside.
      tabindex: selected ? 0 : -1,
      on: { click: () => actions.select(index, { reveal: true }) },
    },
    html('span', { class: 'stage-number', 'aria-hidden': 'true' }, String(index + 1)),
    html(
      'span',
      { class: 'stage-body' },
      html(
        'span',
        { class: 'stage-head' },
        html('span', { class: 'stage-title' }, step.title),
        html('span', { class: 'sign' }, icon(sign.icon), ` ${sign.word}`),
      ),
      where === '' ? undefined : html('span', { class: 'quiet stage-where' }, where),
      html('span', { class: 'stage-text' }, step.text),
      step.after === undefined ? undefined : html('code', { class: 'stage-after' }, step.after),
      place === undefined
        ? undefined
        : html('span', { class: 'stage-place' }, icon('document'), ` ${place.label}`),
      step.uncertain === undefined
        ? undefined
        : html('span', { class: 'stage-uncertain' }, icon('question'), ' ', t('not certain')),
    ),
  );
}

function stepWithKeys(event: KeyboardEvent, state: ShownTrace, actions: Actions): void {
  const last = allSteps(state).length - 1;
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: Math.min(last, state.selected + 1),
    ArrowUp: Math.max(0, state.selected - 1),
    Home: 0,
    End: last,
  };
  const target = targets[event.key];
  if (target === undefined) return;
  event.preventDefault();
  actions.select(target, { reveal: true });
}
