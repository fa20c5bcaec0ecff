/** The trace view's page: holds the state, draws it, and talks to the extension. */
import type { FromWebview, ToWebview } from '../../protocol/src/webviewMessages';
import type { Actions } from './actions';
import { page } from './page';
import { receive, type SavedState, savedOf, select, toggle, type ViewState } from './viewState';
import './style.css';

declare function acquireVsCodeApi(): {
  postMessage(message: FromWebview): void;
  getState(): SavedState | undefined;
  setState(state: SavedState): void;
};

const vscode = acquireVsCodeApi();
const root = document.getElementById('trace') as HTMLElement;
let state: ViewState = { kind: 'loading', saved: vscode.getState() };

const actions: Actions = {
  walk: (choice) => {
    if (state.kind !== 'trace') return;
    const { packet, reply, platform } = { ...state.request, ...choice };
    vscode.postMessage({ kind: 'walk', packet, reply, ...(platform === undefined ? {} : { platform }) });
  },
  select: (index, { reveal }) => {
    if (state.kind !== 'trace') return;
    update(select(state, index));
    const place = state.trace.steps[state.selected]?.places[0];
    if (reveal && place !== undefined) vscode.postMessage({ kind: 'reveal', place });
  },
  reveal: (place) => vscode.postMessage({ kind: 'reveal', place }),
  toggle: (title) => {
    if (state.kind === 'trace') update(toggle(state, title));
  },
};

window.addEventListener('message', ({ data }: MessageEvent<ToWebview>) => update(receive(state, data)));
update(state);
vscode.postMessage({ kind: 'ready' });

function update(next: ViewState): void {
  state = next;
  const saved = savedOf(state);
  if (saved !== undefined) vscode.setState(saved);
  keepingPlace(() => root.replaceChildren(...page(state, actions)));
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
  focused?.focus({ preventScroll: true });
  if (focusWasInStages) current?.scrollIntoView({ block: 'nearest' });
}
