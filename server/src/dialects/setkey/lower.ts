/**
 * Carries the commands of a file out, in their order, on empty databases: what is left is what the kernel holds
 * after `setkey -f`. A statement that setkey or the kernel would refuse takes no part, and neither does one that
 * asks a resolver, so a walk never rests on an entry that might not be there. What one statement contributes is
 * worked out once and kept under the statement; only its place moves.
 */
import { type Address, formatAddress, fullLength, prefixContains } from '../../policy/address';
import type {
  IpsecDatabase,
  IpsecRequest,
  SecurityAssociation,
  SecurityPolicy,
  TrafficSelector,
  TunnelEndpoints,
} from '../../policy/ipsec';
import type { Origin } from '../../policy/origin';
import type { Problem } from '../../syntax/problem';
import type { Parse, ParsedStatement } from '../../syntax/statement';
import type { Lowered, LowerScope } from '../dialect';
import { forEachStatement } from '../statementOrigin';
import { printAssociation, printPolicy } from './print';
import type { AddCommand, Endpoint, Range, Request, SaCommand, SetkeyTree, SpdCommand } from './tree';
import { SA_PROTOCOLS } from './words';

export function lowerSetkey(parse: Parse<SetkeyTree>, scope: LowerScope): Lowered {
  const problems: Problem[] = [];
  const database = new Databases();
  let exited: { start: number; end: number } | undefined;
  forEachStatement(parse, scope.file, (statement, start, originOf) => {
    const { command } = statement.tree;
    if (command.kind === 'blank' || command.kind === 'comment') return;
    const content = contentRange(statement);
    const range = { start: start + content.start, end: start + content.end };
    if (exited !== undefined) {
      problems.push({
        code: 'setkey/after-exit',
        severity: 'hint',
        range,
        tag: 'unnecessary',
        message: 'setkey has stopped reading at the `exit` before; this statement is never carried out.',
        related: [{ file: scope.file, range: exited, message: 'Reading stops here.' }],
      });
      return;
    }
    if (statement.problems.some((p) => p.severity === 'error')) return;
    if (command.kind === 'exit') exited = range;
    const effect = effectOf(statement);
    if (effect !== undefined) {
      problems.push(...database.apply(effect, originOf(content.start, content.end), start, scope.file));
    }
  });
  problems.push(...policiesWithoutAssociation(database, scope.file));
  return { policy: { ipsec: database.result() }, problems };
}

type SaBody = Omit<SecurityAssociation, 'origin'>;
type PolicyBody = Omit<SecurityPolicy, 'origin'>;

type Effect =
  | { readonly kind: 'add'; readonly body: SaBody; readonly command: AddCommand }
  | { readonly kind: 'delete'; readonly matches: (sa: SaBody) => boolean }
  | { readonly kind: 'policy'; readonly body: PolicyBody; readonly key: string; readonly command: SpdCommand }
  | { readonly kind: 'delete-policy'; readonly key: string }
  | { readonly kind: 'flush'; readonly protocol: string | undefined }
  | { readonly kind: 'spdflush' };

const effects = new WeakMap<ParsedStatement<SetkeyTree>, { readonly effect: Effect | undefined }>();

function effectOf(statement: ParsedStatement<SetkeyTree>): Effect | undefined {
  let known = effects.get(statement);
  if (known === undefined) {
    known = { effect: workOutEffect(statement) };
    effects.set(statement, known);
  }
  return known.effect;
}

function workOutEffect(statement: ParsedStatement<SetkeyTree>): Effect | undefined {
  const { command } = statement.tree;
  switch (command.kind) {
    case 'add': {
      const body = lowerAssociation(command);
      return body === undefined ? undefined : { kind: 'add', body, command };
    }
    case 'delete':
    case 'deleteall':
      return { kind: 'delete', matches: associationTest(command) };
    case 'flush':
      return { kind: 'flush', protocol: command.protocol && SA_PROTOCOLS.get(command.protocol.value) };
    case 'spdflush':
      return { kind: 'spdflush' };
    case 'spdadd':
    case 'spdupdate':
    case 'spddelete': {
      const selector = lowerSelector(command);
      if (selector === undefined) return undefined;
      const key = policyKey(selector, command);
      if (command.kind === 'spddelete') return { kind: 'delete-policy', key };
      return { kind: 'policy', key, command, body: lowerPolicy(command, selector) };
    }
    default:
      return undefined;
  }
}

interface HeldPolicy {
  readonly policy: SecurityPolicy;
  readonly key: string;
  readonly command: SpdCommand;
  readonly start: number;
}

