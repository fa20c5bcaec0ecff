import type { PacketsResult } from '../../../protocol/src/requests';
import type { Snapshot } from '../analysis/snapshot';
import { platforms } from '../platforms';

/** What a file's gateway can be walked with: its sample packets, and the platforms to compare. */
export function packetList(snapshot: Snapshot, uri: string): PacketsResult {
  const packets = snapshot.projectOf(uri)?.packets ?? [];
  return {
    packets: packets.map(({ name, notation }) => ({ name, notation })),
    platforms: platforms.map(({ id, title }) => ({ id, title })),
  };
}
