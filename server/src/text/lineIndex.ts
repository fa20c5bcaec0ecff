/**
 * Offset to line and column and back. Lines end at LF, CR LF or a lone CR, as the language server protocol
 * counts them; columns are UTF-16 code units. Built once per text by one scan over the line ends, because
 * every diagnostic, link and hover asks.
 */
export class LineIndex {
  private readonly starts: Uint32Array;
  readonly lineCount: number;

  constructor(readonly text: string) {
    const { starts, count } = lineStarts(text);
    this.starts = starts;
    this.lineCount = count;
  }

  /** 0-based line of an offset; offsets outside the text are clamped. */
  lineAt(offset: number): number {
    let low = 0;
    let high = this.lineCount - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  lineStart(line: number): number {
    if (line < 0) return 0;
    return line < this.lineCount ? this.starts[line]! : this.text.length;
  }

  /** End of a line without its line terminator. */
  lineEnd(line: number): number {
    let end = line + 1 < this.lineCount ? this.starts[line + 1]! : this.text.length;
    const start = this.lineStart(line);
    while (end > start && (this.text.charCodeAt(end - 1) === 10 || this.text.charCodeAt(end - 1) === 13))
      end--;
    return end;
  }

  positionAt(offset: number): { line: number; character: number } {
    const clamped = Math.max(0, Math.min(offset, this.text.length));
    const line = this.lineAt(clamped);
    return { line, character: clamped - this.lineStart(line) };
  }

  offsetAt(position: { line: number; character: number }): number {
    if (position.line >= this.lineCount) return this.text.length;
    const start = this.lineStart(position.line);
    return Math.max(start, Math.min(start + position.character, this.lineEnd(position.line)));
  }
}

function lineStarts(text: string): { starts: Uint32Array; count: number } {
  let starts = new Uint32Array(Math.max(16, text.length >>> 4));
  let count = 1;
  const push = (offset: number) => {
    if (count === starts.length) {
      const larger = new Uint32Array(starts.length * 2);
      larger.set(starts);
      starts = larger;
    }
    starts[count++] = offset;
  };
  const hasCarriageReturn = text.indexOf('\r') >= 0;
  if (!hasCarriageReturn) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) push(at + 1);
  } else {
    for (let at = 0; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (c === 10) push(at + 1);
      else if (c === 13 && text.charCodeAt(at + 1) !== 10) push(at + 1);
    }
  }
  return { starts, count };
}
