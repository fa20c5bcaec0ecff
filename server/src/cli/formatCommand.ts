import { formatting } from '../features/formatting';
import { utf8Encode } from '../interop/utf8';
import { applyEdits } from '../text/edit';
import { type CommandIo, type ExitCode, exit, writeFile } from './io';
import { loadPaths } from './load';

export interface FormatOptions {
  /** Only say which files would change. */
  readonly check?: boolean;
}

/** What stands for bytes that are no UTF-8: writing such a file back would lose them. */
const unreadableBytes = '\ufffd';

/** `gatewalk fmt`: policy files in their usual form, as the editor formats them. What has errors stays as it is. */
export async function formatCommand(
  io: CommandIo,
  paths: readonly string[],
  { check = false }: FormatOptions,
): Promise<ExitCode> {
  const { snapshot, uris } = await loadPaths(io, paths);
  let changed = 0;
  for (const uri of uris) {
    const edits = formatting(snapshot, uri);
    if (edits.length === 0) continue;
    const path = io.pathOf(uri);
    const text = snapshot.files.get(uri)?.text ?? '';
    if (text.includes(unreadableBytes)) {
      io.error(`${path} is left as it is: it holds bytes that are no UTF-8, and they would be lost.\n`);
      continue;
    }
    changed++;
    if (!check) await writeFile(io, path, utf8Encode(applyEdits(text, edits)));
    io.out(`${path}\n`);
  }
  const counted = (count: number) => (count === 1 ? '1 file' : `${count} files`);
  const done = check ? 'would be formatted' : 'formatted';
  io.out(`${counted(uris.length)} looked at, ${changed} ${done}.\n`);
  return check && changed > 0 ? exit.findings : exit.fine;
}
