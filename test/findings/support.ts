import type { Problem } from '../../server/src/syntax/problem';
import { applyEdits } from '../../server/src/text/edit';
import { projectOf } from '../harness/workspace';

export type Files = Readonly<Record<string, string>>;

/** A finding as the tests want it: where it stands is the text it stands on. */
export interface Found {
  readonly code: string;
  readonly file: string;
  readonly on: string;
  readonly problem: Problem;
}

/** Findings of a set of files, `network/` ones (failed expectations) included, by file and place. */
export function findingsIn(files: Files): readonly Found[] {
  const { snapshot, project } = projectOf(files);
  return project.files.flatMap((uri) =>
    snapshot.findingsOf(uri).map((problem) => ({
      code: problem.code,
      file: uri.replace('/w/', ''),
      on: files[uri.replace('/w/', '')]!.slice(problem.range.start, problem.range.end),
      problem,
    })),
  );
}

export function codesIn(files: Files): readonly string[] {
  return [...new Set(findingsIn(files).map((f) => f.code))].sort();
}

export function only(files: Files, code: string): Found {
  const found = findingsIn(files).filter((f) => f.code === code);
  if (found.length !== 1)
    throw new Error(`${found.length} findings ${code} of ${codesIn(files).join(', ') || 'none'}`);
  return found[0]!;
}

/** The files with a finding's first fix carried out. */
export function fixed(files: Files, { file, problem }: Found): Files {
  const fix = problem.fixes?.[0];
  if (fix === undefined) throw new Error(`${problem.code} has no fix`);
  return { ...files, [file]: applyEdits(files[file]!, fix.edits) };
}

/** The picture of the mail: X behind A, Y behind B, the internet between them. Nothing is written down to be walked. */
export function twoGateways(
  options: { platform?: string; a?: string; b?: string; more?: string } = {},
): string {
  const { platform = 'netbsd', a = '[A/ipsec.conf]', b = '[B/ipsec.conf]', more = '' } = options;
  return `networks:
  X: 10.1.0.0/24
  Y: 10.2.0.0/24
  Z: internet
gateways:
  A:
    platform: ${platform}
    interfaces:
      lan0: 10.1.0.1/24
      wan0: { address: 192.0.2.1/24, network: Z }
    routes:
      default: 192.0.2.254
    policy: ${a}
  B:
    platform: ${platform}
    interfaces:
      lan0: 10.2.0.1/24
      wan0: { address: 203.0.113.1/24, network: Z }
    routes:
      default: 203.0.113.254
    policy: ${b}
hosts:
  x: 10.1.0.10
  y: 10.2.0.20
${more}`;
}

export const KEYS = '-E aes-cbc "example-only-AES" -A hmac-sha1 "example-only-SHA-key"';

export const SAS = `add 192.0.2.1 203.0.113.1 esp 0x1001 -m tunnel ${KEYS};
add 203.0.113.1 192.0.2.1 esp 0x1002 -m tunnel ${KEYS};
`;

/** A's side of the tunnel between X and Y. */
export const A_SIDE = `${SAS}spdadd 10.1.0.0/24 10.2.0.0/24 any -P out ipsec esp/tunnel/192.0.2.1-203.0.113.1/require;
spdadd 10.2.0.0/24 10.1.0.0/24 any -P in ipsec esp/tunnel/203.0.113.1-192.0.2.1/require;
`;

export const B_SIDE = `${SAS}spdadd 10.2.0.0/24 10.1.0.0/24 any -P out ipsec esp/tunnel/203.0.113.1-192.0.2.1/require;
spdadd 10.1.0.0/24 10.2.0.0/24 any -P in ipsec esp/tunnel/192.0.2.1-203.0.113.1/require;
`;

export const RIGHT: Files = {
  'gatewalk.yaml': twoGateways(),
  'A/ipsec.conf': A_SIDE,
  'B/ipsec.conf': B_SIDE,
};
