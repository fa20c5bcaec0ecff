/**
 * The page's texts in the language of the editor, as `vscode.l10n` has them for the rest of the extension: the
 * English text is the key, `{0}` and so on stand for values, and a text that nobody translated shows in English.
 * The page brings the texts along in a data block, because a webview cannot ask for them.
 *
 * Texts are looked up when something is drawn, never while a module loads. A text is a whole sentence or stands
 * for itself: what is glued from pieces cannot be put into another order. `scripts/generate.mjs` collects the
 * texts from the calls, so they are literals there.
 */

let texts: ReadonlyMap<string, string> = new Map();

/** `json` is an object from English text to text; `null` stands for English. Anything else leaves the page English. */
export function readTexts(json: string): void {
  texts = new Map(entriesOf(json));
}

function entriesOf(json: string): readonly (readonly [string, string])[] {
  try {
    return Object.entries((JSON.parse(json) ?? {}) as object).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
  } catch {
    return [];
  }
}

/** The `n` of every `{n}` in a text. */
type Placeholder<Text extends string> = Text extends `${string}{${infer N extends number}}${infer Rest}`
  ? N | Placeholder<Rest>
  : never;

/** As many values as the text's highest placeholder asks for: a call that forgets one does not compile. */
type Values<Text extends string, Value> = [Placeholder<Text>] extends [never]
  ? []
  : 3 extends Placeholder<Text>
    ? [Value, Value, Value, Value]
    : 2 extends Placeholder<Text>
      ? [Value, Value, Value]
      : 1 extends Placeholder<Text>
        ? [Value, Value]
        : [Value];

type TextValue = string | number;

export function t<Text extends string>(text: Text, ...values: Values<Text, TextValue>): string {
  return fill(text, values).join('');
}

/** A sentence with elements in it, in pieces for `html()`: `tNodes('{0} marks what was used.', icon('arrow'))`. */
export function tNodes<Text extends string, Element>(
  text: Text,
  ...values: Values<Text, Element>
): readonly (Element | string)[] {
  return fill(text, values);
}

/** A sentence for one and a sentence for any other number; the number is `{0}` in both. */
export function tCount(one: string, other: string, count: number): string {
  return fill(count === 1 ? one : other, [count]).join('');
}

/** A placeholder without a value stays as it is, as in `vscode.l10n`. */
function fill<Value>(text: string, values: readonly Value[]): (Value | string)[] {
  const pieces = (texts.get(text) ?? text).split(/(\{\d+\})/);
  return pieces.map((piece, index) => {
    const value = index % 2 === 0 ? undefined : values[Number(piece.slice(1, -1))];
    return value ?? piece;
  });
}
