/** Runs Wireshark's command line, so that what we export is judged by a reader that we did not write. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const found = spawnSync('tshark', ['--version'], { encoding: 'utf8' }).status === 0;

/** CI sets it: there a missing tshark fails the tests that need it instead of skipping them. */
const required = (process.env.GATEWALK_REQUIRE_TSHARK ?? '') !== '';

export const hasTshark = found || required;

/** Added to the name of tests that are skipped, so that the report says why. */
export const tsharkHint = found ? '' : ' (tshark is not installed: apt-get install tshark)';

/** One array of values per packet, in the order of `fields`; a field that occurs more than once has commas. */
export function tsharkFields(
  capture: Uint8Array,
  espSa: string,
  fields: readonly string[],
): readonly (readonly string[])[] {
  const folder = mkdtempSync(join(tmpdir(), 'gatewalk-'));
  try {
    const path = join(folder, 'walk.pcapng');
    writeFileSync(path, capture);
    const keys = espSa
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => ['-o', `uat:esp_sa:${line}`]);
    const answer = execFileSync(
      'tshark',
      [
        ...['-r', path, '-T', 'fields', '-E', 'separator=;', '-E', 'occurrence=a'],
        ...fields.flatMap((field) => ['-e', field]),
        ...['-o', 'esp.enable_encryption_decode:TRUE', '-o', 'esp.enable_authentication_check:TRUE'],
        ...['-o', 'ip.check_checksum:TRUE', '-o', 'tcp.check_checksum:TRUE'],
        ...keys,
      ],
      // Keys and preferences of whoever runs the tests stay out.
      { encoding: 'utf8', env: { ...process.env, HOME: folder }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    return answer
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(';'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
