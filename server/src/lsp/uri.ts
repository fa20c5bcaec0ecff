/**
 * One spelling for one file. Editors, Node and people escape the same path differently (`+` or `%2B`, `C:` or
 * `c%3A`), and the workspace compares identities as strings; so every URI that enters the server is first spelt
 * one way, the way `resolvePath` of `analysis/workspace.ts` spells the files that a network file names.
 */

/** Anything that is not a `file` URI is left as it is. */
export function canonicalUri(uri: string): string {
  if (!uri.startsWith('file://')) return uri;
  const withoutScheme = uri.slice('file://'.length);
  const slash = withoutScheme.indexOf('/');
  if (slash < 0) return uri;
  const authority = withoutScheme.slice(0, slash);
  const segments = withoutScheme.slice(slash).split('/').map(decodeSegment);
  // The drive letter is lower case in VS Code.
  if (/^[A-Za-z]:$/.test(segments[1] ?? '')) segments[1] = segments[1]!.toLowerCase();
  return `file://${authority}${segments.map(encodeSegment).join('/')}`;
}

export function folderOf(uri: string): string {
  return uri.slice(0, Math.max(0, uri.lastIndexOf('/')));
}

/** Last segment with its escapes undone. */
export function nameOf(uri: string): string {
  return decodeSegment(uri.slice(uri.lastIndexOf('/') + 1));
}

export function childUri(folder: string, name: string): string {
  return `${folder}/${encodeSegment(name)}`;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A bare `%` is part of the name.
    return segment;
  }
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment);
}
