/** When a row of a platform's table applies to a packet. */
import { summarizePacket } from '../packet/decode';
import type { Packet } from '../packet/packet';
import type { PlatformStep, StepCondition } from '../platforms/platform';
import { settingValue } from '../platforms/settings';
import type { Gateway } from './network';
import type { PacketMarks } from './stage';
import { isForIpsec } from './stages/ipsecIn';

export function allHold(row: PlatformStep, gateway: Gateway, packet: Packet, marks: PacketMarks): boolean {
  return (row.when ?? []).every((condition) => holds(condition, gateway, packet, marks));
}

export function holds(
  condition: StepCondition,
  gateway: Gateway,
  packet: Packet,
  marks: PacketMarks,
): boolean {
  if (typeof condition === 'object') {
    if ('interface' in condition) return gateway.interfaces.some((i) => i.name === condition.interface);
    const setting =
      condition.setting6 !== undefined && summarizePacket(packet)?.family === 6
        ? condition.setting6
        : condition.setting;
    return (settingValue(gateway.settings, setting) & condition.mask) !== 0;
  }
  switch (condition) {
    case 'decapsulated':
      return marks.decapsulated;
    case 'not-decapsulated':
      return !marks.decapsulated;
    case 'unprotected':
      return marks.cameBy.length > 0;
    case 'not-unprotected':
      return marks.cameBy.length === 0;
    case 'ipsec-done':
      return marks.ipsecDone;
    case 'not-ipsec-done':
      return !marks.ipsecDone;
    case 'local':
      return marks.local;
    case 'forwarded':
      return !marks.local;
    case 'policy-chosen':
      return marks.chosenPolicy !== undefined;
    case 'no-policy-chosen':
      return marks.chosenPolicy === undefined;
    case 'ipv6':
      return summarizePacket(packet)?.family === 6;
    case 'not-looked-up':
      return marks.sourceAtLookUp === undefined;
    case 'source-changed': {
      const now = summarizePacket(packet)?.source;
      return (
        marks.sourceAtLookUp !== undefined && now !== undefined && now.value !== marks.sourceAtLookUp.value
      );
    }
    case 'last-header-protocol': {
      const protocol = summarizePacket(packet)?.protocol;
      return protocol !== 6 && protocol !== 17;
    }
    case 'ipsec-packet':
      return isForIpsec(gateway, packet);
    case 'not-ipsec-packet':
      return !isForIpsec(gateway, packet);
  }
}
