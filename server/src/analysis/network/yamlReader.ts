/**
 * Reads a YAML document by expectation: every accessor says what it wants, notes a problem at the exact place
 * when it finds something else, and answers undefined. So a broken network file gives its good parts and one
 * problem per mistake.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Origin } from '../../policy/origin';
import type { Problem } from '../../syntax/problem';
import { closestWord } from '../../text/closestWord';
import type { TextRange } from '../../text/range';

export interface YamlField {
  readonly key: string;
  readonly keyOrigin: Origin;
  readonly value: YamlValue;
}

/** A node with its place; `range` of an absent value is that of its key. */
export class YamlValue {
  constructor(
    private readonly reader: YamlReader,
    private readonly node: Node | null,
    readonly range: TextRange,
  ) {}

  get origin(): Origin {
    return this.reader.origin(this.range);
  }

  get isMap(): boolean {
    return isMap(this.node);
  }

  get isList(): boolean {
    return isSeq(this.node);
  }

  get isAbsent(): boolean {
    return this.node === null || (isScalar(this.node) && this.node.value === null);
  }

  /** Fields of a map; with `known`, words outside it are problems with a "did you mean". */
  fields(what: string, known?: readonly string[]): YamlField[] {
    if (this.isAbsent) return [];
    if (!isMap(this.node)) {
      this.problem('network/type', `Expected ${what} as \`name: value\` lines here.`);
      return [];
    }
    const fields: YamlField[] = [];
    for (const pair of this.node.items) {
      const keyNode = pair.key as Node;
      const key = isScalar(keyNode) ? String(keyNode.value) : '';
      const keyRange = this.reader.rangeOf(keyNode, this.range);
      if (known !== undefined && !known.includes(key)) {
        const near = closestWord(key, known);
        this.reader.problem(
          keyRange,
          'network/unknown-field',
          near === undefined
            ? `Unknown field \`${key}\`. Known here: ${known.map((k) => `\`${k}\``).join(', ')}.`
            : `Unknown field \`${key}\`. Did you mean \`${near}\`?`,
          near === undefined ? undefined : { title: `Change to \`${near}\``, text: near },
        );
        continue;
      }
      const valueNode = pair.value as Node | null;
      fields.push({
        key,
        keyOrigin: this.reader.origin(keyRange),
        value: new YamlValue(
          this.reader,
          this.reader.resolve(valueNode),
          this.reader.rangeOf(valueNode, keyRange),
        ),
      });
    }
    return fields;
  }

  /** Elements of a list; a single value counts as a list of one. */
  list(): YamlValue[] {
    if (this.isAbsent) return [];
    if (!isSeq(this.node)) return [this];
    return this.node.items.map(
      (item) =>
        new YamlValue(
          this.reader,
          this.reader.resolve(item as Node),
          this.reader.rangeOf(item as Node, this.range),
        ),
    );
  }

  /** The value as written, for addresses, names and packet lines. */
  text(what: string): string | undefined {
    if (isScalar(this.node) && this.node.value !== null) {
      // Numbers and dates keep their spelling: `10.1` must not become 10.1 the number.
      return this.node.source ?? String(this.node.value);
    }
    this.problem('network/type', `Expected ${what} here.`);
    return undefined;
  }

  integer(what: string, least: number, most: number): number | undefined {
    const written = this.text(what);
    if (written === undefined) return undefined;
    const value = Number(written);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    this.problem(
      'network/number',
      `Expected ${what}, a whole number from ${least} to ${most}, not \`${written}\`.`,
    );
    return undefined;
  }

  /** `yes` and `no` are words in YAML 1.2 and were booleans before; people still write them. */
  boolean(what: string): boolean | undefined {
    const value = isScalar(this.node) ? this.node.value : undefined;
    if (typeof value === 'boolean') return value;
    if (value === 'yes' || value === 'on') return true;
    if (value === 'no' || value === 'off') return false;
    this.problem('network/type', `Expected ${what}: \`true\` or \`false\`.`);
    return undefined;
  }

  problem(
    code: string,
    message: string,
    fix?: { title: string; text: string },
    severity?: Problem['severity'],
  ): void {
    this.reader.problem(this.range, code, message, fix, severity);
  }

  /** At the key of one of its fields: the value is well formed, and still does nothing. */
  warnAtKey({ keyOrigin: { start, end } }: YamlField, code: string, message: string, near?: string): void {
    const fix = near === undefined ? undefined : { title: `Change to \`${near}\``, text: near };
    this.reader.problem({ start, end }, code, message, fix, 'warning');
  }

  /** Place inside a scalar, for errors at one word of a packet line. Quotes are counted in. */
  rangeInside(start: number, end: number): TextRange {
    const quoted =
      isScalar(this.node) && (this.node.type === 'QUOTE_DOUBLE' || this.node.type === 'QUOTE_SINGLE');
    const shift = this.range.start + (quoted ? 1 : 0);
    return { start: shift + start, end: shift + end };
  }
}

export class YamlReader {
  readonly problems: Problem[] = [];
  readonly root: YamlValue;
  private readonly lines = new LineCounter();
  private readonly resolveAlias: (node: Node | null) => Node | null;

  constructor(
    readonly file: string,
    private readonly text: string,
  ) {
    const document = parseDocument(text, { lineCounter: this.lines, keepSourceTokens: false });
    for (const e of [...document.errors, ...document.warnings]) {
      const start = Math.min(e.pos[0], text.length);
      this.problems.push({
        code: 'network/yaml',
        severity: e.name === 'YAMLWarning' ? 'warning' : 'error',
        range: { start, end: Math.max(start, Math.min(e.pos[1], text.length)) },
        message: `${firstSentence(e.message)}.`,
      });
    }
    this.resolveAlias = (node) =>
      isAlias(node) ? ((node.resolve(document) as Node | undefined) ?? null) : node;
    const contents = document.contents as Node | null;
    this.root = new YamlValue(this, contents, this.rangeOf(contents, { start: 0, end: 0 }));
  }

  resolve(node: Node | null): Node | null {
    return this.resolveAlias(node);
  }

  rangeOf(node: Node | null, otherwise: TextRange): TextRange {
    const range = node?.range;
    return range ? { start: range[0], end: range[1] } : otherwise;
  }

  origin(range: TextRange): Origin {
    return {
      file: this.file,
      start: range.start,
      end: range.end,
      line: this.lines.linePos(range.start).line - 1,
    };
  }

  problem(
    range: TextRange,
    code: string,
    message: string,
    fix?: { title: string; text: string },
    severity: Problem['severity'] = 'error',
  ): void {
    this.problems.push({
      code,
      severity,
      range,
      message,
      ...(fix === undefined
        ? {}
        : { fixes: [{ title: fix.title, edits: [{ ...range, text: fix.text }], preferred: true }] }),
    });
  }
}

function firstSentence(message: string): string {
  const line = message.split('\n')[0]!;
  return line.replace(/ at line \d+, column \d+:?$/, '').replace(/[.:]$/, '');
}
