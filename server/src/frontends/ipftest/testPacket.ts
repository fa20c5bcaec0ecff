/** A packet as `ipftest` reads one: the bytes and the hook they come by. */
export interface TestPacket {
  readonly bytes: Uint8Array;
  readonly direction: 'in' | 'out';
  /** `fxp0`, or `fxp0=10.0.0.1` to give the interface an address. */
  readonly interface: string | undefined;
  readonly linkCast?: 'multicast' | 'broadcast' | undefined;
}

export type PacketReader = (content: Uint8Array) => {
  readonly packets: readonly TestPacket[];
  readonly stderr: string;
  /** What the reader prints before the first packet. */
  readonly stdout: string;
};
