import type { TraceView } from './traceView';

/** Custom requests between the extension and the server. Documented in `docs/protocol.md`. */

/** Client to server: the walk of one sample packet. */
export const traceRequest = 'gatewalk/trace';
export interface TraceParams {
  /** Any file of the gateway or the network file. */
  readonly uri: string;
  /** Name of a sample packet, or a packet in one-line notation. */
  readonly packet: string;
  readonly reply: boolean;
  readonly platform?: string;
}
export type TraceResult = { readonly trace: TraceView } | { readonly error: string };

/** Client to server: the sample packets a file can be walked with. */
export const packetsRequest = 'gatewalk/packets';
export interface PacketsParams {
  readonly uri: string;
}
export interface PacketsResult {
  readonly packets: readonly { readonly name: string; readonly notation: string }[];
  readonly platforms: readonly { readonly id: string; readonly title: string }[];
}

/** Server to client: files changed; an open trace asks again. */
export const changedNotification = 'gatewalk/changed';
export interface ChangedParams {
  readonly uris: readonly string[];
}

/** Server to client: reads files the editor does not hold, so that the server does no IO of its own. */
export const readFolderRequest = 'gatewalk/readFolder';
