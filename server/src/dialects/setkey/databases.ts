/**
 * The SPD and SAD as they stand after the commands so far, and what is wrong between entries: two SAs with one
 * SPI, two policies with one selector, a request that no SA serves.
 */
import { formatAddress, fullLength, prefixContains } from '../../policy/address';
import {
  asksForOwnAssociation,
  fitsRequest,
  type IpsecDatabase,
  type IpsecRequest,
  type SecurityAssociation,
  type SecurityPolicy,
} from '../../policy/ipsec';
import type { Origin } from '../../policy/origin';
import type { Problem } from '../../syntax/problem';
import type { TextRange } from '../../text/range';
import { type AddEffect, type Effect, endsKey, type PolicyEffect, type WrittenRequest } from './effects';

/** Where the statement stands whose effect is carried out. */
export interface StatementPlace {
  readonly origin: Origin;
  /** Offset that the ranges of its tree count from. */
  readonly start: number;
}

interface HeldPolicy {
  readonly policy: SecurityPolicy;
  readonly requests: readonly WrittenRequest[];
  readonly place: StatementPlace;
}

interface HeldAssociation {
  readonly association: SecurityAssociation;
  readonly effect: AddEffect;
}

export class Databases {
  /** By key; a map keeps the order of entry, which is the order of look-up. */
  private readonly policies = new Map<string, HeldPolicy>();
  private associations: HeldAssociation[] = [];
  private byIdentity = new Map<string, SecurityAssociation>();

  result(): IpsecDatabase {
    return {
      policies: [...this.policies.values()].map((p) => p.policy),
      associations: this.associations.map((a) => a.association),
    };
  }

  apply(effect: Effect, place: StatementPlace): Problem[] {
    switch (effect.kind) {
      case 'add':
        return this.add(effect, place);
      case 'delete':
        this.keep((a) => a.ends !== effect.ends || (effect.spi !== undefined && a.body.spi !== effect.spi));
        return [];
      case 'flush':
        this.keep((a) => effect.protocol !== undefined && a.body.protocol !== effect.protocol);
        return [];
      case 'spdflush':
        this.policies.clear();
        return [];
      case 'delete-policy':
        this.policies.delete(effect.key);
        return [];
      case 'policy':
        return this.addPolicy(effect, place);
    }
  }

  /** Requests that no SA of the file can serve: a key daemon may bring one, so this is a note, not an error. */
  policiesWithoutAssociation(): Problem[] {
    const byEnds = new Map<string, SecurityAssociation[]>();
    for (const { association, effect } of this.associations) {
      const known = byEnds.get(effect.ends);
      if (known === undefined) byEnds.set(effect.ends, [association]);
      else known.push(association);
    }
    const severity = this.associations.length > 0 ? 'information' : 'hint';
    return [...this.policies.values()].flatMap(({ policy, requests, place }) =>
      policy.requests.flatMap((request, index): Problem[] => {
        const written = requests[index];
        if (written === undefined || written.isNegotiated) return [];
        const candidates = this.candidates(byEnds, request, policy);
        if (candidates.some((sa) => fitsRequest(sa, request))) return [];
        const range = { start: place.start + written.start, end: place.start + written.end };
        const message =
          asksForOwnAssociation(request) &&
          candidates.some((sa) => fitsRequest(sa, { ...request, level: 'require' }))
            ? OWN_ASSOCIATION
            : missingAssociationMessage(request, policy);
        return [{ code: 'setkey/policy-without-sa', severity, range, message }];
      }),
    );
  }

  private add(effect: AddEffect, place: StatementPlace): Problem[] {
    const twin = this.byIdentity.get(effect.identity);
    const problems = twin === undefined ? [] : [duplicateAssociation(twin, effect, place)];
    if (problems.some((p) => p.severity === 'error')) return problems;
    const association = { ...effect.body, origin: place.origin };
    this.associations.push({ association, effect });
    if (twin === undefined) this.byIdentity.set(effect.identity, association);
    return problems;
  }

  private addPolicy(effect: PolicyEffect, place: StatementPlace): Problem[] {
    const { body, key, requests } = effect;
    const known = this.policies.get(key);
    if (known !== undefined && effect.isNew) return [duplicatePolicy(known, effect.wordRange, place)];
    // On `spdupdate` the kernel takes the old entry out and enters the new one as any other: at the end.
    this.policies.delete(key);
    this.policies.set(key, { policy: { ...body, origin: place.origin }, requests, place });
    return [];
  }

