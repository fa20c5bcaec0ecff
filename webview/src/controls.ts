/**
 * The form controls, from @vscode/webview-ui-toolkit. The toolkit is no longer developed, so this is the only
 * file that knows it: another one can take its place here.
 */
import {
  provideVSCodeDesignSystem,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
} from '@vscode/webview-ui-toolkit';
import { custom, html } from './elements';

provideVSCodeDesignSystem().register(vsCodeCheckbox(), vsCodeDropdown(), vsCodeOption());

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** A drop-down list with its label. A selected value that is not among the choices is added to them. */
export function dropdown(options: {
  readonly id: string;
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly selected: string;
  readonly onChange: (value: string) => void;
}): HTMLElement {
  const { id, label, selected, onChange } = options;
  const known = options.choices.some(({ value }) => value === selected);
  const choices = known ? options.choices : [{ value: selected, label: selected }, ...options.choices];
  const list = custom(
    'vscode-dropdown',
    { id, 'aria-label': label, on: { change: (event) => onChange(selectedValue(event.currentTarget)) } },
    ...choices.map(({ value, label: text }) =>
      custom('vscode-option', { value, selected: value === selected }, text),
    ),
  );
  return html('div', { class: 'control' }, html('label', { for: id }, label), list);
}

export function checkbox(options: {
  readonly id: string;
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}): HTMLElement {
  const { id, label, checked, onChange } = options;
  // The toolkit fires `change` also while it sets up; only a real change is told.
  const tell = (event: Event) => {
    const now = (event.currentTarget as HTMLInputElement).checked;
    if (now !== checked) onChange(now);
  };
  return custom('vscode-checkbox', { id, checked, class: 'control', on: { change: tell } }, label);
}

function selectedValue(target: EventTarget | null): string {
  return (target as HTMLSelectElement).value;
}