/** The SPD and SAD as they stand after the commands so far. */
class Databases {
  policies: HeldPolicy[] = [];
  associations: SecurityAssociation[] = [];

  result(): IpsecDatabase {
    return { policies: this.policies.map((p) => p.policy), associations: this.associations };
  }

  apply(effect: Effect, origin: Origin, start: number, file: string): Problem[] {
    switch (effect.kind) {
      case 'add':
        return this.add(effect, origin, start, file);
      case 'delete':
        this.associations = this.associations.filter((sa) => !effect.matches(sa));
        return [];
      case 'flush':
        this.associations =
          effect.protocol === undefined
            ? []
            : this.associations.filter((sa) => sa.protocol !== effect.protocol);
        return [];
      case 'spdflush':
        this.policies = [];
        return [];
      case 'delete-policy':
        this.policies = this.policies.filter((p) => p.key !== effect.key);
        return [];
      case 'policy':
        return this.addPolicy(effect, origin, start, file);
    }
  }

  private add(effect: Effect & { kind: 'add' }, origin: Origin, start: number, file: string): Problem[] {
    const { body, command } = effect;
    const twin = this.associations.find(
      (sa) =>
        sa.spi === body.spi &&
        sa.protocol === body.protocol &&
        formatAddress(sa.destination) === formatAddress(body.destination),
    );
    const problem = twin === undefined ? [] : [duplicateAssociation(twin, body, command, start, file)];
    if (problem.every((p) => p.severity !== 'error')) this.associations.push({ ...body, origin });
    return problem;
  }

  private addPolicy(
    effect: Effect & { kind: 'policy' },
    origin: Origin,
    start: number,
    file: string,
  ): Problem[] {
    const { body, key, command } = effect;
    const held: HeldPolicy = { policy: { ...body, origin }, key, command, start };
    const index = this.policies.findIndex((p) => p.key === key);
    if (index < 0) {
      this.policies.push(held);
      return [];
    }
    const known = this.policies[index]!;
    if (command.kind === 'spdupdate') {
      // The kernel takes the old entry out and enters the new one as any other: at the end.
      this.policies.splice(index, 1);
      this.policies.push(held);
      return [];
    }
    const at = command.word;
    return [
      {
        code: 'setkey/duplicate-policy',
        severity: 'error',
        range: { start: start + at.start, end: start + at.end },
        message:
          'The SPD has an entry of this direction and these selectors already. setkey reads the line, but the kernel refuses it: File exists. Use `spdupdate`, or remove one of the two.',
        related: [{ file, range: known.policy.origin, message: 'The entry that stays.' }],
      },
    ];
  }
}

function duplicateAssociation(
  twin: SecurityAssociation,
  body: SaBody,
  command: AddCommand,
  start: number,
  file: string,
): Problem {
  const same =
    formatAddress(twin.source) === formatAddress(body.source) &&
    twin.mode === body.mode &&
    twin.uniqueId === body.uniqueId;
  const what = `${body.protocol.toUpperCase()} SA to ${formatAddress(body.destination)} with SPI ${command.spi.value}`;
  return {
    code: 'setkey/duplicate-sa',
    severity: same ? 'error' : 'warning',
    range: { start: start + command.spi.start, end: start + command.spi.end },
    message: same
      ? `There is an ${what} already. setkey reads the line, but the kernel refuses it: File exists. Give this one another SPI.`
      : `There is an ${what} already. An arriving packet names destination, protocol and SPI only, so the kernel cannot tell the two apart. Give this one another SPI.`,
    related: [{ file, range: twin.origin, message: 'The SA that has this SPI.' }],
  };
}

function lowerAssociation(command: AddCommand): SaBody | undefined {
  const source = command.source.host.value;
  const destination = command.destination.host.value;
  const protocol = SA_PROTOCOLS.get(command.protocol.value);
  if (source === undefined || destination === undefined) return undefined;
  if (protocol === undefined || protocol === 'tcp') return undefined;
  const udp = udpPorts(command);
  const unmodelled = unmodelledOfAssociation(command);
  const { encryption, authentication, compression } = command;
  return {
    source,
    destination,
    protocol,
    spi: command.spi.value,
    mode: command.mode?.value ?? 'any',
    replayWindow: command.replayWindow?.value ?? 0,
    uniqueId: command.uniqueId?.value ?? 0,
    text: printAssociation(command),
    ...(udp === undefined ? {} : { udpEncapsulation: udp }),
    ...(command.protocol.value.endsWith('-old') ? { old: true } : {}),
    ...(encryption === undefined ? {} : { encryption: keyed(encryption) }),
    ...(authentication === undefined ? {} : { authentication: keyed(authentication) }),
    ...(compression === undefined ? {} : { compression: compression.value }),
    ...(command.rawCpi ? { rawCpi: true } : {}),
    ...(command.flags.some((f) => f.value === 'zero-pad') ? { padding: 'zero' as const } : {}),
    ...(unmodelled.length === 0 ? {} : { unmodelled }),
  };
}

