/**
 * Kernel settings (sysctls) that walks read. What is not in this table changes nothing in a walk, and whoever
 * sets it is told so: a setting that is silently ignored would be a wrong trace.
 */

export interface KernelSetting {
  readonly name: string;
  /** Platforms on which a walk reads it. */
  readonly platforms: readonly string[];
  /** What counts when nobody set it. */
  readonly unset: number;
  readonly means: string;
}

const BSD = ['netbsd', 'netbsd-2000', 'freebsd', 'openbsd'];
const KAME = ['netbsd', 'netbsd-2000', 'freebsd'];
const FREEBSD = ['freebsd'];

/** sys/netipsec/ipsec.c, ipsec_get_reqlevel(): one setting per protocol, mode and family of the policy. */
const defaultLevels: readonly KernelSetting[] = ['net.inet.ipsec', 'net.inet6.ipsec6'].flatMap((family) =>
  ['esp_trans', 'esp_net', 'ah_trans', 'ah_net'].map((what) => ({
    name: `${family}.${what}_deflev`,
    platforms: KAME,
    unset: 1,
    means: 'what the level `default` is: 1 `use`, 2 `require`',
  })),
);

export const kernelSettings: readonly KernelSetting[] = [
  {
    name: 'net.inet.ip.forwarding',
    platforms: BSD,
    // A gateway is there to forward, so it does unless told not to.
    unset: 1,
    means: 'whether IPv4 packets are forwarded',
  },
  {
    name: 'net.inet6.ip6.forwarding',
    platforms: BSD,
    unset: 1,
    means: 'whether IPv6 packets are forwarded',
  },
  {
    name: 'net.ipv4.ip_forward',
    platforms: ['linux'],
    unset: 1,
    means: 'whether IPv4 packets are forwarded',
  },
  {
    name: 'net.inet.ip.ttl',
    platforms: KAME,
    unset: 64,
    means: 'TTL of the packets it makes, the outer header of a tunnel included',
  },
  {
    name: 'net.inet.ipsec.dfbit',
    platforms: KAME,
    unset: 0,
    means: 'DF of the outer header of a tunnel: 0 clear, 1 set, 2 copied from the inner one',
  },
  {
    name: 'net.inet.ipsec.ecn',
    platforms: KAME,
    unset: 0,
    means: 'whether congestion marks pass from the outer header to the inner one: 1 yes',
  },
  ...defaultLevels,
  {
    name: 'net.inet.ipsec.filtertunnel',
    platforms: FREEBSD,
    unset: 0,
    means: 'whether a decapsulated IPv4 packet is filtered again on the interface it came by',
  },
  {
    name: 'net.inet6.ipsec6.filtertunnel',
    platforms: FREEBSD,
    unset: 0,
    means: 'whether a decapsulated IPv6 packet is filtered again on the interface it came by',
  },
  {
    name: 'net.inet.ipsec.check_policy_history',
    platforms: FREEBSD,
    unset: 0,
    means: 'whether a packet must have come by the very tunnel its inbound policy names: 1 yes',
  },
  ...(['in', 'out'] as const).map((way) => ({
    name: `net.enc.${way}.ipsec_filter_mask`,
    platforms: FREEBSD,
    unset: 1,
    means:
      way === 'in'
        ? 'what enc0 shows to the filter: 1 before the outer header is taken off, 2 behind that'
        : 'what enc0 shows to the filter: 1 before the outer header is put on, 2 behind that',
  })),
];

const byName = new Map(kernelSettings.map((s) => [s.name, s]));

/** What a setting of the table is on a gateway. */
export function settingValue(settings: ReadonlyMap<string, number>, name: string): number {
  return settings.get(name) ?? byName.get(name)?.unset ?? 0;
}

export function settingsOf(platform: string): readonly KernelSetting[] {
  return kernelSettings.filter((s) => s.platforms.includes(platform));
}

export function readsSetting(platform: string, name: string): boolean {
  return byName.get(name)?.platforms.includes(platform) ?? false;
}
