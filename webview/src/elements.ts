/** Builds DOM and SVG elements from plain values. Text is always text: nothing here ever parses markup. */

export interface Attributes {
  readonly class?: string;
  readonly on?: { readonly [event: string]: (event: Event) => void };
  /** `undefined` and `false` leave the attribute out, `true` sets it empty. */
  readonly [name: string]: unknown;
}

export type Child = Node | string | undefined;

export function html<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  return fill(document.createElement(tag), attributes, children);
}

export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes,
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

/** For elements the HTML standard does not know: the toolkit's. */
export function custom(tag: string, attributes: Attributes, ...children: readonly Child[]): HTMLElement {
  return fill(document.createElement(tag), attributes, children);
}

function fill<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'on' || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const [event, listener] of Object.entries(attributes.on ?? {}))
    element.addEventListener(event, listener);
  for (const child of children) if (child !== undefined) element.append(child);
  return element;
}
