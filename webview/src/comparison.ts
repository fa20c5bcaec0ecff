/**
 * The same packet under two orders of stages: one row a stage, the two walks left and right of it, and above
 * them the difference that decides.
 */
import type {
  ComparedWalk,
  ComparisonRow,
  ComparisonView,
  StepDifference,
} from '../../protocol/src/comparisonView';
import type { StepView } from '../../protocol/src/traceView';
import type { Actions } from './actions';
import { comparedSteps, platformShown } from './comparedSteps';
import { dropdown } from './controls';
import { html } from './elements';
import { icon } from './icons';
import { t } from './l10n';
import { placeLink } from './placeLink';
import { outcomeSign, type Sign, verdictIcons, verdictTitle } from './signs';
import type { ComparedPlatforms, ShownTrace } from './viewState';

/** The value of "each gateway's own platform"; no platform has an empty id. */
const ownPlatform = '';

export function comparisonPage(state: ShownTrace, actions: Actions): readonly HTMLElement[] {
  const { comparison } = state;
  return [
    html(
      'div',
      { class: 'controls compared' },
      platformChoice('a', t('Left'), state, actions),
      platformChoice('b', t('Right'), state, actions),
    ),
    ...(comparison === undefined
      ? [html('p', { class: 'quiet', role: 'status' }, t('Walking twice …'))]
      : 'error' in comparison
        ? [html('p', { class: 'message error', role: 'alert' }, comparison.error)]
        : drawComparison(comparison.comparison, actions)),
  ];
}

function platformChoice(
  side: keyof ComparedPlatforms,
  label: string,
  { platforms, compared, comparison }: ShownTrace,
  actions: Actions,
): HTMLElement {
  const { [side]: chosen, ...other } = compared;
  const view = comparison !== undefined && 'comparison' in comparison ? comparison.comparison : undefined;
  return dropdown({
    id: `compare-${side}`,
    label,
    choices: [
      { value: ownPlatform, label: t('as in the files') },
      ...platforms.map(({ id, title }) => ({ value: id, label: title })),
    ],
    selected: platformShown(side, chosen, view, platforms) ?? ownPlatform,
    onChange: (platform) =>
      actions.compare(platform === ownPlatform ? other : { ...other, [side]: platform }),
  });
}

function drawComparison(view: ComparisonView, actions: Actions): readonly HTMLElement[] {
  return [
    html(
      'section',
      { class: 'verdict comparison-reason', role: 'status', 'aria-label': t('Why they differ') },
      html(
        'p',
        { class: 'verdict-line' },
        html(
          'strong',
          { class: 'sign' },
          icon(view.sameVerdict ? 'check' : 'warning'),
          ' ',
          view.sameVerdict ? t('Both end the same way') : t('They end differently'),
        ),
        html('span', {}, view.why.text),
      ),
      ...view.why.citations.map(({ source, note }) =>
        html('p', { class: 'quiet citation' }, note === undefined ? source : `${source}. ${note}`),
      ),
    ),
    html(
      'div',
      { class: 'table-scroll', tabindex: 0, role: 'region', 'aria-label': t('Stages of both walks') },
      html(
        'table',
        { class: 'data comparison' },
        html(
          'thead',
          {},
          html(
            'tr',
            {},
            html('th', { scope: 'col' }, t('Stage')),
            html('th', { scope: 'col' }, view.a.title),
            html('th', { scope: 'col' }, view.b.title),
          ),
        ),
        html(
          'tbody',
          {},
          ...view.rows.map((row, index) => drawRow(row, view, index === view.why.row, actions)),
          html(
            'tr',
            { class: 'verdict-row' },
            html('th', { scope: 'row' }, t('Verdict')),
            verdictCell(view.a),
            verdictCell(view.b),
          ),
        ),
      ),
    ),
  ];
}

function rowSign(kind: ComparisonRow['kind']): Sign {
  switch (kind) {
    case 'same':
      return { icon: 'check', word: t('same') };
    case 'differs':
      return { icon: 'pencil', word: t('differs') };
    case 'moved':
      return { icon: 'loop', word: t('at another place') };
    case 'only-a':
      return { icon: 'arrow', word: t('only left') };
    case 'only-b':
      return { icon: 'arrow', word: t('only right') };
  }
}

function drawRow(row: ComparisonRow, view: ComparisonView, decides: boolean, actions: Actions): HTMLElement {
  const sign = rowSign(row.kind);
  const word = decides ? t('{0}, decides', sign.word) : sign.word;
  const { a, b } = comparedSteps(row, view);
  return html(
    'tr',
    { class: `row-${row.kind}${decides ? ' decides' : ''}` },
    html(
      'th',
      { scope: 'row' },
      html('span', { class: 'quiet' }, `${row.node} `),
      row.title,
      html('span', { class: 'sign' }, ' ', icon(sign.icon), ` ${word}`),
    ),
    ...(row.kind === 'same' && a !== undefined
      ? [sameCell(a, actions)]
      : [stepCell(a, 'a', row.differences, actions), stepCell(b, 'b', row.differences, actions)]),
  );
}

/** What both do alike is told once, so that what differs stands out. */
function sameCell(step: StepView, actions: Actions): HTMLElement {
  const sign = outcomeSign(step.outcome);
  const place = step.places[0];
  return html(
    'td',
    { class: `outcome-${step.outcome}`, colspan: 2 },
    html('p', {}, html('strong', { class: 'sign' }, icon(sign.icon), ` ${sign.word}`), ` ${step.text}`),
    place === undefined ? undefined : placeLink(place, actions, { short: true }),
  );
}

function stepCell(
  step: StepView | undefined,
  side: 'a' | 'b',
  differences: readonly StepDifference[],
  actions: Actions,
): HTMLElement {
  if (step === undefined) return html('td', { class: 'quiet' }, '—');
  const sign = outcomeSign(step.outcome);
  const place = step.places[0];
  return html(
    'td',
    { class: `outcome-${step.outcome}` },
    html('p', {}, html('strong', { class: 'sign' }, icon(sign.icon), ` ${sign.word}`), ` ${step.text}`),
    place === undefined ? undefined : placeLink(place, actions, { short: true }),
    differences.length === 0
      ? html('code', { class: 'stage-after' }, step.packet.summary)
      : html(
          'dl',
          { class: 'changes' },
          ...differences.flatMap((difference) => [
            html('dt', {}, difference.what),
            html('dd', {}, difference[side] ?? t('none')),
          ]),
        ),
  );
}

function verdictCell({ trace }: ComparedWalk): HTMLElement {
  const { verdict } = trace;
  return html(
    'td',
    { class: `verdict-cell verdict-${verdict.kind}` },
    html('strong', { class: 'sign' }, icon(verdictIcons[verdict.kind]), ` ${verdictTitle(verdict)}`),
    html('p', {}, verdict.text),
  );
}
