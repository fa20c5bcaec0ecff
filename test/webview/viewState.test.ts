import { describe, expect, it } from 'vitest';
import type { TraceParams } from '../../protocol/src/requests';
import type { TraceView } from '../../protocol/src/traceView';
import { groupSteps } from '../../webview/src/stageGroups';
import {
  allSteps,
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
    expect(allSteps(after)[after.selected]?.step.stage).toBe('ipsec-out');
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
      page: 'walk',
      decrypted: true,
      asTables: false,
      compared: {},
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

const both: TraceParams = { ...request, reply: true };

/** A reply of two stages, the second decided by a rule of its own. */
const reply: TraceView = {
  ...traceFixture,
  reply: true,
  steps: traceFixture.steps.slice(0, 2).map((step) => ({ ...step, places: step.places })),
};

function showBoth(state: ViewState): ShownTrace {
  const answer = { trace: reply };
  const next = receive(state, {
    kind: 'trace',
    request: both,
    trace: traceFixture,
    reply: answer,
    packets: [],
    platforms: [],
  });
  if (next.kind !== 'trace') throw new Error('a trace was expected');
  return next;
}

describe('a walk with its reply', () => {
  it('counts the stages of the reply on from those of the packet', () => {
    const shown = showBoth(loading);
    expect(allSteps(shown).map(({ index, walk }) => [index, walk.reply])).toEqual([
      [0, false],
      [1, false],
      [2, false],
      [3, false],
      [4, false],
      [5, false],
      [6, false],
      [7, true],
      [8, true],
    ]);
  });

  it('begins at the reply when that is asked for', () => {
    expect(showBoth(select(show(loading), 2)).selected).toBe(7);
  });

  it('keeps the stage of the packet when the reply goes', () => {
    const shown = select(showBoth(loading), 3);
    expect(show(shown).selected).toBe(3);
  });

  it('says why there is no reply and shows the packet all the same', () => {
    const next = receive(loading, {
      kind: 'trace',
      request: both,
      trace: traceFixture,
      reply: { error: 'The packet is dropped.' },
      packets: [],
      platforms: [],
    });
    expect(next).toMatchObject({ kind: 'trace', noReply: 'The packet is dropped.' });
  });
});

describe('what is asked for besides the walk', () => {
  const tables = { gateways: [] };

  it('is kept when it is about what is shown', () => {
    expect(receive(show(loading), { kind: 'tables', request, result: tables })).toMatchObject({ tables });
  });

  it('is thrown away when something else is shown by now', () => {
    const shown = show(loading);
    const other = { ...request, platform: 'netbsd' };
    expect(receive(shown, { kind: 'tables', request: other, result: tables })).toBe(shown);
  });
});

describe('a rule that is to be shown', () => {
  const [place] = traceFixture.steps[3]!.places;

  it('selects its stage', () => {
    const shown = receive(show(loading), { kind: 'showRule', uri: place!.uri, line: place!.line });
    expect(shown).toMatchObject({ selected: 3, page: 'walk' });
  });

  it('changes nothing when no stage names it', () => {
    const shown = show(loading);
    expect(receive(shown, { kind: 'showRule', uri: place!.uri, line: 999 })).toBe(shown);
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
