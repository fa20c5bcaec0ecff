/** The command line in process: what it prints, in which format, with which exit code. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020';
import type { Log } from 'sarif';
import { describe, expect, it } from 'vitest';
import type { TraceView } from '../../protocol/src/traceView';
import type { CheckReport } from '../../server/src/cli/checkCommand';
import type { CommandIo } from '../../server/src/cli/io';
import { runCommandLine } from '../../server/src/cli/program';
import { memoryFiles } from '../lsp/memoryFiles';

const yaml = [
  'gateways:',
  '  A:',
  '    platform: netbsd',
  '    interfaces:',
  '      lan0: { address: 10.1.0.1/24, network: X }',
  '      wan0: { address: 192.0.2.1/24, network: Z }',
  '    routes: { default: 192.0.2.254 }',
  '    policy: [A/ipf.conf]',
  'networks:',
  '  X: 10.1.0.0/24',
  '  Z: internet',
  'hosts:',
  '  x: 10.1.0.10',
  '  w: { address: 198.51.100.7, network: Z }',
  'packets:',
  '  web: tcp 10.1.0.10:40000 > 10.1.0.1:80 S',
  '  dns: udp 10.1.0.10:40000 > 10.1.0.1:53',
  'expect:',
  '  - packet: web',
  '    delivered to: A',
  '  - packet: dns',
  '    dropped at: A',
  '',
].join('\n');
const rules = 'pass in quick on lan0 proto tcp all\nblock in all\n';

const ordinary: Record<string, string | undefined> = {
  'net/gatewalk.yaml': yaml,
  'net/A/ipf.conf': rules,
};

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly error: string;
  readonly written: Readonly<Record<string, string>>;
}

async function run(args: readonly string[], files = ordinary, colours = false): Promise<Ran> {
  const base = 'file:///home/me';
  let out = '';
  let error = '';
  const written: Record<string, string> = {};
  const io: CommandIo = {
    files: memoryFiles(new Map(Object.entries(files).map(([path, text]) => [`${base}/${path}`, text]))),
    uriOf: (path) => (path === '.' ? base : `${base}/${path}`),
    pathOf: (uri) => uri.slice(base.length + 1),
    workingFolder: base,
    write: async (path, content) => {
      written[path] = new TextDecoder().decode(content);
      return undefined;
    },
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
    colours,
  };
  const code = await runCommandLine(args, io);
  return { code, out, error, written };
}

describe('gatewalk walk', () => {
  it('prints the stages, grouped by node, with the rule and the verdict last', async () => {
    const { code, out, error } = await run(['walk', 'net', '--packet', 'web']);
    expect([code, error]).toEqual([0, '']);
    const lines = out.split('\n');
    expect(lines[0]).toBe('web: tcp 10.1.0.10:40000 > 10.1.0.1:80 S');
    const gateway = lines.indexOf('A  (NetBSD)');
    const filter = lines.findIndex((l) => /^ +\d+ {2}Packet filter \(in\) on lan0, \S+ {2}pass$/.test(l));
    const rule = lines.indexOf('      A/ipf.conf:1  pass in quick on lan0 proto tcp all');
    const verdict = lines.findIndex((l) => l.startsWith('Delivered at A [delivered]: '));
    expect(gateway).toBeGreaterThan(0);
    expect(filter).toBeGreaterThan(gateway);
    expect(rule).toBeGreaterThan(filter);
    expect(verdict).toBeGreaterThan(rule);
    expect(Math.max(...lines.map((l) => l.length))).toBeLessThanOrEqual(100);
  });

  it('walks all sample packets when none is named', async () => {
    const { code, out } = await run(['walk', 'net']);
    expect(code).toBe(0);
    expect(out).toContain('web: tcp');
    expect(out).toContain('dns: udp');
    expect(out).toContain('Dropped at A [filter-rule]: ');
  });

  it('walks a packet given as a line', async () => {
    const { code, out } = await run(['walk', 'net', '--packet', 'icmp 10.1.0.10 > 10.1.0.1 echo']);
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toBe('icmp 10.1.0.10 > 10.1.0.1 echo');
    expect(out).toContain('      A/ipf.conf:2  block in all');
  });

  it('writes JSON that fits its schema: an object for one packet, an array for all', async () => {
    const schema = JSON.parse(readFileSync(new URL('../../docs/walk.schema.json', import.meta.url), 'utf8'));
    const validate = new Ajv2020({ strict: true }).compile(schema);
    const one = JSON.parse((await run(['walk', 'net', '--packet', 'web', '--json'])).out) as TraceView;
    expect([validate(one), validate.errors]).toEqual([true, null]);
    expect(one.verdict).toMatchObject({ kind: 'delivered', node: 'A' });
    const all = JSON.parse((await run(['walk', 'net', '--json', '--reply'])).out) as TraceView[];
    expect([validate(all), validate.errors]).toEqual([true, null]);
    expect(all.map((t) => [t.packet, t.reply])).toEqual([
      ['web', true],
      ['dns', true],
    ]);
  });

  it('takes another platform, and says so', async () => {
    const { code, out } = await run(['walk', 'net', '--packet', 'web', '--platform', 'netbsd-2000']);
    expect(code).toBe(0);
    expect(out.split('\n')[1]).toBe('every gateway taken as netbsd-2000');
    expect(out).toContain('The gateways’ own platforms do the same to this packet.');
  });

  it('says what another platform changes', async () => {
    const files = {
      'net/gatewalk.yaml': yaml
        .slice(0, yaml.indexOf('expect:'))
        .replace('A/ipf.conf]', 'A/ipnat.conf, A/ipsec.conf]')
        .replace('> 10.1.0.1:80', '> 198.51.100.7:80'),
      'net/A/ipnat.conf': 'map wan0 10.1.0.0/24 -> 192.0.2.1/32\n',
      'net/A/ipsec.conf': 'spdadd 192.0.2.1 198.51.100.7 any -P out discard;\n',
    };
    const { out } = await run(['walk', 'net', '--packet', 'web', '--platform', 'netbsd-2000'], files);
    const changes = out.slice(out.indexOf('What this changes')).split('\n');
    expect(changes[0]).toBe('What this changes, compared with the gateways’ own platforms:');
    expect(changes).toContain('>    -     6  IPsec policy (out) on wan0  moved: a has it as 5');
    expect(changes).toContain('a: NetBSD: Delivered at w [delivered]');
    expect(changes).toContain('b: NetBSD before 2001: Dropped at A [policy-discard]');
    // What both do is left out.
    expect(changes.filter((line) => line.includes('Route'))).toEqual([]);
    expect(changes.join(' ')).toContain('IPsec policy (out) on wan0 comes with NetBSD');
  });

  it('tells errors of the files beside the walk', async () => {
    const { code, out, error } = await run(['walk', 'net', '--packet', 'web'], {
      ...ordinary,
      'net/A/ipf.conf': `${rules}blok out all\n`,
    });
    expect(code).toBe(1);
    expect(out).toContain('Delivered at A');
    expect(error.split('\n')[0]).toMatch(/^net\/A\/ipf\.conf:3:1: error: .*\[ipf\/.*\]$/);
    expect(error).toContain('The rules with errors take no part in what follows.');
  });

  it('uses colours on a terminal only, and never alone', async () => {
    const plain = await run(['walk', 'net', '--packet', 'dns']);
    const coloured = await run(['walk', 'net', '--packet', 'dns'], ordinary, true);
    expect(plain.out).not.toContain('\u001b');
    expect(coloured.out).toContain('\u001b[31mDropped at A\u001b[0m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what this is about
    expect(coloured.out.replace(/\u001b\[\d+m/g, '')).toBe(plain.out);
  });

  it.each([
    [['walk', 'net', '--packet', 'wep'], 'There is no sample packet “wep”. Did you mean “web”?'],
    [['walk', 'net', '--platform', 'netbds'], 'There is no platform “netbds”. Did you mean “netbsd”?'],
    [['walk', 'nowhere'], "nowhere can't be read: there is no such file or folder."],
    [['walk', 'net', '--packet', 'tcp 10.1.0.10 > ?'], "The packet line can't be read (at “?”, column 17): "],
  ])('answers %j with exit code 2 and why', async (args, message) => {
    const { code, out, error } = await run(args);
    expect([code, out]).toEqual([2, '']);
    expect(error).toContain(`gatewalk: ${message}`);
  });

  it('says that there are no packets', async () => {
    const { code, error } = await run(['walk', 'bare'], { 'bare/ipf.conf': 'pass in all\n' });
    expect(code).toBe(2);
    expect(error).toContain('There are no sample packets in bare. Give one: --packet');
  });
});

describe('gatewalk check', () => {
  const faulty = { 'net/ipf.conf': 'pass in all\nblok out all\n', 'net/sub/ipf.conf': 'pass in all\n' };

  it('finds nothing in good files', async () => {
    expect(await run(['check', 'net'])).toEqual({
      code: 0,
      out: '2 files checked, nothing found.\n',
      error: '',
      written: {},
    });
  });

  it('writes a line for each problem, as compilers do', async () => {
    const { code, out } = await run(['check', 'net'], faulty);
    expect(code).toBe(1);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^net\/ipf\.conf:2:1: error: .* \[ipf\/\S+\]$/);
    expect(lines.slice(1)).toEqual(['2 files checked: 1 error.', '']);
  });

  it('reports on the named file only', async () => {
    expect((await run(['check', 'net/sub/ipf.conf'], faulty)).out).toBe('1 file checked, nothing found.\n');
  });

  it('writes JSON with places', async () => {
    const { code, out } = await run(['check', 'net', '--format', 'json'], faulty);
    expect(code).toBe(1);
    const report = JSON.parse(out) as CheckReport;
    expect(report).toMatchObject({
      version: 1,
      files: ['net/ipf.conf', 'net/sub/ipf.conf'],
      problems: [
        {
          path: 'net/ipf.conf',
          severity: 'error',
          place: {
            label: 'net/ipf.conf:2',
            line: 1,
            startCharacter: 0,
            endLine: 1,
            endCharacter: 4,
            text: 'blok',
          },
        },
      ],
    });
  });

  it('writes SARIF that code hosts take', async () => {
    const { code, out } = await run(['check', 'net', '--format', 'sarif'], faulty);
    expect(code).toBe(1);
    const log = JSON.parse(out) as Log;
    expect(log.version).toBe('2.1.0');
    expect(log.$schema).toBe('https://json.schemastore.org/sarif-2.1.0.json');
    const run0 = log.runs[0]!;
    const result = run0.results![0]!;
    expect(run0.tool.driver.name).toBe('Gatewalk');
    expect(run0.tool.driver.rules!.map((r) => r.id)).toEqual([result.ruleId]);
    expect(result).toMatchObject({ level: 'error', ruleIndex: 0 });
    expect(result.message.text).not.toBe('');
    expect(result.locations).toEqual([
      {
        physicalLocation: {
          artifactLocation: { uri: 'net/ipf.conf', uriBaseId: 'SRCROOT' },
          region: { startLine: 2, startColumn: 1, endLine: 2, endColumn: 5 },
        },
      },
    ]);
    expect(run0.originalUriBaseIds).toEqual({ SRCROOT: { uri: 'file:///home/me/' } });
  });

  it.each([
    [['check', 'nowhere.conf'], "nowhere.conf can't be read: there is no such file or folder."],
    [['check', 'locked/ipf.conf'], "locked/ipf.conf can't be read: you are not allowed to read it."],
    [['check', 'notes'], 'There is no gatewalk.yaml and no policy file below notes.'],
    [['check', 'notes/todo.txt'], 'notes/todo.txt is not a policy file that Gatewalk knows.'],
  ])('answers %j with exit code 2 and why', async (args, message) => {
    const files = { 'locked/ipf.conf': undefined, 'notes/todo.txt': 'milk\n' };
    const { code, out, error } = await run(args, files);
    expect([code, out]).toEqual([2, '']);
    expect(error).toContain(`gatewalk: ${message}`);
  });
});

describe('gatewalk test', () => {
  it('passes when all expectations hold', async () => {
    const { code, out } = await run(['test', 'net']);
    expect(out.split('\n')).toEqual([
      'ok    web: delivered to A.',
      'ok    dns: dropped at A.',
      '',
      '2 passed, 0 failed.',
      '',
    ]);
    expect(code).toBe(0);
  });

  it('fails with the place and what the walk says instead', async () => {
    const { code, out } = await run(['test', 'net'], { ...ordinary, 'net/A/ipf.conf': 'pass in all\n' });
    expect(code).toBe(1);
    expect(out).toContain('FAIL  dns: Expected: dropped at A.');
    expect(out).toContain('net/gatewalk.yaml:22');
    expect(out).toContain('1 passed, 1 failed.');
  });

  it('says that there is nothing to test', async () => {
    const { code, error } = await run(['test', 'bare'], { 'bare/ipf.conf': 'pass in all\n' });
    expect(code).toBe(2);
    expect(error).toContain('There is nothing to test in bare');
  });
});

describe('gatewalk test, for CI servers', () => {
  const failing = { ...ordinary, 'net/A/ipf.conf': 'pass in log body all # <&>\n' };

  it('writes JUnit XML, one case an expectation, the failed one with its walk', async () => {
    const { code, out } = await run(['test', 'net', '--format', 'junit'], failing);
    expect(code).toBe(1);
    const lines = out.replaceAll(/time="[\d.]+"/g, 'time="0"').split('\n');
    expect(lines.slice(0, 4)).toEqual([
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<testsuites>',
      '  <testsuite name="net/gatewalk.yaml" tests="2" failures="1" errors="0" time="0">',
      '    <testcase classname="net/gatewalk.yaml" name="web: delivered to A" file="net/gatewalk.yaml" line="19" time="0"/>',
    ]);
    expect(out).toContain('<failure message="Expected: dropped at A.');
    expect(out).toContain('dns: udp 10.1.0.10:40000 &gt; 10.1.0.1:53');
    expect(out.match(/<(?!\/?(testsuites?|testcase|failure)\b|\?xml)/g)).toBeNull();
  });

  it('writes JSON with places and walks', async () => {
    const { code, out } = await run(['test', 'net', '--format', 'json'], failing);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      version: 1,
      passed: 1,
      failed: 1,
      expectations: [
        { label: 'web: delivered to A', ok: true, path: 'net/gatewalk.yaml' },
        { label: 'dns: dropped at A', ok: false, trace: expect.stringContaining('Delivered at A') },
      ],
    });
  });
});

describe('gatewalk find', () => {
  it('walks a packet that the rule at the line decides about', async () => {
    const { code, out } = await run(['find', 'net/A/ipf.conf', '1']);
    expect(code).toBe(0);
    expect(out).toMatch(/A\/ipf\.conf:1 {2}pass in quick on lan0 proto tcp all/);
  });

  it('says that none gets there', async () => {
    const files = { ...ordinary, 'net/A/ipf.conf': `block in quick all\n${rules}` };
    const { code, error } = await run(['find', 'net/A/ipf.conf', '2'], files);
    expect([code, error]).toEqual([1, expect.stringContaining('other rules or stages decide')]);
  });

  it.each([
    [['net', '1'], 'net is a folder'],
    [['net/A/ipf.conf', '9'], 'its lines are 1 to 3'],
    [['net/A/ipf.conf', 'x'], 'no line “x”'],
    [['net/A/none.conf', '1'], 'no such file'],
  ])('answers find %j with exit code 2 and why', async (args, why) => {
    const { code, error } = await run(['find', ...args]);
    expect([code, error]).toEqual([2, expect.stringContaining(why)]);
  });
});

describe('gatewalk fmt', () => {
  const untidy = { ...ordinary, 'net/A/ipf.conf': 'pass   in  all # kept\nblok  in all\n' };

  it('writes what the editor would format, and leaves what has errors', async () => {
    const { code, out, written } = await run(['fmt', 'net'], untidy);
    expect([code, out]).toEqual([0, 'net/A/ipf.conf\n2 files looked at, 1 formatted.\n']);
    expect(written).toEqual({ 'net/A/ipf.conf': 'pass in all # kept\nblok  in all\n' });
  });

  it('changes nothing with --check', async () => {
    const { code, out, written } = await run(['fmt', '--check', 'net'], untidy);
    expect([code, out]).toEqual([1, 'net/A/ipf.conf\n2 files looked at, 1 would be formatted.\n']);
    expect(written).toEqual({});
    expect((await run(['fmt', '--check', 'net'])).code).toBe(0);
  });

  it('does not write back a file that it could not read to the letter', async () => {
    const { error, written } = await run(['fmt', 'net'], {
      ...ordinary,
      'net/A/ipf.conf': 'pass   in all # caf\ufffd\n',
    });
    expect(error).toContain('net/A/ipf.conf is left as it is');
    expect(written).toEqual({});
  });
});

describe('gatewalk itself', () => {
  it('documents the exit codes in every help', async () => {
    for (const args of [['--help'], ['walk', '--help'], ['check', '--help'], ['test', '--help']]) {
      const { code, out } = await run(args);
      expect(code).toBe(0);
      expect(out).toContain('Exit codes:\n  0  fine\n  1  findings');
    }
  });

  it.each([
    [[]],
    [['walk']],
    [['check']],
    [['fly']],
    [['walk', 'net', '--quickly']],
    [['check', 'net', '--format', 'xml']],
  ])('answers wrong use %j with exit code 2', async (args) => {
    const { code, out, error } = await run(args);
    expect([code, out]).toEqual([2, '']);
    expect(error).not.toBe('');
  });
});
