/** A packet's line while it is typed: what is wrong with it, and the packet itself as soon as there is one. */
import type { CheckPacketResult } from '../../../protocol/src/requests';
import { buildPacket } from '../packet/build';
import { parsePacketLine } from '../packet/parseLine';
import { packetView } from '../packet/view';

export function checkPacket(text: string): CheckPacketResult {
  const { spec, problems } = parsePacketLine(text);
  return {
    problems: problems.map((p) => ({
      start: p.range.start,
      end: p.range.end,
      severity: p.severity,
      code: p.code,
      message: p.message,
    })),
    ...(spec !== undefined && { packet: packetView(buildPacket(spec)) }),
  };
}
