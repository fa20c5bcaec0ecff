import { describe, expect, it } from 'vitest';
import type { TopologyLink, TopologyView } from '../../protocol/src/traceView';
import { layOutTopology } from '../../webview/src/topologyLayout';
import { traceFixture } from './fixture';

function places(topology: TopologyView, order: readonly string[]) {
  const layout = layOutTopology(topology, order);
  return Object.fromEntries(layout.nodes.map(({ node, column, row }) => [node.id, [column, row]]));
}

function network(ids: string, links: readonly string[]): TopologyView {
  return {
    nodes: [...ids].map((id) => ({ id, kind: 'network', detail: '', visited: true })),
    links: links.map((pair): TopologyLink => ({ from: pair[0]!, to: pair[1]!, crossed: 'clear' })),
  };
}

describe('topology strip', () => {
  it('lays the mail out as X - A - Z - B - Y with the hosts at the ends and z below Z', () => {
    expect(places(traceFixture.topology, ['x', 'A', 'B', 'y'])).toEqual({
      x: [0, 0],
      X: [1, 0],
      A: [2, 0],
      Z: [3, 0],
      B: [4, 0],
      Y: [5, 0],
      y: [6, 0],
      z: [3, 1],
    });
  });

  it('runs the same way for the packet from Y to X, with its arrows turned', () => {
    const back = layOutTopology(traceFixture.topology, ['y', 'B', 'A', 'x']);
    expect(back.nodes.find(({ node }) => node.id === 'x')?.column).toBe(0);
    const reversed = (from: string, to: string) =>
      back.links.find(({ link }) => link.from === from && link.to === to)?.reversed;
    expect([
      reversed('x', 'X'),
      reversed('A', 'X'),
      reversed('A', 'Z'),
      reversed('B', 'Z'),
      reversed('y', 'Y'),
    ]).toEqual([true, false, true, false, false]);
  });

  it('draws every link of a ring', () => {
    const { links } = layOutTopology(network('abcd', ['ab', 'bc', 'cd', 'ad']), ['a']);
    expect(links.map(({ from, to }) => from.node.id + to.node.id)).toEqual(['ab', 'bc', 'cd', 'ad']);
  });

  it('places nodes without links, and an empty network', () => {
    expect(places(network('ab', []), [])).toEqual({ a: [0, 0], b: [1, 0] });
    expect(layOutTopology({ nodes: [], links: [] }, []).nodes).toEqual([]);
  });

  it('stacks several nodes that hang at the same place', () => {
    expect(places(network('abcde', ['ab', 'bc', 'bd', 'be']), ['a'])).toMatchObject({
      b: [1, 0],
      c: [1, 1],
      d: [1, 2],
    });
  });
});
