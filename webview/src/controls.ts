/**
 * The form controls, from @vscode/webview-ui-toolkit. The toolkit is no longer developed, so this is the only
 * file that knows it: another one can take its place here.
 */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { custom, html } from './elements';

provideVSCodeDesignSystem().register(
  vsCodeButton(),
  vsCodeCheckbox(),
  vsCodeDropdown(),
  vsCodeOption(),
  vsCodeTextField(),
);

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
    { id, 'aria-label': label, on: { change: (event) => onChange(plainValue(textOf(event.currentTarget))) } },
    ...choices.map(({ value, label: text }) =>
      custom('vscode-option', { value: optionValue(value), selected: value === selected }, text),
    ),
  );
  return html('div', { class: 'control' }, html('label', { for: id }, label), list);
}

/** The toolkit takes an option with an empty value for the chosen one, whatever is selected. */
const EMPTY_OPTION = '(empty)';

function optionValue(value: string): string {
  return value === '' ? EMPTY_OPTION : value;
}

function plainValue(value: string): string {
  return value === EMPTY_OPTION ? '' : value;
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

export function button(options: {
  readonly id: string;
  readonly label: string;
  readonly primary?: boolean;
  readonly title?: string;
  readonly onPress: () => void;
}): HTMLElement {
  const { id, label, title, onPress } = options;
  const appearance = options.primary === true ? 'primary' : 'secondary';
  return custom('vscode-button', { id, appearance, title, on: { click: () => onPress() } }, label);
}

/** A line of text that can be read and set while a person types in it. */
export interface TextField {
  readonly element: HTMLElement;
  value(): string;
  set(value: string): void;
  /** Says to screen readers that the text is not right, and where it is said why. */
  setInvalid(invalid: boolean, describedBy: string): void;
}

export function textField(options: {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  /** In characters. */
  readonly size?: number;
  readonly onInput: () => void;
}): TextField {
  const { id, label, value, placeholder, size, onInput } = options;
  const field = custom(
    'vscode-text-field',
    { id, value, placeholder, size, class: 'control', on: { input: () => onInput() } },
    label,
  );
  return {
    element: field,
    value: () => textOf(field),
    set: (text) => {
      (field as HTMLInputElement).value = text;
    },
    setInvalid: (invalid, describedBy) => {
      field.setAttribute('aria-invalid', String(invalid));
      if (invalid) field.setAttribute('aria-errormessage', describedBy);
      else field.removeAttribute('aria-errormessage');
    },
  };
}

function textOf(target: EventTarget | null): string {
  return (target as HTMLInputElement).value;
}
