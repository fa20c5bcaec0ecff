/**
 * Protection on the way out: the policy look-up, the association for each request, and the packet they make.
 * A bundle is applied in the order its requests are written, the first innermost; the result enters `output`
 * again and is not looked up a second time (sys/netipsec/ipsec_output.c, ipsec4_process_packet()).
 */

import { summarizePacket } from '../../packet/decode';
import { type OuterOptions, type Protection, protect, putInTunnel } from '../../packet/ipsec';
import { packetOneLine } from '../../packet/oneLine';
import type { Packet } from '../../packet/packet';
import { settingValue } from '../../platforms/settings';
import { sameAddress } from '../../policy/address';
import { asksForOwnAssociation, type SecurityPolicy } from '../../policy/ipsec';
import { associationsFor, asUsed, effectiveLevel, endpointsOf, lookUpPolicy } from '../ipsec/spd';
import { algorithmNames, associationEntry, associationLink, policyLink, requestName } from '../ipsec/words';
import type { Gateway } from '../network';
import { NEXT, type StageContext, type StageResult, type Substep } from '../stage';
import { text, value } from '../trace';
import { passWithin } from '../within';

/** Look-up and transformation in one, as the BSD stacks do it. */
export function ipsecOut(context: StageContext): StageResult {
  const { gateway, marks } = context;
  if (gateway.ipsec.policies.length === 0)
    return { outcome: 'continue', quiet: true, said: text('No IPsec policy is loaded.'), flow: NEXT };
  const policy = findPolicy(context);
  if (policy === undefined) {
    return {
      outcome: 'continue',
      said: text(
        'No outbound IPsec policy takes ',
        value(packetOneLine(context.packet)),
        '; it goes on in clear.',
      ),
      marks: { ...marks, ...sourceNow(context.packet) },
      flow: NEXT,
    };
  }
  return applyPolicy(context, policy);
}

/** The look-up alone: Linux and OpenBSD choose early and transform later. */
export function ipsecLookup(context: StageContext): StageResult {
  const { gateway, marks } = context;
  if (gateway.ipsec.policies.length === 0)
    return { outcome: 'continue', quiet: true, said: text('No IPsec policy is loaded.'), flow: NEXT };
  const again = marks.sourceAtLookUp !== undefined;
  const policy = findPolicy(context);
  const { chosenPolicy: _dropped, ...rest } = marks;
  if (policy === undefined) {
    return {
      outcome: 'continue',
      said: again
        ? text(
            'Looked up again after NAT: no policy takes ',
            value(packetOneLine(context.packet)),
            ' any more.',
          )
        : text('No outbound IPsec policy takes ', value(packetOneLine(context.packet)), '.'),
      marks: { ...rest, ...sourceNow(context.packet) },
      flow: NEXT,
    };
  }
  if (policy.action === 'discard') return discarded(policy);
  return {
    outcome: 'continue',
    said: text(again ? 'Looked up again after NAT: ' : '', 'policy ', policyLink(policy), ' takes it.'),
    origins: [policy.origin],
    marks: {
      ...rest,
      ...(policy.action === 'ipsec' ? { chosenPolicy: policy } : {}),
      ...sourceNow(context.packet),
    },
    flow: NEXT,
  };
}

/** Applies the policy chosen by an earlier `ipsecLookup`. */
export function ipsecTransform(context: StageContext): StageResult {
  const policy = context.marks.chosenPolicy;
  if (policy === undefined)
    return { outcome: 'continue', quiet: true, said: text('No policy was chosen.'), flow: NEXT };
  return applyPolicy(context, policy);
}

function findPolicy(context: StageContext): SecurityPolicy | undefined {
  const summary = summarizePacket(context.packet);
  if (summary === undefined) return undefined;
  return lookUpPolicy(context.gateway.ipsec, 'out', summary, {
    behaviour: context.gateway.platform.ipsec,
    forwarded: !context.marks.local,
  });
}

function sourceNow(packet: Packet) {
  const summary = summarizePacket(packet);
  return summary === undefined ? {} : { sourceAtLookUp: summary.source };
}

function discarded(policy: SecurityPolicy): StageResult {
  return {
    outcome: 'dropped',
    said: text('Policy ', policyLink(policy), ' says discard.'),
    origins: [policy.origin],
    flow: { kind: 'drop', reason: 'policy-discard' },
  };
}

