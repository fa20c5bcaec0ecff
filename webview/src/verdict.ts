/** How the walk ended and why, and what was found on the way. */
import type { FindingView, TraceView } from '../../protocol/src/traceView';
import type { Actions } from './actions';
import { html } from './elements';
import { icon } from './icons';
import { t, tCount } from './l10n';
import { placeLink } from './placeLink';
import { severitySign, verdictIcons, verdictTitle } from './signs';

/** `oneOfTwo`: the packet's own walk and the reply's are both shown, so each says which it is. */
export function verdictBanner(trace: TraceView, oneOfTwo: boolean, actions: Actions): HTMLElement {
  const { verdict } = trace;
  const uncertain = trace.steps.filter((step) => step.uncertain !== undefined).length;
  return html(
    'section',
    {
      class: `verdict verdict-${verdict.kind}`,
      'aria-label': trace.reply ? t('Verdict of the reply') : t('Verdict'),
      role: 'status',
    },
    html(
      'p',
      { class: 'verdict-line' },
      oneOfTwo ? html('span', { class: 'quiet' }, trace.reply ? t('Reply:') : t('Packet:')) : undefined,
      html('strong', { class: 'sign' }, icon(verdictIcons[verdict.kind]), ` ${verdictTitle(verdict)}`),
      html('span', {}, verdict.text),
    ),
    ...verdict.places.map((place) => placeLink(place, actions)),
    uncertain > 0 && verdict.kind !== 'uncertain'
      ? html('p', { class: 'note' }, icon('question'), ` ${uncertainStages(uncertain)}`)
      : undefined,
  );
}

export function findingList(findings: readonly FindingView[], actions: Actions): HTMLElement | undefined {
  if (findings.length === 0) return undefined;
  return html(
    'ul',
    { class: 'findings', 'aria-label': t('Findings') },
    ...findings.map(({ severity, code, text, places }) =>
      html(
        'li',
        { class: `finding finding-${severity}` },
        html(
          'p',
          {},
          html(
            'strong',
            { class: 'sign' },
            icon(severitySign(severity).icon),
            ` ${severitySign(severity).word}`,
          ),
          ` ${text} `,
          html('span', { class: 'quiet' }, code),
        ),
        ...places.map((place) => placeLink(place, actions)),
      ),
    ),
  );
}

function uncertainStages(count: number): string {
  return tCount(
    'The outcome of one stage is not certain; it is marked below.',
    'The outcomes of {0} stages are not certain; they are marked below.',
    count,
  );
}
