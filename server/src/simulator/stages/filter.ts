/** Filter and address translation: the gateway's engine is asked, its answer put into the words of a walk. */
import { summarizePacket } from '../../packet/decode';
import { buildIcmpError } from '../../packet/icmpError';
import type { Packet } from '../../packet/packet';
import { buildTcpReset } from '../../packet/tcpReset';
import { directionOf } from '../../platforms/platform';
import { settingValue } from '../../platforms/settings';
import type { BlockAnswer } from '../../policy/filter';
import type { HookContext, IpfilterResult } from '../ipfilter/engine';
import { NEXT, type StageContext, type StageResult } from '../stage';
import { text, value } from '../trace';
import { errorsAboutForwarded } from './routing';

export function natStage(context: StageContext): StageResult {
  const { gateway, state, packet } = context;
  if (gateway.nat === undefined)
    return { outcome: 'continue', quiet: true, said: text('No NAT rules are loaded.'), flow: NEXT };
  const hook = hookOf(context);
  const result =
    hook.direction === 'in' ? state.engine.natIn(packet, hook) : state.engine.natOut(packet, hook);
  const told = result.verdict === 'pass' ? [] : toldOfRefusalOut(context, hook.direction);
  return {
    ...common(result),
    ...(hook.direction === 'in' && result.changed
      ? { marks: { ...context.marks, beforeNat: context.marks.beforeNat ?? packet } }
      : {}),
    outcome: outcomeOf(result),
    flow: flowOf(result),
    ...(told.length === 0 ? {} : { answers: told }),
  };
}

export function filterStage(context: StageContext): StageResult {
  const { gateway, state, packet } = context;
  if (gateway.filter === undefined)
    return { outcome: 'continue', quiet: true, said: text('No filter rules are loaded.'), flow: NEXT };
  const hook = hookOf(context);
  const result = state.engine.filter(packet, hook);
  if (result.verdict === 'pass' && result.route?.to !== undefined) return routedByRule(context, result);
  const answer = result.answer === undefined ? undefined : answerPacket(context, packet, result.answer);
  // On an interface that showed it as ESP before, people do not look for it twice.
  const again =
    result.verdict !== 'pass' &&
    context.marks.decapsulated &&
    context.step.interface === undefined &&
    hook.direction === 'in'
      ? text(
          ` It came out of a tunnel, and ${gateway.platform.title} filters it on `,
          value(hook.interface),
          ' again.',
        )
      : [];
  const answers = [
    ...(answer === undefined ? [] : [answer]),
    ...(result.verdict === 'pass' ? [] : toldOfRefusalOut(context, hook.direction)),
  ];
  return {
    ...common(result),
    said: [...result.said, ...again],
    outcome: result.verdict === 'pass' ? 'pass' : 'dropped',
    flow: flowOf(result),
    ...(answers.length === 0 ? {} : { answers }),
    ...(result.route?.duplicateTo === undefined
      ? {}
      : { uncertain: 'the copy that `dup-to` sends is not followed' }),
  };
}

function hookOf(context: StageContext): HookContext {
  const { step, marks, path } = context;
  const direction = directionOf(path, step.stage);
  const arriving = marks.receivedOn?.name;
  const leaving = marks.leavesBy?.interface.name;
  const own = step.interface ?? (direction === 'in' ? arriving : leaving) ?? '';
  return { interface: own, direction, otherInterface: direction === 'in' ? leaving : arriving };
}

/** Some kernels answer what they could not forward, whatever kept it: see `IcmpBehaviour.tellsOfRefusalOut`. */
function toldOfRefusalOut(context: StageContext, direction: 'in' | 'out'): readonly Packet[] {
  if (direction === 'in' || !context.gateway.platform.icmp.tellsOfRefusalOut) return [];
  // The error of a protected packet's output stays with the cryptography (crypto_done()).
  if (context.marks.putOn !== undefined) return [];
  return errorsAboutForwarded(context, { v4: { type: 3, code: 1 }, v6: { type: 1, code: 3 } });
}

function common(result: IpfilterResult): Omit<StageResult, 'outcome' | 'flow'> {
  return {
    said: result.said,
    origins: result.origins,
    packet: result.packet,
    visitedRules: result.visitedRules,
    quiet: result.quiet,
    ...(result.entry === undefined ? {} : { entry: result.entry }),
    ...(result.uncertain === undefined ? {} : { uncertain: result.uncertain }),
  };
}

function outcomeOf(result: IpfilterResult): StageResult['outcome'] {
  if (result.verdict !== 'pass') return 'dropped';
  return result.changed ? 'changed' : 'pass';
}

function flowOf(result: IpfilterResult): StageResult['flow'] {
  return result.verdict === 'pass' ? NEXT : { kind: 'drop', reason: result.reason ?? 'filter-default' };
}

/** `to IF[:HOP]`: the packet leaves at once, past routing and whatever follows (ip_fil.c, ipf_fastroute()). */
function routedByRule(context: StageContext, result: IpfilterResult): StageResult {
  const to = result.route?.to;
  const iface = context.gateway.interfaces.find((i) => i.name === to?.interface);
  if (to === undefined || iface === undefined)
    return {
      ...common(result),
      outcome: 'pass',
      flow: NEXT,
      uncertain: `\`to ${to?.interface}\` names no interface`,
    };
  return {
    ...common(result),
    said: [...result.said, ...text(' It is sent straight out on ', value(iface.name), '.')],
    outcome: 'sent',
    uncertain:
      '`to` takes the packet past the stages behind this one; translation on the way is not followed',
    marks: {
      ...context.marks,
      leavesBy: { interface: iface, ...(to.nextHop === undefined ? {} : { nextHop: to.nextHop }) },
    },
    flow: { kind: 'transmit' },
  };
}

/** `return-rst` and `return-icmp[-as-dest]` (fil.c, ipf_send_reset(), ipf_send_icmp_err()). */
function answerPacket(context: StageContext, packet: Packet, answer: BlockAnswer): Packet | undefined {
  const summary = summarizePacket(packet);
  if (summary === undefined) return undefined;
  if (answer.kind === 'rst')
    return buildTcpReset(packet, {
      ttl: settingValue(context.gateway.settings, 'net.inet.ip.ttl'),
      dontFragment: false,
    });
  const own = context.marks.receivedOn?.addresses.find((p) => p.address.family === summary.family)?.address;
  const from = answer.asDestination ? summary.destination : own;
  return from === undefined
    ? undefined
    : buildIcmpError(packet, { type: summary.family === 4 ? 3 : 1, code: answer.code, from });
}
