/** All that is known of the selected stage, above its packet. */
import type { StepView } from '../../protocol/src/traceView';
import type { Actions } from './actions';
import { html } from './elements';
import { icon } from './icons';
import { t } from './l10n';
import { placeLink } from './placeLink';
import { outcomeSign } from './signs';

/** `index` is 0-based, as in the list of stages. */
export function stageDetail(step: StepView, index: number, actions: Actions): HTMLElement {
  const sign = outcomeSign(step.outcome);
  const where = [step.node, step.hook, step.interface, step.direction].filter((part) => part !== undefined);
  const { source, note } = step.citation ?? {};
  return html(
    'section',
    { class: `detail outcome-${step.outcome}`, 'aria-label': t('Selected stage'), 'aria-live': 'polite' },
    html(
      'h2',
      {},
      `${index + 1}. ${step.title} `,
      html('span', { class: 'sign' }, icon(sign.icon), ` ${sign.word}`),
    ),
    html('p', { class: 'quiet' }, where.join(' · ')),
    html('p', {}, step.text),
    ...step.places.map((place) => placeLink(place, actions)),
    step.before === undefined || step.after === undefined ? undefined : beforeAfter(step.before, step.after),
    step.entry === undefined ? undefined : html('p', { class: 'entry' }, html('code', {}, step.entry)),
    step.uncertain === undefined
      ? undefined
      : html(
          'p',
          { class: 'uncertain' },
          icon('question'),
          ' ',
          html('strong', {}, t('Not certain:')),
          ' ',
          step.uncertain,
        ),
    step.citation === undefined
      ? undefined
      : html(
          'p',
          { class: 'quiet citation' },
          t('Order: {0}', [source, note].filter((part) => part !== undefined).join('. ')),
        ),
  );
}

function beforeAfter(before: string, after: string): HTMLElement {
  return html(
    'dl',
    { class: 'before-after' },
    html('dt', {}, t('before')),
    html('dd', {}, html('code', {}, before)),
    html('dt', {}, t('after')),
    html('dd', {}, html('code', {}, after)),
  );
}
