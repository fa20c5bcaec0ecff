/** The command as a process of its own: arguments, standard input, bytes out, exit codes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as esbuild from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
let folder = '';
let cli = '';

function gatewalk(args: readonly string[], input = ''): { code: number | null; out: string; error: string } {
  const ran = spawnSync(process.execPath, [cli, ...args], { input, cwd: folder, encoding: 'latin1' });
  return { code: ran.status, out: ran.stdout, error: ran.stderr };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatewalk-cli-'));
  cli = join(folder, 'cli.cjs');
  await esbuild.build({
    entryPoints: [resolve(root, 'server/src/cli.ts')],
    outfile: cli,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('gatewalk as a process', () => {
  it('answers as ipftest, rules from standard input', () => {
    writeFileSync(
      join(folder, 'packets'),
      'in on fxp0 tcp 10.1.1.1,1025 10.2.2.2,80 S\nin on fxp0 udp 10.1.1.1,1 10.2.2.2,53\n',
    );
    const ran = gatewalk(
      ['ipftest', '-F', 'text', '-Rbr', '-', '-i', 'packets'],
      'block in all\npass in proto tcp all\n',
    );
    expect(ran).toEqual({ code: 0, out: 'pass\nblock\n', error: '' });
  });

  it('prints as ipmon the log that ipftest wrote', () => {
    writeFileSync(join(folder, 'packets'), 'in on fxp0 udp 10.1.1.1,1 10.2.2.2,53\n');
    const rules = 'block in log all\n';
    gatewalk(['ipftest', '-F', 'text', '-Rbr', '-', '-i', 'packets', '-l', 'log'], rules);
    expect(gatewalk(['ipmon', '-f', 'log']).out).toBe(
      'missed 1 ipf log entries: 0 1\n' +
        '01/01/1970 00:00:00.000000 fxp0 @0:1 b 10.1.1.1,1 -> 10.2.2.2,53 PR udp len 20 28 IN\n',
    );
  });

  it('prints rules as ipf -nv does, (!) behind an interface that is not there', () => {
    writeFileSync(
      join(folder, 'rules'),
      'pass in quick on fxp0 proto tcp from any to 10.1.0.0/16 port = 22 keep state\n',
    );
    expect(gatewalk(['ipf', '-Rnvf', 'rules']).out).toBe(
      'pass in quick on fxp0(!) inet proto tcp from any to 10.1.0.0/16 port = 22 keep state # count 0\n',
    );
  });

  it('walks, and says by its exit code what it found', () => {
    const example = (name: string) => resolve(root, 'examples', name);
    expect(gatewalk(['walk', example('vpn-and-nat'), '--packet', 'x-to-y']).code).toBe(0);
    expect(gatewalk(['check', example('nat-into-tunnel')]).code).toBe(1);
    expect(gatewalk(['walk', 'nowhere'])).toMatchObject({ code: 2, out: '' });
  });

  it('lists IPFilter’s tools in its help', () => {
    expect(gatewalk(['--help']).out).toMatch(/ipftest +as ipftest\(1\)/);
  });
});
