/** Numbers of the pcapng format (draft-ietf-opsawg-pcapng) that its reader and its writer share. */

export const pcapngBlock = {
  sectionHeader: 0x0a0d0d0a,
  interfaceDescription: 1,
  /** The obsolete block that the enhanced one replaced. */
  packet: 2,
  simplePacket: 3,
  enhancedPacket: 6,
} as const;

/** Read in the byte order of the section that begins with it. */
export const pcapngByteOrderMagic = 0x1a2b3c4d;

export const pcapngOption = {
  end: 0,
  comment: 1,
  sectionApplication: 4,
  interfaceName: 2,
  interfaceDescription: 3,
  interfaceTimestampResolution: 9,
} as const;

/** Link types as tcpdump.org registers them. */
export const linkType = {
  null: 0,
  ethernet: 1,
  /** What some BSDs write for raw IP in place of 101. */
  rawBsd: 12,
  rawOpenBsd: 14,
  raw: 101,
  loop: 108,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;
