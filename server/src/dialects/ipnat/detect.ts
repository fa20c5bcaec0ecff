/** Whether a file is ipnat.conf, by its first lines. */
export function detectIpnat(_fileName: string, head: string): number {
  let rules = 0;
  let others = 0;
  for (const line of head.split(/\r\n|[\r\n]/).slice(0, 200)) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    if (RULE.test(text)) rules++;
    else others++;
  }
  if (rules === 0) return 0;
  return others === 0 ? 0.95 : (0.8 * rules) / (rules + others);
}

const RULE = /^(?:no\s+)?(?:(?:map|map-block|bimap|rdr)\s+\S+\s+\S|(?:rewrite|divert)\s+(?:in|out)\s+on\s)/i;
