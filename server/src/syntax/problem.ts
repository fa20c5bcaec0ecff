import type { TextEdit } from '../text/edit';
import type { TextRange } from '../text/range';

export type Severity = 'error' | 'warning' | 'information' | 'hint';

/**
 * One finding at one place. `message` says what is wrong, what was expected and what to do, in that order and
 * in whole sentences. `code` is stable: settings, documentation and tests name it.
 */
export interface Problem {
  readonly code: string;
  readonly severity: Severity;
  /** Relative to the statement in a `ParsedStatement`, to the file everywhere else. */
  readonly range: TextRange;
  readonly message: string;
  readonly fixes?: readonly Fix[];
  readonly related?: readonly RelatedPlace[];
  /** `unnecessary` fades the text, `deprecated` strikes it through. */
  readonly tag?: 'unnecessary' | 'deprecated';
  /** A packet, in one-line notation, that shows the finding (see `packet/notation.ts`). */
  readonly witness?: string;
}

/** A change the user may accept. Ranges are relative as the problem's are. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly TextEdit[];
  /** The one fix that is right in nearly every case. */
  readonly preferred?: boolean;
}

export interface RelatedPlace {
  readonly file: string;
  readonly range: TextRange;
  readonly message: string;
}
