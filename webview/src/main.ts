/** The trace view's page: holds the state, draws it, and talks to the extension. */
import type { FromWebview, ToWebview } from '../../protocol/src/webviewMessages';
import type { Actions } from './actions';
import { html } from './elements';
import { readTexts } from './l10n';
import { packetForm } from './packetForm';
import { pageBody, pageHead } from './page';
import {
  allSteps,
  receive,
  type SavedState,
  type ShownTrace,
  savedOf,
  select,
  toggle,
  type ViewState,
} from './viewState';
import './style.css';

declare function acquireVsCodeApi(): {
  postMessage(message: FromWebview): void;
  getState(): SavedState | undefined;
  setState(state: SavedState): void;
};

// Before anything is drawn.
readTexts(document.getElementById('texts')?.textContent ?? 'null');

const vscode = acquireVsCodeApi();
const root = document.getElementById('trace') as HTMLElement;
const head = html('div', { class: 'head' });
const body = html('div', { id: 'page' });
root.append(head, body);
let state: ViewState = { kind: 'loading', saved: vscode.getState() };

const form = packetForm({
  check: (text) => vscode.postMessage({ kind: 'checkPacket', text }),
  walk: (packet) => {
    change((shown) => ({ ...shown, page: 'walk' }));
    actions.walk({ packet });
  },
  save: (name, text) => vscode.postMessage({ kind: 'savePacket', name, text }),
});

const actions: Actions = {
  walk: (choice) => askForWalk(choice, false),
  walkBeside: () => askForWalk({}, true),
  select: (index, { reveal }) => {
    change((shown) => select(shown, index));
    if (reveal) revealSelected();
  },
  reveal: (place) => vscode.postMessage({ kind: 'reveal', place }),
  toggle: (title) => change((shown) => toggle(shown, title)),
  openPage: (page) => {
    change((shown) => ({ ...shown, page }));
    askForPage();
  },
  compare: (compared) => {
    change(({ comparison: _, ...shown }) => ({ ...shown, compared }));
    askForPage();
  },
  showDecrypted: (decrypted) => change((shown) => ({ ...shown, decrypted })),
  showAsTables: (asTables) => change((shown) => ({ ...shown, asTables })),
  export: (format) => {
    if (state.kind !== 'trace') return;
    const current = allSteps(state)[state.selected];
    const step = current === undefined ? {} : { step: current.step.index };
    vscode.postMessage({
      kind: 'export',
      format,
      reply: current?.walk.reply ?? state.request.reply,
      ...step,
    });
  },
  makeExpectation: () => vscode.postMessage({ kind: 'makeExpectation' }),
};

window.addEventListener('message', ({ data }: MessageEvent<ToWebview>) => {
  if (data.kind === 'packetChecked') {
    form.checked(data.text, data.result);
    return;
  }
  const next = receive(state, data);
  if (next === state) return;
  update(next);
  if (data.kind === 'trace') askForPage();
  if (data.kind === 'step') revealSelected();
});
update(state);
vscode.postMessage({ kind: 'ready' });

function askForWalk(choice: Parameters<Actions['walk']>[0], beside: boolean): void {
  if (state.kind !== 'trace') return;
  const { packet, reply, platform } = { ...state.request, ...choice };
  const rest = platform === undefined ? {} : { platform };
  vscode.postMessage({ kind: 'walk', packet, reply, beside, ...rest });
}

/** What the open page shows beyond the walk itself. */
function askForPage(): void {
  if (state.kind !== 'trace') return;
  switch (state.page) {
    case 'walk':
      return;
    case 'tables':
      vscode.postMessage({ kind: 'tables' });
      return;
    case 'compare':
      vscode.postMessage({ kind: 'compare', ...state.compared });
      return;
    case 'build':
      form.begin(state.walks[0]?.notation ?? '');
      return;
  }
}

function revealSelected(): void {
  if (state.kind !== 'trace') return;
  const place = allSteps(state)[state.selected]?.step.places[0];
  if (place !== undefined) vscode.postMessage({ kind: 'reveal', place });
}

function change(next: (shown: ShownTrace) => ShownTrace): void {
  if (state.kind === 'trace') update(next(state));
}

function update(next: ViewState): void {
  state = next;
  const saved = savedOf(state);
  if (saved !== undefined) vscode.setState(saved);
  keepingPlace(() => {
    head.replaceChildren(...pageHead(state, actions));
    const open = state.kind === 'trace' ? state.page : 'walk';
    if (state.kind === 'trace') {
      body.setAttribute('role', 'tabpanel');
      body.setAttribute('aria-labelledby', `tab-${open}`);
    }
    // Somebody may be typing in the form: it stays where it is.
    if (open === 'build' && body.contains(form.element)) return;
    body.replaceChildren(...pageBody(state, actions, form.element));
  });
  root.setAttribute('aria-busy', state.kind === 'loading' ? 'true' : 'false');
}

/** Drawing anew must move neither what the person looks at nor where the keyboard is. */
function keepingPlace(draw: () => void): void {
  const focusedId = document.activeElement?.id ?? '';
  const focusWasInStages = focusedId.startsWith('stage-');
  const { scrollX, scrollY } = window;
  const listScroll = root.querySelector('.stages')?.scrollTop ?? 0;
  draw();
  const list = root.querySelector('.stages');
  if (list !== null) list.scrollTop = listScroll;
  window.scrollTo(scrollX, scrollY);
  const current = root.querySelector<HTMLElement>('.stage[aria-current]');
  const focused = focusWasInStages ? current : document.getElementById(focusedId);
  if (focused !== document.activeElement) focused?.focus({ preventScroll: true });
  if (focusWasInStages) current?.scrollIntoView({ block: 'nearest' });
}
