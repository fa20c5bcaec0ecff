/**
 * Signature help of statements that are written word by word in a fixed order. A form lists its parts; a part begins
 * at its place, or at a word of its own (`from`, `-P`), and lasts until the next one begins.
 */
import type { Signature } from './dialect';

export interface StatementForm {
  /** First words it begins with. */
  readonly heads: readonly string[];
  /** What comes first in the label when it is not the head itself: `block | pass`. */
  readonly headLabel?: string;
  readonly documentation?: string;
  readonly parts: readonly FormPart[];
}

export interface FormPart {
  readonly label: string;
  readonly documentation: string;
  /** It begins with such a word, and takes all words up to the next part. Absent: it is one word at its place. */
  readonly opens?: RegExp;
  /** It begins at its place and takes all words up to the next part that opens. */
  readonly takesAll?: true;
}

export function signatureAt(
  forms: readonly StatementForm[],
  text: string,
  offset: number,
): Signature | undefined {
  const words = wordsOf(text);
  if (words === undefined || words.comments.some((c) => c.start < offset && offset <= c.end))
    return undefined;
  const [head, ...rest] = words.words;
  if (head === undefined || offset <= head.end) return undefined;
  const form = forms.find((f) => f.heads.includes(head.text.toLowerCase()));
  if (form === undefined || offset > words.end) return undefined;
  return { ...labelled(form, head.text), active: activePart(form.parts, rest, offset) };
}

function labelled(
  form: StatementForm,
  head: string,
): Pick<Signature, 'label' | 'parameters' | 'documentation'> {
  let label = form.headLabel ?? head.toLowerCase();
  const parameters = form.parts.map((part) => {
    const start = label.length + 1;
    label += ` ${part.label}`;
    return { range: { start, end: label.length }, documentation: part.documentation };
  });
  return {
    label,
    parameters,
    ...(form.documentation !== undefined && { documentation: form.documentation }),
  };
}

function activePart(parts: readonly FormPart[], words: readonly Word[], offset: number): number | undefined {
  const isOneWord = (part: FormPart | undefined) => part?.opens === undefined && part?.takesAll !== true;
  let at = 0;
  let isTaken = false;
  for (const { text, start, end } of words) {
    if (start > offset) break;
    const opened = parts.findIndex((p, i) => i >= at && p.opens?.test(text.toLowerCase()) === true);
    if (opened >= 0) at = opened;
    else if (isTaken && isOneWord(parts[at])) at++;
    else if (!isTaken)
      at = Math.max(
        0,
        parts.findIndex((p) => p.opens === undefined),
      );
    isTaken = true;
    if (offset <= end) return at < parts.length ? at : undefined;
  }
  // Behind a blank the next word begins: one of a part that takes several, or the next part's.
  if (isTaken && isOneWord(parts[at])) at++;
  return at < parts.length ? at : undefined;
}

interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Words and comments up to the `;` or the end; undefined when there is no word. */
function wordsOf(text: string): { words: Word[]; comments: Word[]; end: number } | undefined {
  const words: Word[] = [];
  const comments: Word[] = [];
  for (const match of text.matchAll(/#[^\r\n]*|;|"[^"]*"?|[^\s;#"]+/g)) {
    const word = { text: match[0], start: match.index, end: match.index + match[0].length };
    if (word.text.startsWith('#')) comments.push(word);
    else if (word.text === ';') return { words, comments, end: word.start };
    else words.push(word);
  }
  return words.length === 0 ? undefined : { words, comments, end: text.length };
}
