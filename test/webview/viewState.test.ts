import { describe, expect, it } from 'vitest';
import type { TraceParams } from '../../protocol/src/requests';
import type { TraceView } from '../../protocol/src/traceView';
import { groupSteps } from '../../webview/src/stageGroups';
import {
  receive,
  type ShownTrace,
  savedOf,
  select,
  toggle,
  type ViewState,
} from '../../webview/src/viewState';
import { traceFixture } from './fixture';

const request: TraceParams = { uri: 'file:///net/gatewalk.yaml', packet: 'x-to-y', reply: false };

function show(state: ViewState, trace: TraceView = traceFixture, asked = request): ShownTrace {
  const next = receive(state, { kind: 'trace', request: asked, trace, packets: [], platforms: [] });
  if (next.kind !== 'trace') throw new Error('a trace was expected');
  return next;
}

const loading: ViewState = { kind: 'loading', saved: undefined };

describe('state of the trace view', () => {
  it('begins at the first stage', () => {
    expect(show(loading).selected).toBe(0);
  });

  it('goes on at the saved stage after a reload', () => {
    expect(show({ kind: 'loading', saved: { ...request, selected: 3, open: ['ESP'] } })).toMatchObject({
      selected: 3,
      open: ['ESP'],
    });
  });

  it('begins anew for another packet', () => {
    const shown = select(show(loading), 3);
    expect(show(shown, traceFixture, { ...request, packet: 'x-to-z' }).selected).toBe(0);
  });

  it('follows its stage when an edit puts another one before it', () => {
    const shown = select(show(loading), 3);
    const { steps } = traceFixture;
    const edited = { ...traceFixture, steps: [...steps.slice(0, 1), steps[1]!, ...steps.slice(1)] };
    const after = show(shown, edited);
    expect(after.trace.steps[after.selected]?.stage).toBe('ipsec-out');
    expect(after.selected).toBe(4);
  });

  it('takes the last stage when an edit ends the walk earlier', () => {
    const shown = select(show(loading), 6);
    expect(show(shown, { ...traceFixture, steps: traceFixture.steps.slice(0, 2) }).selected).toBe(1);
  });

  it('keeps stage and boxes through an error', () => {
    const shown = toggle(select(show(loading), 3), 'IPv4');
    const failed = receive(shown, { kind: 'error', text: 'No such packet.', request });
    expect(failed).toMatchObject({ kind: 'error', text: 'No such packet.' });
    expect(show(failed)).toMatchObject({ selected: 3, open: ['IPv4'] });
  });

  it('saves the question with what is selected and open', () => {
    expect(savedOf(toggle(select(show(loading), 2), 'TCP'))).toEqual({
      ...request,
      selected: 2,
      open: ['TCP'],
    });
  });

  it('never selects beyond the ends', () => {
    expect(select(show(loading), 99).selected).toBe(6);
    expect(select(show(loading), -1).selected).toBe(0);
  });

  it('opens and closes boxes by title', () => {
    const opened = toggle(toggle(show(loading), 'IPv4'), 'TCP');
    expect(opened.open).toEqual(['IPv4', 'TCP']);
    expect(toggle(opened, 'IPv4').open).toEqual(['TCP']);
  });
});

describe('groups of stages', () => {
  it('are the machines in order, each with what it is', () => {
    const groups = groupSteps(traceFixture.steps, traceFixture.topology);
    expect(groups.map(({ node, detail, steps }) => [node, detail, steps.map(({ index }) => index)])).toEqual([
      ['x', '10.1.0.10', [0]],
      ['A', 'NetBSD', [1, 2, 3, 4]],
      ['B', 'NetBSD', [5]],
      ['y', '10.2.0.20', [6]],
    ]);
  });

  it('has two groups for a machine that the packet comes to twice', () => {
    const [x, a] = traceFixture.steps;
    const groups = groupSteps([a!, x!, a!], traceFixture.topology);
    expect(groups.map(({ node }) => node)).toEqual(['A', 'x', 'A']);
  });
});
