/**
 * When a packet is logged on its way: by every `log` rule that it passes, and at the end by its verdict. Under
 * `log or-block` a packet that finds no room in the log does not pass.
 */
import type { CompiledRule, ScanRun } from '../scan';
import { blocked, blockedAtOnce, blocksUnlogged, type Decision, logsInTheEnd } from '../scanDecision';
import type { Passage } from './filterResult';
import { type LogSink, logEntryOf } from './log';

export class PacketLog {
  constructor(private readonly sink: LogSink | undefined) {}

  /** The final verdict's log entry; a packet that cannot be logged may have to be blocked for it. */
  ofVerdict(passage: Passage): void {
    if (!logsInTheEnd(passage.decision) || this.write(passage, passage.decision, passage)) return;
    if (!blocksUnlogged(passage.decision) || passage.decision.action !== 'pass') return;
    passage.decision = blocked(passage.decision);
    passage.dropCode = 7;
  }

  /** A `log` rule matches, whatever comes after it. The verdict, if it blocks what it cannot log. */
  atOnce(passage: Passage, rule: CompiledRule, run: ScanRun): Decision | undefined {
    const { ruleNumber, groupBuffer } = run;
    const written = this.write(passage, rule.decision, { rule, ruleNumber, groupBuffer });
    if (written || !blocksUnlogged(rule.decision)) return undefined;
    passage.dropCode = 1;
    return blockedAtOnce(rule.decision);
  }

  private write(
    passage: Passage,
    decision: Decision,
    { rule, ruleNumber, groupBuffer }: Pick<Passage, 'rule' | 'ruleNumber' | 'groupBuffer'>,
  ): boolean {
    const entry = logEntryOf(passage.info, decision, {
      rule,
      ruleNumber,
      group: groupBuffer,
      reason: passage.dropCode,
    });
    if (this.sink?.(entry) === false) return false;
    passage.logged = [...passage.logged, entry];
    return true;
  }
}