function keyed(use: NonNullable<AddCommand['encryption']>): { name: string; key: Uint8Array } {
  // `simple` is an old word for `null`.
  return { name: use.name === 'simple' ? 'null' : use.name, key: use.key?.value ?? new Uint8Array(0) };
}

/** Port 4500 where none is written, as setkey fills it in (DEFAULT_NATT_PORT). */
function udpPorts(command: AddCommand): SaBody['udpEncapsulation'] {
  if (command.protocol.value !== 'esp-udp') return undefined;
  return {
    sourcePort: command.source.port?.value ?? 4500,
    destinationPort: command.destination.port?.value ?? 4500,
  };
}

function unmodelledOfAssociation(command: AddCommand): string[] {
  const out: string[] = [];
  if (command.context !== undefined) out.push('the security label of `-ctx`');
  if (command.flags.some((f) => f.value === 'random-pad')) out.push('random padding (`-f random-pad`)');
  if (command.limits.some((l) => l.option === '-esp_frag')) out.push('the fragment size of `-esp_frag`');
  if (command.compression !== undefined && command.compression.value !== 'deflate') {
    out.push(`the compression \`${command.compression.value}\``);
  }
  return out;
}

function associationTest(command: SaCommand): (sa: SaBody) => boolean {
  const source = command.source.host.value;
  const destination = command.destination.host.value;
  const protocol = SA_PROTOCOLS.get(command.protocol.value);
  return (sa) =>
    source !== undefined &&
    destination !== undefined &&
    sa.protocol === protocol &&
    formatAddress(sa.source) === formatAddress(source) &&
    formatAddress(sa.destination) === formatAddress(destination) &&
    (command.spi === undefined || sa.spi === command.spi.value);
}

function lowerSelector(command: SpdCommand): TrafficSelector | undefined {
  const source = prefixOf(command.source);
  const destination = prefixOf(command.destination);
  if (source === undefined || destination === undefined) return undefined;
  const upper = command.upper.value;
  return {
    source,
    destination,
    ...(upper.number === undefined ? {} : { protocol: upper.number }),
    ...(command.source.port === undefined ? {} : { sourcePort: command.source.port.value }),
    ...(command.destination.port === undefined ? {} : { destinationPort: command.destination.port.value }),
    ...(upper.icmpType === undefined ? {} : { icmpType: upper.icmpType }),
    ...(upper.icmpCode === undefined ? {} : { icmpCode: upper.icmpCode }),
  };
}

function prefixOf(range: Range): { address: Address; length: number } | undefined {
  const address = range.host.value;
  if (address === undefined || range.unknownService) return undefined;
  return { address, length: range.length?.value ?? fullLength(address.family) };
}

function lowerPolicy(command: SpdCommand, selector: TrafficSelector): PolicyBody {
  const { policy } = command;
  const unmodelled = unmodelledOfPolicy(command);
  return {
    direction: policy.direction.value,
    selector,
    // Type 0, which is what a policy without an action leaves in the message, is `discard` to the kernel.
    action: policy.action?.value ?? 'discard',
    requests: policy.action?.value === 'ipsec' ? policy.requests.map(lowerRequest) : [],
    text: printPolicy(command),
    ...(policy.priority === undefined ? {} : { priority: policy.priority.value }),
    ...(unmodelled.length === 0 ? {} : { unmodelled }),
  };
}

function unmodelledOfPolicy(command: SpdCommand): string[] {
  const out: string[] = [];
  const { policy, upper } = command;
  if (command.context !== undefined) out.push('the security label of `-ctx`');
  if (upper.value.greKey !== undefined) out.push(`the GRE key ${upper.value.greKey} in the selector`);
  if (upper.value.icmpType !== undefined && upper.value.icmpCode === undefined) {
    out.push('the ICMP code, which setkey leaves undefined');
  }
  if (policy.action?.value === 'entrust' || policy.action?.value === 'bypass') {
    out.push(`\`${policy.action.value}\` in the SPD, which the kernels of NetBSD and FreeBSD refuse`);
  }
  if (policy.requests.some((r) => r.endpoints?.kind === 'negotiated')) {
    out.push('tunnel ends left to the key daemon (`me-any`, `any-me`)');
  }
  return out;
}

