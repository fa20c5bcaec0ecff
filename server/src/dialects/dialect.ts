/**
 * What a language is to the rest of the project. A dialect is one folder and one line in `index.ts`; features
 * ask this contract and never name a dialect. All that an editor shows about one statement is answered per
 * statement, so everything is memoised under the `ParsedStatement` and an edit costs one statement.
 */
import type { Origin } from '../policy/origin';
import type { Policy } from '../policy/policy';
import type { Fix, Problem } from '../syntax/problem';
import type { Parse, ParsedStatement } from '../syntax/statement';
import type { TextRange } from '../text/range';
import type { Work } from '../text/work';

export interface Dialect<Tree = unknown> {
  /** `ipf`; also the language id in the editor. */
  readonly id: string;
  /** `IPFilter rules`. */
  readonly title: string;
  /** Line comment introducer, for sample packets in comments. */
  readonly lineComment: string;
  /** Exact file names and name endings (`.ipf`) that are claimed. */
  readonly fileNames: readonly string[];
  readonly fileEndings: readonly string[];
  /**
   * How sure the content says so: 0 is no, 1 is certain. Asked when a name is shared (`ipsec.conf`) or unknown.
   * `head` is the beginning of the file, a few kilobytes.
   */
  detect(fileName: string, head: string): number;
  readonly vocabulary: Vocabulary;
  parse(text: string, previous?: Parse<Tree>): Parse<Tree>;
  /** Statements to policy; cross-statement problems (undefined groups, duplicates). Ranges are absolute. */
  lower(parse: Parse<Tree>, scope: LowerScope): Lowered;
  /** The same work with pauses, of dialects whose files may be long. */
  lowerInPieces?(parse: Parse<Tree>, scope: LowerScope): Work<Lowered>;
  /** The words of one statement and what they are; ranges relative to the statement, in order. */
  tokens(statement: ParsedStatement<Tree>): readonly ClassifiedToken[];
  /** Names that other statements or files define or use; ranges relative to the statement. */
  names(statement: ParsedStatement<Tree>): readonly NameUse[];
  /** What can stand at an offset of one statement. */
  expected(statement: ParsedStatement<Tree>, offset: number): readonly Expectation[];
  /** An entry for the outline; undefined for comments and blank lines. */
  symbol(statement: ParsedStatement<Tree>): StatementSymbol | undefined;
  /** The statement in plain words, for its hover; undefined when there is nothing to say. */
  explain(statement: ParsedStatement<Tree>): string | undefined;
  /** The statement formatted, or undefined to leave it as it is. Must not change its meaning. */
  format?(statement: ParsedStatement<Tree>): string | undefined;
  /** Notes shown behind words: service numbers, address ranges. */
  hints?(statement: ParsedStatement<Tree>): readonly InlayNote[];
  /** Other files that the statement names. */
  links?(statement: ParsedStatement<Tree>): readonly FileLink[];
  /** Lists that can be moved to a table. */
  tableCandidates?(statement: ParsedStatement<Tree>): readonly TableCandidate[];
  /** Whole statements to begin with. */
  readonly snippets?: readonly StatementSnippet[];
  /** The form of the statement that an offset is in, parameter by parameter; undefined outside of one. */
  signature?(statement: ParsedStatement<Tree>, offset: number): Signature | undefined;
}

/** A list in a statement that may stand as a table of its own in another file. */
export interface TableCandidate {
  /** What is replaced, relative to the statement. */
  readonly range: TextRange;
  readonly entryCount: number;
  /** Exact name of the file that holds such tables. */
  readonly fileName: string;
  /** What stands in the statement instead. */
  reference(name: string): string;
  /** The table, with a line end. */
  table(name: string): string;
}

/** A whole statement that is offered where one may begin. */
export interface StatementSnippet {
  readonly label: string;
  /** Snippet syntax. */
  readonly insert: string;
  readonly detail: string;
}

/** How a positional statement is written. */
export interface Signature {
  /** The whole form: `add SOURCE DESTINATION PROTOCOL SPI ...`. */
  readonly label: string;
  readonly documentation?: string;
  readonly parameters: readonly SignatureParameter[];
  /** Index of the parameter at the offset; undefined behind the last. */
  readonly active: number | undefined;
}

export interface SignatureParameter {
  /** Where it stands in the label. */
  readonly range: TextRange;
  readonly documentation: string;
}

export interface FileLink {
  /** Of the path's words, relative to the statement. */
  readonly range: TextRange;
  /** As written: absolute, or relative to the file. */
  readonly path: string;
}

export interface LowerScope {
  /** Identity of the file, for origins. */
  readonly file: string;
}

export interface Lowered {
  readonly policy: Policy;
  readonly problems: readonly Problem[];
}

export interface Vocabulary {
  readonly words: readonly VocabularyWord[];
}

export interface VocabularyWord {
  readonly word: string;
  readonly kind: WordKind;
  /** One or two sentences of Markdown, our own words, ending with the manual page. */
  readonly documentation: string;
  /** As completion shows it: `keep state`, `port = N`. Default: the word. */
  readonly snippet?: string;
}

export type WordKind =
  | 'action'
  | 'keyword'
  | 'option'
  | 'operator'
  | 'protocol'
  | 'service'
  | 'algorithm'
  | 'constant'
  | 'interface';

export interface ClassifiedToken {
  readonly range: TextRange;
  readonly kind:
    | 'comment'
    | 'keyword'
    | 'action'
    | 'operator'
    | 'number'
    | 'address'
    | 'string'
    | 'interface'
    | 'protocol'
    | 'name'
    | 'algorithm'
    | 'key';
  /** The statement decides nothing; said by who looks at all statements together. */
  readonly dead?: boolean;
}

export interface NameUse {
  /** `group`, `pool`, `variable`, `interface`. Kinds with the same name are shared between the files of a gateway. */
  readonly kind: string;
  readonly name: string;
  readonly role: 'definition' | 'reference';
  readonly range: TextRange;
}

export interface Expectation {
  /** What the word is called in messages and completion: `interface`, `protocol`. */
  readonly label: string;
  /** Text to insert; snippet syntax when `isSnippet`. */
  readonly insert: string;
  readonly isSnippet?: boolean;
  readonly kind: WordKind | 'name' | 'address' | 'snippet';
  readonly detail?: string;
  readonly documentation?: string;
  /** The partial word that would be replaced; relative to the statement. */
  readonly replace: TextRange;
}

export interface StatementSymbol {
  readonly name: string;
  readonly detail: string;
  readonly kind: 'rule' | 'group' | 'mapping' | 'policy' | 'association' | 'variable' | 'pool' | 'command';
  /** Name of the group this belongs under in the outline. */
  readonly parent?: string;
}

export interface InlayNote {
  /** Relative to the statement. */
  readonly offset: number;
  readonly text: string;
  readonly tooltip?: string;
  readonly kind: 'service' | 'addresses' | 'rule-number';
}

export type { Fix, Origin, Problem };
