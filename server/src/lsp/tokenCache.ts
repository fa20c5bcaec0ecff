/**
 * Semantic tokens as changes. What was sent is not kept; kept is how many tokens every statement had, so that an edit
 * costs the tokens of the statements it touched, wherever in the file they are: statements are shared between the
 * parses of before and after, and the encoding of one depends only on the token in front of it.
 */
import type { SemanticTokens, SemanticTokensDelta, SemanticTokensEdit } from 'vscode-languageserver';
import type { PolicyFile } from '../features/places';
import { type DeadStatements, tokensOfStatement } from '../features/semanticTokens';
import { changedStatements } from '../syntax/changedStatements';
import type { Parse } from '../syntax/statement';
import { encodeTokens, origin, type TokenPlace } from './semanticTokenEncoding';

interface Sent {
  readonly resultId: string;
  readonly parse: Parse<unknown>;
  readonly dead: DeadStatements;
  /** Tokens in front of each statement; one more entry than statements. */
  readonly before: Uint32Array;
}

export class TokenCache {
  private readonly sent = new Map<string, Sent>();
  private count = 0;
  /** Statements whose words the last answer classified. */
  classifiedCount = 0;

  full(policy: PolicyFile, dead: DeadStatements): SemanticTokens {
    this.classifiedCount = 0;
    const { statements } = policy.parse;
    const before = new Uint32Array(statements.length + 1);
    const data: number[] = [];
    let last: TokenPlace = origin;
    for (let i = 0; i < statements.length; i++) {
      last = this.encode(policy, i, dead, last, data);
      before[i + 1] = data.length / 5;
    }
    return { resultId: this.remember(policy, dead, before), data };
  }

  /** The change against what was sent as `previousId`; all of it when that is not the last that was sent. */
  delta(policy: PolicyFile, dead: DeadStatements, previousId: string): SemanticTokens | SemanticTokensDelta {
    const old = this.sent.get(policy.file.uri);
    if (old === undefined || old.resultId !== previousId) return this.full(policy, dead);
    this.classifiedCount = 0;
    const { statements } = policy.parse;
    const change = changedStatements(old.parse, policy.parse);
    const moved = change.endAfter - change.endBefore;
    // The first token behind the change counts from the last one in it.
    const hasChange = change.endBefore > change.first || change.endAfter > change.first;
    let end = change.endBefore;
    if (hasChange) {
      while (end < old.parse.statements.length && old.before[end + 1] === old.before[end]) end++;
      end = Math.min(end + 1, old.parse.statements.length);
    }
    const edits: SemanticTokensEdit[] = [];
    const before = new Uint32Array(statements.length + 1);
    before.set(old.before.subarray(0, change.first + 1));
    for (const i of this.flipped(policy, old, dead))
      if (i < change.first) edits.push(this.rewrite(policy, i, old.before, old.before, dead));
    if (hasChange) {
      const data: number[] = [];
      let last = this.placeBefore(policy, change.first, before);
      for (let i = change.first; i < end + moved; i++) {
        last = this.encode(policy, i, dead, last, data);
        before[i + 1] = before[change.first]! + data.length / 5;
      }
      const deleted = old.before[end]! - old.before[change.first]!;
      edits.push({ start: old.before[change.first]! * 5, deleteCount: deleted * 5, data });
    }
    const shift = before[end + moved]! - old.before[end]!;
    for (let i = end; i < old.parse.statements.length; i++)
      before[i + moved + 1] = old.before[i + 1]! + shift;
    for (const i of this.flipped(policy, old, dead))
      if (i >= end + moved) edits.push(this.rewrite(policy, i, before, old.before, dead, moved));
    return { resultId: this.remember(policy, dead, before), edits };
  }

  forget(uri: string): void {
    this.sent.delete(uri);
  }

  private remember(policy: PolicyFile, dead: DeadStatements, before: Uint32Array): string {
    const resultId = String(++this.count);
    this.sent.set(policy.file.uri, { resultId, parse: policy.parse, dead, before });
    return resultId;
  }

  private encode(
    policy: PolicyFile,
    index: number,
    dead: DeadStatements,
    last: TokenPlace,
    data: number[],
  ): TokenPlace {
    this.classifiedCount++;
    return encodeTokens(policy.file, tokensOfStatement(policy, index, dead), last, data);
  }

  /** Statements that came to life or died, in order. Seldom any: found by looking at all only then. */
  private flipped(policy: PolicyFile, old: Sent, dead: DeadStatements): number[] {
    const changed = new Set([...dead, ...old.dead].filter((s) => dead.has(s) !== old.dead.has(s)));
    if (changed.size === 0) return [];
    return policy.parse.statements.flatMap((s, i) => (changed.has(s) ? [i] : []));
  }

  /** One statement anew: as many tokens as it had, at the same places. */
  private rewrite(
    policy: PolicyFile,
    index: number,
    before: Uint32Array,
    oldBefore: Uint32Array,
    dead: DeadStatements,
    moved = 0,
  ): SemanticTokensEdit {
    const data: number[] = [];
    this.encode(policy, index, dead, this.placeBefore(policy, index, before), data);
    return { start: oldBefore[index - moved]! * 5, deleteCount: data.length, data };
  }

  /** Where the last token in front of a statement is. */
  private placeBefore(policy: PolicyFile, index: number, before: Uint32Array): TokenPlace {
    let at = index;
    while (at > 0 && before[at - 1] === before[index]) at--;
    return at === 0 ? origin : this.encode(policy, at - 1, none, origin, []);
  }
}

const none: DeadStatements = new Set();
