/** Bits of the TCP header's flags byte. */
export const TCP = { fin: 1, syn: 2, rst: 4, push: 8, ack: 16, urg: 32, ecn: 64, cwr: 128 } as const;
