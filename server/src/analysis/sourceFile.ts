import type { Dialect } from '../dialects/dialect';
import type { Parse } from '../syntax/statement';
import { LineIndex } from '../text/lineIndex';

/** One file as the core knows it. Immutable; an edit makes a new one that shares the untouched statements. */
export class SourceFile {
  private index: LineIndex | undefined;

  constructor(
    /** Identity: a URI in the editor, a path with `/` on the command line. */
    readonly uri: string,
    readonly text: string,
    /** Undefined for `gatewalk.yaml` and for files no dialect claims. */
    readonly dialect: Dialect | undefined,
    readonly parse: Parse<unknown> | undefined,
  ) {}

  get name(): string {
    return this.uri.slice(this.uri.lastIndexOf('/') + 1);
  }

  get folder(): string {
    return this.uri.slice(0, this.uri.lastIndexOf('/'));
  }

  get lines(): LineIndex {
    this.index ??= new LineIndex(this.text);
    return this.index;
  }
}
