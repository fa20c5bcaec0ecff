/**
 * What one statement does to the SPD and SAD, worked out once per statement and kept under it. The keys by which
 * entries are found again are texts made here, so that carrying out a file compares texts and formats nothing.
 */
import { type Address, formatAddress, fullLength } from '../../policy/address';
import type {
  IpsecProtocol,
  IpsecRequest,
  SecurityAssociation,
  SecurityPolicy,
  TrafficSelector,
  TunnelEndpoints,
} from '../../policy/ipsec';
import { Shared } from '../../policy/sharing';
import type { ParsedStatement } from '../../syntax/statement';
import type { TextRange } from '../../text/range';
import { printAssociation, printPolicy } from './print';
import type {
  AddCommand,
  Command,
  Endpoint,
  Range,
  Request,
  SaCommand,
  SetkeyTree,
  SpdCommand,
} from './tree';
import { SA_PROTOCOLS } from './words';

export type SaBody = Omit<SecurityAssociation, 'origin'>;
export type PolicyBody = Omit<SecurityPolicy, 'origin'>;

export type Effect =
  | AddEffect
  /** `delete`, or `deleteall` when there is no SPI. `ends` as `endsKey` makes it. */
  | { readonly kind: 'delete'; readonly ends: string; readonly spi: number | undefined }
  | PolicyEffect
  | { readonly kind: 'delete-policy'; readonly key: string }
  | { readonly kind: 'flush'; readonly protocol: string | undefined }
  | { readonly kind: 'spdflush' };

export interface AddEffect {
  readonly kind: 'add';
  readonly body: SaBody;
  /** Where the SPI is written. */
  readonly spiRange: TextRange;
  /** Protocol, source and destination. */
  readonly ends: string;
  /** Protocol, destination and SPI: what an arriving packet says. */
  readonly identity: string;
}

export interface PolicyEffect {
  readonly kind: 'policy';
  readonly body: PolicyBody;
  /** `spdadd`, which the kernel refuses when there is such an entry; `spdupdate` replaces it. */
  readonly isNew: boolean;
  /** Of the command's word. */
  readonly wordRange: TextRange;
  /** Where each request of the body is written. */
  readonly requests: readonly WrittenRequest[];
  /** Entries with one key are one entry to the kernel. */
  readonly key: string;
}

export interface WrittenRequest extends TextRange {
  /** Its ends are left to the key daemon. */
  readonly isNegotiated: boolean;
}

/** What carrying out needs of a statement: its tree is not kept. */
export interface Step {
  readonly content: TextRange;
  readonly isExit: boolean;
  /** Undefined for what changes nothing here: queries, entries that ask a resolver, statements with errors. */
  readonly effect: Effect | undefined;
}

/** Undefined for comments and blank statements. */
export function stepOf(statement: ParsedStatement<SetkeyTree>): Step | undefined {
  let step = steps.get(statement);
  if (step === undefined) {
    step = workOutStep(statement);
    steps.set(statement, step);
  }
  return step === NO_STEP ? undefined : step;
}

const NO_STEP: Step = { content: { start: 0, end: 0 }, isExit: false, effect: undefined };
const steps = new WeakMap<ParsedStatement<SetkeyTree>, Step>();

function workOutStep(statement: ParsedStatement<SetkeyTree>): Step {
  const { command, content } = statement.tree;
  if (command.kind === 'blank' || command.kind === 'comment') return NO_STEP;
  const isRefused = statement.problems.some((p) => p.severity === 'error');
  return {
    content: { start: content.start, end: content.end },
    isExit: command.kind === 'exit' && !isRefused,
    effect: isRefused ? undefined : workOutEffect(command),
  };
}

/** Protocol, source and destination of an SA, as a text to find it by. */
export function endsKey(protocol: IpsecProtocol, source: Address, destination: Address): string {
  return `${protocol} ${formatAddress(source)} ${formatAddress(destination)}`;
}

function workOutEffect(command: Command): Effect | undefined {
  switch (command.kind) {
    case 'add': {
      const body = lowerAssociation(command);
      if (body === undefined) return undefined;
      const ends = endsKey(body.protocol, body.source, body.destination);
      const identity = `${body.protocol} ${formatAddress(body.destination)} ${body.spi}`;
      const { start, end } = command.spi;
      return { kind: 'add', body, spiRange: { start, end }, ends, identity };
    }
    case 'delete':
    case 'deleteall':
      return deleteEffect(command);
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
      const { word, policy } = command;
      return {
        kind: 'policy',
        key,
        isNew: command.kind === 'spdadd',
        wordRange: { start: word.start, end: word.end },
        requests: policy.requests.map(({ start, end, endpoints }) => ({
          start,
          end,
          isNegotiated: endpoints?.kind === 'negotiated',
        })),
        body: lowerPolicy(command, selector),
      };
    }
    default:
      return undefined;
  }
}

function deleteEffect(command: SaCommand): Effect | undefined {
  const source = command.source.host.value;
  const destination = command.destination.host.value;
  const protocol = SA_PROTOCOLS.get(command.protocol.value);
  if (source === undefined || destination === undefined) return undefined;
  if (protocol === undefined || protocol === 'tcp') return undefined;
  return { kind: 'delete', ends: endsKey(protocol, source, destination), spi: command.spi?.value };
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
    requests: policy.action?.value === 'ipsec' ? sharedRequests(policy.requests) : [],
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

/** Many policies ask for the same: one tunnel has many selectors. */
const requestLists = new Shared<readonly IpsecRequest[]>();

function sharedRequests(written: readonly Request[]): readonly IpsecRequest[] {
  const requests = written.map(lowerRequest);
  const key = JSON.stringify(requests, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
  return requestLists.get(key, () => requests);
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