function lowerRequest(request: Request): IpsecRequest {
  const tunnel = tunnelOf(request);
  return {
    protocol: request.protocol.value,
    mode: request.mode.value,
    level: request.level?.value ?? 'default',
    ...(tunnel === undefined ? {} : { tunnel }),
    ...(request.uniqueId === undefined ? {} : { uniqueId: request.uniqueId }),
  };
}

function tunnelOf(request: Request): TunnelEndpoints | undefined {
  if (request.endpoints?.kind !== 'addresses') return undefined;
  const { source, destination } = request.endpoints;
  if (source.host.value === undefined || destination.host.value === undefined) return undefined;
  return {
    source: source.host.value,
    destination: destination.host.value,
    ...portOf('sourcePort', source),
    ...portOf('destinationPort', destination),
  };
}

function portOf<K extends string>(name: K, endpoint: Endpoint): { [key in K]?: number } {
  return endpoint.port === undefined ? {} : ({ [name]: endpoint.port.value } as { [key in K]: number });
}

/** Entries with one key are one entry to the kernel: it refuses the second and deletes by it. */
function policyKey(selector: TrafficSelector, command: SpdCommand): string {
  const side = (p: TrafficSelector['source'], port: number | undefined) =>
    `${formatAddress(p.address)}/${p.length}[${port ?? 'any'}]`;
  const { upper, policy } = command;
  return [
    policy.direction.value,
    side(selector.source, selector.sourcePort),
    side(selector.destination, selector.destinationPort),
    selector.protocol ?? 'any',
    upper.value.icmpType ?? '',
    upper.value.icmpCode ?? '',
    upper.value.greKey ?? '',
  ].join(' ');
}

/** Requests that no SA of the file can serve: a key daemon may bring one, so this is a note, not an error. */
function policiesWithoutAssociation(database: Databases, file: string): Problem[] {
  const problems: Problem[] = [];
  const severity = database.associations.length > 0 ? 'information' : 'hint';
  for (const held of database.policies) {
    if (held.policy.action !== 'ipsec') continue;
    held.policy.requests.forEach((request, index) => {
      const place = held.command.policy.requests[index];
      if (place === undefined || place.endpoints?.kind === 'negotiated') return;
      if (database.associations.some((sa) => serves(sa, request, held.policy))) return;
      problems.push({
        code: 'setkey/policy-without-sa',
        severity,
        range: { start: held.start + place.start, end: held.start + place.end },
        message: missingAssociationMessage(request, held.policy),
      });
    });
  }
  return problems;
}

function serves(sa: SecurityAssociation, request: IpsecRequest, policy: SecurityPolicy): boolean {
  if (sa.protocol !== request.protocol) return false;
  if (sa.mode !== 'any' && sa.mode !== request.mode) return false;
  if (request.uniqueId !== undefined && sa.uniqueId !== request.uniqueId) return false;
  if (request.tunnel !== undefined) {
    return (
      formatAddress(sa.source) === formatAddress(request.tunnel.source) &&
      formatAddress(sa.destination) === formatAddress(request.tunnel.destination)
    );
  }
  // In transport mode the SA is looked up by the packet's own addresses, which behind an inner tunnel are its ends.
  const inner = policy.requests.find((r) => r.tunnel !== undefined)?.tunnel;
  if (inner !== undefined) {
    return (
      formatAddress(sa.source) === formatAddress(inner.source) &&
      formatAddress(sa.destination) === formatAddress(inner.destination)
    );
  }
  const { source, destination } = policy.selector;
  return prefixContains(source, sa.source) && prefixContains(destination, sa.destination);
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

/** The statement without the blanks and comments around it. */
function contentRange(statement: ParsedStatement<SetkeyTree>): { start: number; end: number } {
  const { tokens } = statement.tree;
  const words = tokens.filter((t) => t.kind !== 'comment');
  const semicolon = statement.text.lastIndexOf(';');
  const last = words[words.length - 1]?.range.end ?? statement.text.trimEnd().length;
  const comment = tokens.find((t) => t.kind === 'comment' && t.range.start >= last);
  const hasTerminator = semicolon >= last && (comment === undefined || semicolon < comment.range.start);
  return { start: words[0]?.range.start ?? 0, end: hasTerminator ? semicolon + 1 : last };
}
