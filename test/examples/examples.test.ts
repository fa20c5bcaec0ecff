import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkExpectations } from '../../server/src/analysis/expectations';
import type { Project, Snapshot } from '../../server/src/analysis/snapshot';
import { traceToText } from '../../server/src/features/traceText';
import { toTraceView } from '../../server/src/features/traceView';
import { examplesFolder, filesBelow, projectOf } from '../harness/workspace';

const golden = resolve(import.meta.dirname, '../golden/examples');

/** What an example is there to show; every other example has neither problems nor findings. */
const SHOWS: Readonly<Record<string, readonly string[]>> = {
  'nat-into-tunnel': ['ipsec/matches-only-after-nat'],
  'esp-not-permitted': ['ipsec/tunnel-not-permitted'],
  'situations/block-inside-the-tunnel': ['ipsec/inner-rule-never-sees'],
  'situations/key-exchange-passes-esp-does-not': ['ipsec/tunnel-not-permitted'],
  'situations/masquerading-breaks-the-tunnel': ['ipsec/exemption-too-late', 'ipsec/matches-only-before-nat'],
  'situations/gateway-misses-its-own-tunnel': ['ipsec/leaves-in-clear'],
  'situations/ah-through-nat': ['ipsec/nat-breaks-ah'],
  'situations/public-address-as-tunnel-end': ['ipsec/tunnel-end-not-own'],
  'situations/enc0-shows-only-the-outside': ['ipsec/inner-rule-never-sees'],
  'situations/everything-tunnel-swallows-the-lan': ['ipsec/policy-hidden'],
  'situations/large-transfers-hang': ['ipsec/mss-not-clamped', 'ipsec/too-big-after-encapsulation'],
  'situations/two-tunnels-through-one-router': ['ipsec/esp-behind-one-address'],
  'situations/two-clients-behind-one-address': ['ipsec/several-sas'],
  'situations/two-key-exchanges-through-one-router': [
    'ipsec/esp-behind-one-address',
    'setkey/policy-without-sa',
  ],
  'situations/exemption-in-the-filter': ['ipsec/matches-only-before-nat', 'ipsec/nat-catches-tunnel'],
  'situations/filtertunnel-needs-rules-of-its-own': ['ipsec/inner-rule-never-sees'],
  'situations/fragments-of-esp-in-udp': ['ipsec/tunnel-not-permitted'],
  'situations/linux-wants-a-policy-too': ['ipsec/mirror'],
  'situations/no-way-back-through-enc0': ['ipsec/inner-rule-never-sees'],
  'situations/policy-for-the-gateway-only': ['ipsec/matches-only-after-nat'],
  'situations/port-forward-into-the-tunnel': ['ipsec/leaves-in-clear'],
  'situations/redirect-on-enc0': ['ipsec/inner-rule-never-sees'],
  'situations/translated-network-needs-its-own-policy': ['ipsec/matches-only-after-nat', 'ipsec/mirror'],
  'situations/transport-mode-is-not-filtered': ['ipsec/inner-rule-never-sees'],
};

function codes(snapshot: Snapshot, project: Project): string[] {
  return project.files
    .flatMap((f) => [...snapshot.problemsOf(f), ...snapshot.findingsOf(f)])
    .map((p) => p.code);
}

/** Goldens are read by eye before they are kept: UPDATE_GOLDEN=1 writes them. */
function expectGolden(name: string, text: string): void {
  const path = join(golden, name);
  if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(path)) {
    if (process.env['CI'] !== undefined && !existsSync(path)) throw new Error(`no golden ${name}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  expect(text).toBe(readFileSync(path, 'utf8'));
}

/** The folders of `examples`, and those of questions that people asked, which have a folder each below `situations`. */
const situations = readdirSync(join(examplesFolder, 'situations'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => `situations/${entry.name}`);
const examples = readdirSync(examplesFolder).filter((name) => name !== 'situations');

describe.each(situations)('examples/%s', (name) => {
  const { snapshot, project } = projectOf(filesBelow(join(examplesFolder, name)));

  it('tells the person who asked what is wrong, and nothing else', () => {
    expect([...new Set(codes(snapshot, project))].sort()).toEqual([...(SHOWS[name] ?? [])].sort());
  });

  it('fulfils its expectations', () => {
    expect(project.expectations.length).toBeGreaterThan(0);
    const failed = checkExpectations(project).filter((c) => !c.ok);
    expect(failed.map((f) => f.message)).toEqual([]);
  });
});

describe.each(examples)('examples/%s', (name) => {
  const { snapshot, project } = projectOf(filesBelow(join(examplesFolder, name)));

  it('shows what it is there to show, and nothing else', () => {
    expect([...new Set(codes(snapshot, project))].sort()).toEqual([...(SHOWS[name] ?? [])].sort());
  });

  it('fulfils its expectations', () => {
    const failed = checkExpectations(project).filter((c) => !c.ok);
    expect(failed.map((f) => f.message)).toEqual([]);
  });

  for (const packet of project.packets)
    for (const reply of [false, true])
      it(`walks ${packet.name}${reply ? ', its reply' : ''} as recorded`, () => {
        const view = toTraceView(project.walk({ packet, reply }), project, snapshot);
        expectGolden(`${name}/${packet.name}${reply ? '.reply' : ''}.txt`, traceToText(view));
      });
});

describe('another order', () => {
  it('changes what the walk of nat-into-tunnel finds', () => {
    const { project } = projectOf(filesBelow(join(examplesFolder, 'nat-into-tunnel')));
    const packet = project.packets.find((p) => p.name === 'vm-to-y')!;
    const now = project.walk({ packet, reply: false });
    const before = project.walk({ packet, reply: false, platform: 'netbsd-2000' });
    expect(now.trace.verdict.reason).toBe('private-address-on-internet');
    expect(now.findings.map((f) => f.code)).toEqual(['ipsec/matches-only-after-nat']);
    expect(before.trace.verdict).toMatchObject({ kind: 'delivered', node: 'y' });
    expect(before.findings).toEqual([]);
    const onZ = (w: typeof now) => w.trace.steps.filter((s) => s.node === 'Z').map((s) => s.protection);
    expect([onZ(now), onZ(before)]).toEqual([['clear'], ['encrypted']]);
  });

  it('says that an order without its language is uncertain', () => {
    const { project } = projectOf(filesBelow(join(examplesFolder, 'vpn-and-nat')));
    const packet = project.packets.find((p) => p.name === 'x-to-y')!;
    const { verdict } = project.walk({ packet, reply: false, platform: 'openbsd' }).trace;
    expect(verdict.kind).toBe('uncertain');
  });
});
