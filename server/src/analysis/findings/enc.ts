/** enc(4), the interface that shows the packets of tunnels without their protection. */
import { settingValue } from '../../platforms/settings';
import type { Gateway } from '../../simulator/network';

export const ENC = 'enc0';

/** Bits of a mask: 1 before the outer header is put on or taken off, 2 behind it. */
export function encMask(
  gateway: Gateway,
  direction: 'in' | 'out',
): { readonly setting: string; readonly value: number } {
  const setting = `net.enc.${direction}.ipsec_filter_mask`;
  return { setting, value: settingValue(gateway.settings, setting) };
}

/** By masks, when its interface is up (FreeBSD); always (OpenBSD); or not at all. */
export function encOf({ platform }: Gateway): 'masks' | 'always' | undefined {
  if (platform.within !== undefined) return 'masks';
  const rows = Object.values(platform.paths).flat();
  return rows.some((row) => row.interface === ENC) ? 'always' : undefined;
}
