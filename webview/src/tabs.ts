/** The pages of the trace view as tabs: arrow keys go from one to the next, as the ARIA practices say. */
import type { Actions } from './actions';
import { html } from './elements';
import { t } from './l10n';
import { type PageName, pages } from './viewState';

function pageTitle(page: PageName): string {
  switch (page) {
    case 'walk':
      return t('Walk');
    case 'tables':
      return t('State, NAT and SA tables');
    case 'compare':
      return t('Two orders side by side');
    case 'build':
      return t('Build a packet');
  }
}

export function tabs(current: PageName, actions: Actions): HTMLElement {
  return html(
    'div',
    {
      class: 'tabs',
      role: 'tablist',
      'aria-label': t('Pages of the trace'),
      on: { keydown: (event) => moveWithKeys(event as KeyboardEvent, current, actions) },
    },
    ...pages.map((page) =>
      html(
        'button',
        {
          type: 'button',
          class: 'tab',
          role: 'tab',
          id: `tab-${page}`,
          'aria-selected': page === current ? 'true' : 'false',
          'aria-controls': 'page',
          tabindex: page === current ? 0 : -1,
          on: { click: () => actions.openPage(page) },
        },
        pageTitle(page),
      ),
    ),
  );
}

function moveWithKeys(event: KeyboardEvent, current: PageName, actions: Actions): void {
  const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
  const next = pages[pages.indexOf(current) + by];
  if (by === 0 || next === undefined) return;
  event.preventDefault();
  actions.openPage(next);
  document.getElementById(`tab-${next}`)?.focus();
}
