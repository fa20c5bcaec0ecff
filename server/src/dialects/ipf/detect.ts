/** Whether a file is ipf.conf, by its first lines: how many of those that say something begin like a rule. */
export function detectIpf(_fileName: string, head: string): number {
  let rules = 0;
  let others = 0;
  for (const line of head.split(/\r\n|[\r\n]/).slice(0, 200)) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    if (RULE.test(text)) rules++;
    else others++;
  }
  // pf.conf shares `pass in` and `block out`; its own words rule ipf out.
  if (PF_WORDS.test(head)) return rules > others ? 0.2 : 0;
  if (rules === 0) return 0;
  return others === 0 ? 0.9 : (0.8 * rules) / (rules + others);
}

const RULE =
  /^(?:@\d+\s+)?(?:\d+\s+)?(?:pass|count|auth|preauth|nomatch|log|skip\s+\d+|call\s+\S+|block(?:\s+return-(?:rst|icmp(?:-as-dest)?)(?:\s*\([^)]*\))?)?)\s+(?:log\s+|body\s+|first\s+)*(?:in|out)\b/i;

const PF_WORDS =
  /^\s*(?:set\s+(?:skip|block-policy|limit|timeout)\b|scrub\b|nat-to\b|match\s+(?:in|out)\b|anchor\b|altq\b|queue\b|antispoof\b)|^\s*(?:pass|block)\b.*\b(?:rdr-to|nat-to|modulate state|rtable)\b/m;
