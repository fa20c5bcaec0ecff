import { describe, expect, it } from 'vitest';
import { projectOf } from '../harness/workspace';

function neverReached(...rules: readonly string[]): string[] {
  const text = `${rules.join('\n')}\n`;
  const { project, snapshot } = projectOf({ 'ipf.conf': text });
  return project.files.flatMap((file) =>
    [...snapshot.problemsOf(file), ...snapshot.findingsOf(file)]
      .filter((problem) => problem.code === 'ipf/never-reached')
      .map(({ range }) => text.slice(range.start, range.end)),
  );
}

describe('findings about rules with BPF programs', () => {
  const bpf = 'block in quick bpf-v4 { "src host 1.1.1.1" }';

  it('know that one program answers alike for one packet, however it is written', () => {
    expect(neverReached('pass in quick bpf-v4 { "src host 1.1.1.1" }', bpf)).toEqual([bpf]);
    const words = '0 0 0 0 0x20 0 0 12 0x15 0 1 0x1010101 0x6 0 0 1 0x6 0 0 0';
    // Numbers that begin otherwise than with `0x` are an expression to ipf, so the load is written as 0x0.
    expect(neverReached(`pass in quick bpf-v4 { "0x${words}" }`, bpf)).toEqual([bpf]);
  });

  it('know that a program takes packets of its family only', () => {
    expect(neverReached('pass in quick family inet from any to any', bpf)).toEqual([bpf]);
    expect(neverReached('pass in quick family inet6 from any to any', bpf)).toEqual([]);
  });

  it('claim nothing about which packets a program takes', () => {
    expect(neverReached('pass in quick from 1.1.1.1/32 to any', bpf)).toEqual([]);
    expect(neverReached(bpf, 'pass in quick from 1.1.1.1/32 to any')).toEqual([]);
    expect(neverReached('pass in quick bpf-v4 { "0x6 0 0 1" }', bpf)).toEqual([]);
  });
});
