/** How the walk ended and why, and what was found on the way. */
import type { FindingView, TraceView } from '../../protocol/src/traceView';
import type { Actions } from './actions';
import { html } from './elements';
import { icon, severitySigns, verdictSigns } from './icons';
import { placeLink } from './placeLink';

/** `oneOfTwo`: the packet's own walk and the reply's are both shown, so each says which it is. */
export function verdictBanner(trace: TraceView, oneOfTwo: boolean, actions: Actions): HTMLElement {
  const { verdict } = trace;
  const sign = verdictSigns[verdict.kind];
  const uncertain = trace.steps.filter((step) => step.uncertain !== undefined).length;
  return html(
    'section',
    {
      class: `verdict verdict-${verdict.kind}`,
      'aria-label': trace.reply ? 'Verdict of the reply' : 'Verdict',
      role: 'status',
    },
    html(
      'p',
      { class: 'verdict-line' },
      oneOfTwo ? html('span', { class: 'quiet' }, trace.reply ? 'Reply:' : 'Packet:') : undefined,
      html('strong', { class: 'sign' }, icon(sign.icon), ` ${sign.word} at ${verdict.node}`),
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
    { class: 'findings', 'aria-label': 'Findings' },
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
            icon(severitySigns[severity].icon),
            ` ${severitySigns[severity].word}`,
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
  return count === 1
    ? 'The outcome of one stage is not certain; it is marked below.'
    : `The outcomes of ${count} stages are not certain; they are marked below.`;
}
