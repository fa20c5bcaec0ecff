import { describe, expect, it } from 'vitest';
import { resolvePath, type Workspace } from '../../server/src/analysis/workspace';
import { workspaceOf } from '../harness/workspace';

function interfacesOf(workspace: Workspace): string[] {
  return workspace
    .snapshot()
    .projectOf('/w/ipf.conf')!
    .network.gateways[0]!.interfaces.map((i) => i.name);
}

describe('a workspace', () => {
  it('takes the policy files of a folder as one gateway, with the interfaces the rules name', () => {
    const workspace = workspaceOf({
      'ipf.conf': 'block in on fxp0 all\npass out on fxp1 all\n',
      'ipnat.conf': 'map fxp1 10.1.0.0/24 -> 192.0.2.1/32\n',
    });
    const project = workspace.snapshot().projectOf('/w/ipf.conf')!;
    expect(project.inferred).toBe(true);
    expect(project.files).toEqual(['/w/ipf.conf', '/w/ipnat.conf']);
    expect(interfacesOf(workspace)).toEqual(['fxp0', 'fxp1']);
  });

  it('takes the interface where the filter speaks of the tunnel for the one that faces the outside', () => {
    const workspace = workspaceOf({
      'ipf.conf':
        'pass in quick on wan0 proto esp from 203.0.113.1/32 to 192.0.2.1/32\npass in quick on lan0 all\n',
    });
    const { routes } = workspace.snapshot().projectOf('/w/ipf.conf')!.network.gateways[0]!;
    expect(routes.map((r) => [r.destination.length, r.interface])).toEqual([
      [0, 'wan0'],
      [0, 'wan0'],
    ]);
  });

  it('follows the interfaces through edits', () => {
    const workspace = workspaceOf({
      'ipf.conf': 'block in on fxp0 all\npass out on fxp1 all\npass in on fxp1 all\n',
    });
    expect(interfacesOf(workspace)).toEqual(['fxp0', 'fxp1']);
    workspace.setFile('/w/ipf.conf', 'block in on fxp0 all\npass out on fxp2 all\npass in on fxp1 all\n');
    expect(interfacesOf(workspace).sort()).toEqual(['fxp0', 'fxp1', 'fxp2']);
    workspace.setFile('/w/ipf.conf', 'block in on fxp0 all\npass out on fxp2 all\n');
    expect(interfacesOf(workspace).sort()).toEqual(['fxp0', 'fxp2']);
  });

  it('says nothing of other systems about the files of a Linux gateway', () => {
    const codesOn = (platform: string) =>
      workspaceOf({
        'gatewalk.yaml': `gateways: { A: { platform: ${platform}, interfaces: { e0: 10.1.0.1/24 }, policy: [ipsec.conf] } }\n`,
        'ipsec.conf': '#!/usr/sbin/setkey -f\nspdadd 10.1.0.0/24 10.2.0.0/24 any -P fwd prio high none;\n',
      })
        .snapshot()
        .problemsOf('/w/ipsec.conf')
        .map((p) => p.code);
    expect(codesOn('netbsd')).toEqual(['setkey/forward-policy', 'setkey/priority']);
    expect(codesOn('linux')).toEqual([]);
  });

  it('keeps the project while its files stay the same', () => {
    const workspace = workspaceOf({ 'a/ipf.conf': 'block in all\n', 'b/ipf.conf': 'block in all\n' });
    const before = workspace.snapshot();
    const [a, b] = [before.projectOf('/w/a/ipf.conf'), before.projectOf('/w/b/ipf.conf')];
    workspace.setFile('/w/a/ipf.conf', 'pass in all\n');
    const after = workspace.snapshot();
    expect(after.projectOf('/w/b/ipf.conf')).toBe(b);
    expect(after.projectOf('/w/a/ipf.conf')).not.toBe(a);
    expect(before.projectOf('/w/a/ipf.conf')).toBe(a);
  });

  it('re-parses one statement of 100,000 for a one-line edit', () => {
    const text = Array.from(
      { length: 100_000 },
      (_, i) => `block in quick on fxp0 from 10.${(i >> 8) & 255}.${i & 255}.1/32 to any\n`,
    ).join('');
    const workspace = workspaceOf({ 'ipf.conf': text });
    workspace.snapshot();
    const at = text.indexOf('\n', 3_000_000) + 1;
    workspace.setFile('/w/ipf.conf', `${text.slice(0, at)}pass ${text.slice(at + 6)}`);
    expect(workspace.snapshot().files.get('/w/ipf.conf')!.parse!.parsedCount).toBe(1);
  });

  it('says at its name when a policy file cannot be read', () => {
    const workspace = workspaceOf({ 'gatewalk.yaml': 'gateways: { A: { policy: [ipf.conf] } }\n' });
    workspace.setUnreadable('/w/ipf.conf', 'permission denied.');
    expect(
      workspace
        .snapshot()
        .problemsOf('/w/gatewalk.yaml')
        .map((p) => p.message),
    ).toEqual(['`ipf.conf` cannot be used: permission denied.']);
    workspace.setFile('/w/ipf.conf', 'block in all\n');
    expect(workspace.snapshot().problemsOf('/w/gatewalk.yaml')).toEqual([]);
  });

  it('reads sample packets in comments, and says which word of one is wrong', () => {
    const text =
      '# packet: web: out on fxp0 tcp 10.1.0.5:40000 > 198.51.100.7:80 S\n# packet: bad: tpc 10.1.0.5:1 > 10.1.0.6:2\n# a packet: filter for fxp0\nblock in on fxp0 all\n';
    const snapshot = workspaceOf({ 'ipf.conf': text }).snapshot();
    expect(snapshot.projectOf('/w/ipf.conf')!.packets.map((p) => p.name)).toEqual(['web']);
    expect(
      snapshot.problemsOf('/w/ipf.conf').map((p) => [p.code, text.slice(p.range.start, p.range.end)]),
    ).toEqual([['packet/protocol', 'tpc']]);
  });

  it('resolves policy file names against the folder', () => {
    expect(resolvePath('file:///w/net', 'A/ipf.conf')).toBe('file:///w/net/A/ipf.conf');
    expect(resolvePath('file:///w/net', '../my rules/ipf.conf')).toBe('file:///w/my%20rules/ipf.conf');
    expect(resolvePath('file:///w/net', '/etc/ipf.conf')).toBe('file:///etc/ipf.conf');
    expect(resolvePath('/w/net', './ipf.conf')).toBe('/w/net/ipf.conf');
  });
});
