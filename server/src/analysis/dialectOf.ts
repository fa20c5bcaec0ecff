/**
 * Which language a file is in. A name that only one dialect claims settles it, unless the content says no
 * for certain; shared names (`ipsec.conf` is three languages) and unknown ones are decided by content.
 */
import { dialects } from '../dialects';
import type { Dialect } from '../dialects/dialect';

/** `languageId`: what the user chose in the editor, which wins. */
export function dialectOf(fileName: string, text: string, languageId?: string): Dialect | undefined {
  const chosen = dialects.find((d) => d.id === languageId);
  if (chosen !== undefined) return chosen;
  const head = text.slice(0, 8192);
  const claiming = dialects.filter((d) => claims(d, fileName));
  const [best, sure] = mostCertain(claiming.length > 0 ? claiming : dialects, fileName, head);
  if (claiming.length > 0) return sharedNames.has(fileName) && sure < 0.3 ? undefined : best;
  return sure >= 0.6 ? best : undefined;
}

export function isPolicyFileName(fileName: string): boolean {
  return dialects.some((d) => claims(d, fileName));
}

/** Names that other products use too: an empty claim on them is not enough. */
const sharedNames = new Set(['ipsec.conf']);

function claims(dialect: Dialect, fileName: string): boolean {
  return dialect.fileNames.includes(fileName) || dialect.fileEndings.some((e) => fileName.endsWith(e));
}

function mostCertain(
  candidates: readonly Dialect[],
  fileName: string,
  head: string,
): [dialect: Dialect | undefined, sure: number] {
  let best: Dialect | undefined;
  let sure = -1;
  for (const d of candidates) {
    const s = d.detect(fileName, head);
    if (s > sure) {
      best = d;
      sure = s;
    }
  }
  return [best, sure];
}
