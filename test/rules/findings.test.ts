/**
 * Findings about rules: exact place and message, each tried on the engine with the packet it carries, and gone once
 * its fix is taken.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Workspace } from '../../server/src/analysis/workspace';
import { buildPacket } from '../../server/src/packet/build';
import { type PacketSpec, parsePacketLine } from '../../server/src/packet/notation';
import type { Packet } from '../../server/src/packet/packet';
import type { FilterProgram } from '../../server/src/policy/filter';
import type { NatTable } from '../../server/src/policy/nat';
import { createIpfilterEngine } from '../../server/src/simulator/ipfilter/engine';
import type { Gateway } from '../../server/src/simulator/network';
import type { Problem } from '../../server/src/syntax/problem';
import { applyEdits } from '../../server/src/text/edit';
import { LineIndex } from '../../server/src/text/lineIndex';
import { type Marker, parseMarkers } from '../harness/markers';
import { examplesFolder, filesBelow, projectOf } from '../harness/workspace';
import { RULE_FIXTURES } from './fixtures';

type Where = { interface: string; direction: 'in' | 'out' };

type Files = Readonly<Record<string, string>>;

/** The table above begins every text with a line end, to look well. */
const fixtures = Object.entries(RULE_FIXTURES).map(
  ([name, files]) =>
    [name, Object.fromEntries(Object.entries(files).map(([f, text]) => [f, text.slice(1)]))] as const,
);

describe('findings about rules', () => {
  it.each(fixtures)('%s', (_, files) => {
    for (const [name, text] of Object.entries(files))
      if (name.endsWith('.conf')) expect(markersOf(files, name)).toEqual(parseMarkers(text));
      else expect(problemsOf(files, name)).toEqual([]);
  });

  it('speak the truth about the packet they carry', () => {
    const tried: Record<string, number> = {};
    for (const [name, files] of fixtures) {
      const { project } = projectOf(files);
      const [gateway] = project.network.gateways;
      for (const file of Object.keys(files))
        for (const problem of problemsOf(files, file)) {
          if (problem.witness === undefined) continue;
          tried[problem.code] = (tried[problem.code] ?? 0) + 1;
          expect(`${name}: ${tryOut(gateway!, problem, file)}`).toBe(`${name}: true`);
        }
    }
    expect(Object.keys(tried).sort()).toEqual([
      'ipf/always-overridden',
      'ipf/answer-out',
      'ipf/group-never-entered',
      'ipf/group-without-head',
      'ipf/head-direction',
      'ipf/inet-all-ignored',
      'ipf/keep-state-never-made',
      'ipf/never-reached',
      'ipf/port-never',
      'ipf/port-range-reversed',
      'ipf/return-rst-needs-tcp',
      'ipf/skip-past-end',
      'ipf/state-stolen-by-log',
      'ipnat/map-shadowed',
      'ipnat/rdr-not-permitted',
      'ipnat/unknown-interface',
      'net/host-bits-set',
    ]);
  });

  it('carry a packet or the rules that make them so; what is refused shows itself', () => {
    const bare = fixtures.flatMap(([name, files]) =>
      Object.keys(files)
        .flatMap((file) => problemsOf(files, file))
        .filter((p) => p.severity !== 'error' && p.witness === undefined && (p.related ?? []).length === 0)
        .map((p) => `${name}: ${p.code}`),
    );
    expect(bare).toEqual([]);
  });

  it('an identical rule points to the first one', () => {
    const [problem] = problemsOf(
      { 'ipf.conf': 'block in all\npass in all\nblock in all\n' },
      'ipf.conf',
    ).filter((p) => p.code === 'ipf/duplicate-rule');
    expect(problem!.related).toEqual([
      { file: '/w/ipf.conf', range: { start: 0, end: 12 }, message: 'is the same rule' },
    ]);
    const [ofNat] = problemsOf(
      { 'ipnat.conf': 'map le0 10.0.0.0/8 -> 0/32\nmap le0 10.0.0.0/8 -> 0/32\n' },
      'ipnat.conf',
    );
    expect(ofNat!.related).toEqual([
      { file: '/w/ipnat.conf', range: { start: 0, end: 26 }, message: 'is the same rule' },
    ]);
  });

  it('are gone when their fix is taken', () => {
    const fixed: Record<string, number> = {};
    for (const [, files] of fixtures)
      for (const [file, text] of Object.entries(files))
        for (const problem of problemsOf(files, file))
          for (const fix of problem.fixes ?? []) {
            const after = { ...files, [file]: applyEdits(text, fix.edits) };
            expect(codesOf(after, file).filter((c) => c === problem.code).length).toBeLessThan(
              codesOf(files, file).filter((c) => c === problem.code).length,
            );
            fixed[problem.code] = (fixed[problem.code] ?? 0) + 1;
          }
    expect(Object.keys(fixed).sort()).toEqual([
      'ipf/always-overridden',
      'ipf/flags-need-tcp',
      'ipf/group-never-entered',
      'ipf/inet-all-ignored',
      'ipf/keep-state-never-made',
      'ipf/never-reached',
      'ipf/port-range-reversed',
      'ipf/skip-past-end',
      'ipnat/unknown-interface',
      'net/host-bits-set',
    ]);
  });

  it('offer no deletion where a skip counts on the rule', () => {
    const files = { 'ipf.conf': 'block in quick all\nskip 1 in all\npass in all\nblock in all\n' };
    const dead = problemsOf(files, 'ipf.conf').filter((p) => p.code === 'ipf/never-reached');
    expect(
      dead.map((p) => [files['ipf.conf'].slice(p.range.start, p.range.end), p.fixes?.length ?? 0]),
    ).toEqual([
      ['skip 1 in all', 1],
      ['pass in all', 0],
      ['block in all', 1],
    ]);
  });

  it('delete the whole line, its comment too, or the rule alone beside another', () => {
    const text = 'block in quick all\n  pass in all # never\npass out all\n';
    const [problem] = problemsOf({ 'ipf.conf': text }, 'ipf.conf');
    expect(applyEdits(text, problem!.fixes![0]!.edits)).toBe('block in quick all\npass out all\n');
  });

  it('fade what can go', () => {
    const [problem] = problemsOf({ 'ipf.conf': 'block in quick all\npass in all\n' }, 'ipf.conf');
    expect(problem).toMatchObject({ code: 'ipf/never-reached', severity: 'warning', tag: 'unnecessary' });
    expect(problem!.related).toEqual([
      {
        file: '/w/ipf.conf',
        range: { start: 0, end: 18 },
        message: 'decides about these packets before',
      },
    ]);
  });

  it('are said of a file that two gateways load only when they hold for both', () => {
    const gateway = (interfaces: string) =>
      `    platform: netbsd\n    interfaces: ${interfaces}\n    policy: [ipnat.conf]\n`;
    const files = (other: string) => ({
      'gatewalk.yaml': `networks: { X: 10.1.0.0/24, Y: 10.2.0.0/24 }\ngateways:\n  A:\n${gateway('{ fxp0: 10.1.0.1/24 }')}  B:\n${gateway(`{ ${other}: 10.2.0.1/24 }`)}`,
      'ipnat.conf': 'map fxp1 10.1.0.0/24 -> 0/32\n',
    });
    expect(codesOf(files('fxp1'), 'ipnat.conf')).toEqual([]);
    expect(codesOf(files('fxp2'), 'ipnat.conf')).toEqual(['ipnat/unknown-interface']);
  });
});

