import type { PlaceView } from '../../protocol/src/traceView';
import type { Actions } from './actions';
import { html } from './elements';
import { icon } from './icons';
import { t } from './l10n';

/** A rule as a link: where it is and, unless `short`, how it reads. */
export function placeLink(
  place: PlaceView,
  actions: Pick<Actions, 'reveal'>,
  { short = false }: { readonly short?: boolean } = {},
): HTMLElement {
  return html(
    'button',
    {
      type: 'button',
      class: 'place',
      title: t('Show {0} in the editor: {1}', place.label, oneLine(place.text)),
      on: { click: () => actions.reveal(place) },
    },
    icon('document'),
    html('span', { class: 'place-label' }, place.label),
    short ? undefined : html('code', {}, oneLine(place.text)),
  );
}

function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
