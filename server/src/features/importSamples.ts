/** Packets of a capture, of tcpdump lines or of a dump, as a list to choose samples from. */
import type { ImportPacketsParams, ImportPacketsResult } from '../../../protocol/src/requests';
import { importPackets } from '../interop/importPackets';
import { decodeBase64 } from '../text/base64';

export function importSamples(content: ImportPacketsParams['content'] | undefined): ImportPacketsResult {
  const input = content?.encoding === 'base64' ? decodeBase64(content.data) : (content?.data ?? '');
  if (input === undefined) return { records: [], problems: ['The content is not base64.'] };
  const { records, problems } = importPackets(input);
  return {
    records: records.map(({ title, notation, losses }) => ({ title, notation, losses })),
    problems: problems.map((p) => p.message),
  };
}