function applyPolicy(context: StageContext, policy: SecurityPolicy): StageResult {
  const { gateway, marks, state } = context;
  switch (policy.action) {
    case 'discard':
      return discarded(policy);
    case 'none':
    case 'bypass':
      return {
        outcome: 'continue',
        said: text(
          'Policy ',
          policyLink(policy),
          ' says ',
          value(policy.action),
          ': the packet goes on in clear.',
        ),
        origins: [policy.origin],
        ...doubtOf(policy),
        marks: { ...marks, ...sourceNow(context.packet) },
        flow: NEXT,
      };
    case 'entrust':
    case 'ipsec':
      break;
  }
  let packet = context.packet;
  const substeps: Substep[] = [];
  const done = {
    ...marks,
    ipsecDone: true,
    local: true,
    encapsulations: marks.encapsulations + 1,
  };
  const { leavesBy: _oldRoute, chosenPolicy: _used, ...rerouted } = done;
  const putOn = [...(marks.putOn ?? [])];
  for (const request of policy.requests) {
    const summary = summarizePacket(packet);
    if (summary === undefined) break;
    const candidates = associationsFor(gateway.ipsec, request, summary);
    const association = candidates[0];
    const ends = endpointsOf(request, summary);
    const wanted = requestName(request, ends);
    if (association === undefined) {
      if (effectiveLevel(policy, request, gateway.settings) === 'require') {
        return {
          outcome: 'dropped',
          said: text(
            'Policy ',
            policyLink(policy),
            ' requires ',
            value(wanted),
            asksForOwnAssociation(request)
              ? ' and, by `unique` without a number, an association of its own, which only a key daemon makes. The packet is dropped.'
              : ', and there is no security association for it. The packet is dropped; a key daemon would be asked.',
          ),
          origins: [policy.origin],
          substeps,
          flow: { kind: 'drop', reason: 'no-sa' },
        };
      }
      substeps.push({
        outcome: 'continue',
        said: text(
          'Policy ',
          policyLink(policy),
          ' would use ',
          value(wanted),
          ', but there is no security association for it, and the level lets the packet go on ',
          value('in clear'),
          '.',
        ),
        origins: [policy.origin],
      });
      continue;
    }
    const sequence = (state.sequences.get(association) ?? 0) + 1;
    state.sequences.set(association, sequence);
    const outer: OuterOptions = {
      ttl: settingValue(gateway.settings, 'net.inet.ip.ttl'),
      id: sequence & 0xffff,
      dontFragment: dfbit(gateway.settings),
      ecn: outerEcn(gateway),
    };
    const how: Protection = {
      mode: request.mode,
      ...(request.tunnel === undefined ? {} : { tunnel: request.tunnel }),
      sequence,
      iv: 'deterministic',
      outer,
    };
    const before = packet;
    // A filter on enc0 that stops the packet is the last step; what it was about to enter is said before it.
    const stopped = (hooks: readonly Substep[]): Substep[] => [
      ...substeps,
      {
        outcome: 'continue',
        said: text(
          'Policy ',
          policyLink(policy),
          ' takes it: SA ',
          associationLink(association),
          ' is to protect it.',
        ),
        origins: [policy.origin, association.origin],
        before,
        packet: before,
        spi: association.spi,
        entry: associationEntry(association, sequence),
      },
      ...hooks,
    ];
    const inner = passWithin(context, 'encapsulate-inner', packet);
    if (inner.dropped !== undefined) return { ...inner.dropped, substeps: stopped(inner.substeps) };
    // An association to another address than the packet's is a tunnel whatever its mode says (ipsec4_process_packet()).
    const tunnelled = request.mode === 'tunnel' || !sameAddress(association.destination, summary.destination);
    const wrapped = tunnelled ? putInTunnel(inner.packet, association, how) : inner.packet;
    const around = passWithin(context, 'encapsulate-outer', wrapped);
    if (around.dropped !== undefined)
      return { ...around.dropped, substeps: stopped([...inner.substeps, ...around.substeps]) };
    substeps.push(...inner.substeps, ...around.substeps);
    // The tunnel header is on already, so what is left is a transform of that packet's payload.
    const result = protect(around.packet, asUsed(association, gateway.platform.ipsec), {
      ...how,
      mode: 'transport',
    });
    if (result.failure !== undefined) {
      return {
        outcome: 'dropped',
        said: text('SA ', associationLink(association), ' cannot be applied. ', result.failure.message),
        origins: [association.origin, policy.origin],
        substeps,
        ...(result.failure.code === 'unmodelled' ? { uncertain: result.failure.message } : {}),
        flow: { kind: 'drop', reason: result.failure.code },
      };
    }
    packet = result.packet;
    putOn.push({ request, association });
    substeps.push({
      outcome: 'changed',
      said: text(
        'Policy ',
        policyLink(policy),
        ' takes it: SA ',
        associationLink(association),
        ` (${algorithmNames(association)}) puts it into `,
        value(wanted),
        candidates.length > 1 ? `. ${candidates.length} associations would serve; the oldest is used.` : '.',
      ),
      origins: [policy.origin, association.origin],
      before,
      packet,
      spi: association.spi,
      intermediate: around.packet,
      entry: associationEntry(association, sequence),
    });
  }
  const changed = packet !== context.packet;
  const last = substeps.pop();
  return {
    ...(last ?? {
      outcome: 'continue' as const,
      said: text('Policy ', policyLink(policy), ' has no request.'),
    }),
    outcome: changed ? 'changed' : 'continue',
    packet,
    // The wrapped packet is routed anew, by its outer destination.
    marks: changed ? { ...rerouted, putOn } : { ...done, local: marks.local },
    substeps,
    flow: { kind: 'path', path: 'output' },
  };
}

/** What the policy says that no kernel was seen to do. */
function doubtOf(policy: SecurityPolicy): { uncertain?: string } {
  return policy.unmodelled === undefined || policy.unmodelled.length === 0
    ? {}
    : { uncertain: policy.unmodelled.join(', ') };
}

/** `net.inet.ipsec.dfbit`: 0 clears DF on the outer header, 1 sets it, 2 copies it. */
function dfbit(settings: ReadonlyMap<string, number>): NonNullable<OuterOptions['dontFragment']> {
  const setting = settingValue(settings, 'net.inet.ipsec.dfbit');
  return setting === 1 ? 'set' : setting === 2 ? 'copy' : 'clear';
}

/** ip_ecn_ingress() of sys/netipsec/xform_ipip.c (NetBSD) and ipsec_output.c, ipsec_encap() (FreeBSD). */
function outerEcn({ platform, settings }: Gateway): NonNullable<OuterOptions['ecn']> {
  const { outerEcn: rule } = platform.ipsec;
  if (rule !== 'as-set') return rule;
  return settingValue(settings, 'net.inet.ipsec.ecn') === 1 ? 'allowed' : 'forbidden';
}