describe('examples', () => {
  const folders = readdirSync(examplesFolder).filter((f) => existsSync(join(examplesFolder, f)));
  it.each(folders)('%s has no rule that never counts', (folder) => {
    const files = filesBelow(join(examplesFolder, folder));
    const workspace = new Workspace();
    for (const [path, text] of Object.entries(files)) workspace.setFile(`/w/${path}`, text);
    const snapshot = workspace.snapshot();
    const found = Object.keys(files).flatMap((path) =>
      [...snapshot.problemsOf(`/w/${path}`), ...snapshot.findingsOf(`/w/${path}`)]
        .filter((p) => /^(ipf|ipnat|net)\//.test(p.code))
        .map((p) => `${path}: ${p.code} ${p.message}`),
    );
    expect(found).toEqual([]);
  });
});

function problemsOf(files: Files, file: string): readonly Problem[] {
  const { snapshot } = projectOf(files);
  return [...snapshot.problemsOf(`/w/${file}`), ...snapshot.findingsOf(`/w/${file}`)].sort(
    (a, b) => a.range.start - b.range.start || a.range.end - b.range.end,
  );
}

function codesOf(files: Files, file: string): string[] {
  return problemsOf(files, file).map((p) => p.code);
}

function markersOf(files: Files, file: string): Marker[] {
  const text = files[file]!;
  const index = new LineIndex(text);
  return problemsOf(files, file).map((p) => {
    const at = index.positionAt(p.range.start);
    return {
      line: at.line + 1,
      words: text.slice(p.range.start, p.range.end),
      column: at.character,
      problem: `${p.severity} ${p.code} ${p.message}`,
    };
  });
}

/** Does the finding's packet do what the finding says? */
function tryOut(gateway: Gateway, problem: Problem, file: string): boolean | string {
  const { spec } = parsePacketLine(problem.witness!);
  if (spec === undefined) return `cannot read ${problem.witness}`;
  const context = { interface: spec.interface!, direction: spec.direction! };
  const engine = createIpfilterEngine({ filter: gateway.filter, nat: gateway.nat });
  const place = (o: { file: string; start: number } | undefined) =>
    o?.file === `/w/${file}` && o.start === problem.range.start;
  const packet = buildPacket(spec);
  switch (problem.code) {
    case 'ipf/never-reached':
    case 'ipf/always-overridden': {
      const alone = createIpfilterEngine({ filter: only(gateway.filter!, problem.range.start) });
      const isMeant = place(alone.filter(packet, context).origins[0]);
      return isMeant && !place(engine.filter(packet, context).origins[0]);
    }
    case 'ipf/inet-all-ignored':
      return matched(gateway, packet, context, problem);
    case 'net/host-bits-set': {
      const written = problem.message.split(' ')[0]!;
      if (problem.witness!.split(/[ ,]/).includes(written)) return 'the address that is written';
      return matched(gateway, packet, context, problem);
    }
    case 'ipf/port-range-reversed': {
      const takesNone = /no port in use/.test(problem.message);
      return matched(gateway, packet, context, problem) !== takesNone;
    }
    case 'ipf/port-never':
      return !matched(gateway, packet, context, problem);
    case 'ipf/return-rst-needs-tcp':
      // The engine asks for the reset; the sender of a reset makes none for what is not TCP.
      return matched(gateway, packet, context, problem) && spec.protocol !== 6;
    case 'ipf/answer-out':
      return (
        matched(gateway, packet, context, problem) && engine.filter(packet, context).answer === undefined
      );
    case 'ipf/group-never-entered':
    case 'ipf/group-without-head':
    case 'ipf/head-direction': {
      const { origins } = engine.filter(packet, context);
      const heads = (problem.related ?? []).map((r) => r.range.start);
      const isRule = (o: { start: number; end: number }) =>
        o.start <= problem.range.start && problem.range.end <= o.end;
      return !origins.some((o) => isRule(o) || heads.includes(o.start));
    }
    case 'ipf/skip-past-end': {
      // Nothing behind the rule counts: without it the packet fares the same.
      const cut = cutBehind(gateway.filter!, problem.range.start);
      const short = createIpfilterEngine({ filter: cut }).filter(packet, context);
      const whole = engine.filter(packet, context);
      const alone = createIpfilterEngine({ filter: only(gateway.filter!, problem.range.start) });
      return (
        place(alone.filter(packet, context).origins[0]) !== false &&
        short.verdict === whole.verdict &&
        short.origins[0]?.start === whole.origins[0]?.start
      );
    }
    case 'ipnat/unknown-interface': {
      const translate = (nat: NatTable) => {
        const result = createIpfilterEngine({ nat })[context.direction === 'in' ? 'natIn' : 'natOut'](
          packet,
          context,
        );
        return place(result.origins[0]);
      };
      const rules = gateway.nat!.rules.map((r) => ({
        ...r,
        body: { ...r.body, interfaces: [context.interface] as const },
      }));
      const isKnown = gateway.interfaces.some((i) => i.name === context.interface);
      return isKnown && !translate(gateway.nat!) && translate({ ...gateway.nat!, rules });
    }
    case 'ipf/state-stolen-by-log': {
      const first = engine.filter(packet, context).verdict;
      const next: PacketSpec = { ...spec, tcpFlags: 16, tcpSequence: 1, tcpAcknowledgement: 1 };
      return first === 'pass' && engine.filter(buildPacket(next), context).verdict === 'block';
    }
    case 'ipf/keep-state-never-made':
      engine.filter(packet, context);
      return engine.states.entries.length === 0;
    case 'ipnat/rdr-not-permitted': {
      const translated = engine.natIn(packet, context);
      return translated.changed && engine.filter(translated.packet, context).verdict === 'block';
    }
    case 'ipnat/map-shadowed': {
      const [origin] = engine.natOut(packet, context).origins;
      return origin?.start === problem.related![0]!.range.start;
    }
    default:
      return `nobody tries out ${problem.code}`;
  }
}

/** Does the rule with the problem, alone, take the packet? */
function matched(gateway: Gateway, packet: Packet, context: Where, { range }: Problem): boolean {
  const holds = (o: { start: number; end: number } | undefined) =>
    o !== undefined && o.start <= range.start && range.end <= o.end;
  const chains = [...(gateway.filter?.chains.values() ?? [])];
  const rule = chains.flatMap((c) => c.rules).find((r) => holds(r.origin));
  if (rule !== undefined) {
    const engine = createIpfilterEngine({ filter: only(gateway.filter!, rule.origin.start) });
    return holds(engine.filter(packet, context).origins[0]);
  }
  const nat = createIpfilterEngine({ nat: gateway.nat });
  return holds(nat[context.direction === 'in' ? 'natIn' : 'natOut'](packet, context).origins[0]);
}

/** The program without what stands behind one statement in its list. */
function cutBehind(program: FilterProgram, start: number): FilterProgram {
  const chains = new Map(
    [...program.chains].map(([name, chain]) => {
      const at = chain.rules.findIndex((r) => r.origin.start === start);
      return [name, at < 0 ? chain : { ...chain, rules: chain.rules.slice(0, at + 1) }];
    }),
  );
  return { ...program, chains };
}

/** The program with the rules of one statement alone. */
function only(program: FilterProgram, start: number): FilterProgram {
  const chains = new Map(
    [...program.chains].map(([name, chain]) => [
      name,
      { ...chain, rules: chain.rules.filter((r) => r.origin.start === start) },
    ]),
  );
  return { ...program, chains };
}
