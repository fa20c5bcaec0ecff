/**
 * Is this text setkey's? The file name `ipsec.conf` is shared with ipsecctl(8) of OpenBSD and with strongSwan
 * and Libreswan, so the content decides whenever it says anything.
 */
export function detectSetkey(fileName: string, head: string): number {
  if (/^#!.*\bsetkey\b/.test(head)) return 1;
  const lines = head.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '' && !/^\s*#/.test(line));
  if (lines.some((line) => OTHER_DIALECTS.some((pattern) => pattern.test(line)))) return 0;
  if (lines.some((line) => /^\s*spd(add|update|delete|flush|dump)\b/.test(line))) return 0.95;
  if (
    lines.some((line) => /^\s*(add|get|delete)\s+\S+\s+\S+\s+(esp|ah|ipcomp|tcp)(-old|-udp)?\s/.test(line))
  ) {
    return 0.95;
  }
  if (lines.some((line) => /^\s*(flush|dump)\s*(esp|ah|ipcomp)?\s*;/.test(line))) return 0.8;
  switch (fileName.slice(fileName.lastIndexOf('/') + 1)) {
    case 'setkey.conf':
    case 'ipsec-tools.conf':
      return 0.6;
    case 'ipsec.conf':
      // Nothing but comments so far: one of three, and on the systems at hand the likelier one.
      return lines.length === 0 ? 0.4 : 0.1;
    default:
      return 0;
  }
}

const OTHER_DIALECTS: readonly RegExp[] = [
  // OpenBSD ipsecctl(8).
  /^\s*(ike|flow|tcpmd5)\s+\w/,
  /^\s*(esp|ah|ipcomp|ipip)\s+(transport\s+|tunnel\s+)?from\s/,
  // strongSwan and Libreswan.
  /^(config\s+setup|conn\s+\S|ca\s+\S|version\s+\d)/,
];