  private keep(isKept: (effect: AddEffect) => boolean): void {
    this.associations = this.associations.filter((a) => isKept(a.effect));
    this.byIdentity = new Map();
    for (const { association, effect } of this.associations) {
      if (!this.byIdentity.has(effect.identity)) this.byIdentity.set(effect.identity, association);
    }
  }

  /** SAs between the ends that the request will look for. */
  private candidates(
    byEnds: ReadonlyMap<string, readonly SecurityAssociation[]>,
    request: IpsecRequest,
    policy: SecurityPolicy,
  ): readonly SecurityAssociation[] {
    // In transport mode the SA is looked up by the packet's own addresses, which behind an inner tunnel are its ends.
    const ends = request.tunnel ?? policy.requests.find((r) => r.tunnel !== undefined)?.tunnel;
    if (ends !== undefined) return byEnds.get(endsKey(request.protocol, ends.source, ends.destination)) ?? [];
    const { source, destination } = policy.selector;
    const areHosts = [source, destination].every((p) => p.length === fullLength(p.address.family));
    if (areHosts) return byEnds.get(endsKey(request.protocol, source.address, destination.address)) ?? [];
    return this.associations
      .map((a) => a.association)
      .filter((sa) => prefixContains(source, sa.source) && prefixContains(destination, sa.destination));
  }
}

const OWN_ASSOCIATION =
  '`unique` without a number wants an SA of its own, which only a key daemon (racoon) makes; the SAs written in this file do not serve it, and the packets are dropped. Write `unique:N` here and `-u N` at the SA.';

function duplicatePolicy(known: HeldPolicy, { start, end }: TextRange, place: StatementPlace): Problem {
  return {
    code: 'setkey/duplicate-policy',
    severity: 'error',
    range: { start: place.start + start, end: place.start + end },
    message:
      'The SPD has an entry of this direction and these selectors already. setkey reads the line, but the kernel refuses it: File exists. Use `spdupdate`, or remove one of the two.',
    related: [{ file: place.origin.file, range: known.policy.origin, message: 'The entry that stays.' }],
  };
}

function duplicateAssociation(
  twin: SecurityAssociation,
  { body, spiRange }: AddEffect,
  place: StatementPlace,
): Problem {
  const same =
    formatAddress(twin.source) === formatAddress(body.source) &&
    twin.mode === body.mode &&
    twin.uniqueId === body.uniqueId;
  const what = `${body.protocol.toUpperCase()} SA to ${formatAddress(body.destination)} with SPI ${body.spi}`;
  return {
    code: 'setkey/duplicate-sa',
    severity: same ? 'error' : 'warning',
    range: { start: place.start + spiRange.start, end: place.start + spiRange.end },
    message: same
      ? `There is an ${what} already. setkey reads the line, but the kernel refuses it: File exists. Give this one another SPI.`
      : `There is an ${what} already. An arriving packet names destination, protocol and SPI only, so the kernel cannot tell the two apart. Give this one another SPI.`,
    related: [{ file: place.origin.file, range: twin.origin, message: 'The SA that has this SPI.' }],
  };
}

function missingAssociationMessage(request: IpsecRequest, policy: SecurityPolicy): string {
  const ends =
    request.tunnel === undefined
      ? 'between these addresses'
      : `from ${formatAddress(request.tunnel.source)} to ${formatAddress(request.tunnel.destination)}`;
  const id = request.uniqueId === undefined ? '' : ` with \`-u ${request.uniqueId}\``;
  const without =
    policy.direction !== 'out'
      ? 'Until a key daemon (racoon) brings one, no packet can arrive as this policy wants it.'
      : request.level === 'use' || request.level === 'default'
        ? `Until a key daemon (racoon) brings one, \`${request.level}\` sends the packets in clear.`
        : `Until a key daemon (racoon) brings one, \`${request.level}\` drops the packets.`;
  return `This file has no ${request.protocol.toUpperCase()} SA ${ends}${id} in ${request.mode} mode. ${without}`;
}
