/** Statements in one line, as titles and traces show them. Keys are left out: a title travels further than a file. */
import type { AddCommand, Endpoint, PolicyString, Range, Request, SpdCommand } from './tree';

export function printAssociation(add: AddCommand): string {
  const parts = [
    'add',
    printEndpoint(add.source),
    printEndpoint(add.destination),
    add.protocol.value,
    String(add.spi.value),
  ];
  if (add.mode !== undefined) parts.push('-m', add.mode.value);
  if (add.uniqueId !== undefined) parts.push('-u', String(add.uniqueId.value));
  if (add.replayWindow !== undefined) parts.push('-r', String(add.replayWindow.value));
  if (add.encryption !== undefined) parts.push('-E', add.encryption.word.value);
  if (add.authentication !== undefined) parts.push('-A', add.authentication.word.value);
  if (add.compression !== undefined) parts.push('-C', add.compression.value);
  if (add.rawCpi) parts.push('-R');
  return parts.join(' ');
}

export function printPolicy(command: SpdCommand): string {
  const { upper } = command;
  const detail =
    upper.value.icmpType !== undefined
      ? ` ${upper.value.icmpType}${upper.value.icmpCode === undefined ? '' : `,${upper.value.icmpCode}`}`
      : upper.value.greKey === undefined
        ? ''
        : ` ${upper.value.greKey}`;
  return `${command.kind} ${printRange(command.source)} ${printRange(command.destination)} ${upper.value.text}${detail} -P ${printPolicyString(command.policy)}`;
}

export function printPolicyString(policy: PolicyString): string {
  const parts: string[] = [policy.direction.value];
  if (policy.action !== undefined) parts.push(policy.action.value);
  for (const request of policy.requests) parts.push(printRequest(request));
  return parts.join(' ');
}

export function printRequest(request: Request): string {
  const { endpoints, level } = request;
  const ends =
    endpoints === undefined
      ? ''
      : endpoints.kind === 'negotiated'
        ? 'me-any'
        : `${printEndpoint(endpoints.source)}-${printEndpoint(endpoints.destination)}`;
  const id = request.uniqueId === undefined ? '' : `:${request.uniqueId}`;
  const tail = level === undefined ? '' : `/${level.value}${id}`;
  if (ends === '' && tail === '') return `${request.protocol.value}/${request.mode.value}`;
  return `${request.protocol.value}/${request.mode.value}/${ends}${tail}`;
}

export function printRange(range: Range): string {
  const length = range.length === undefined ? '' : `/${range.length.value}`;
  const port = range.port === undefined ? '' : `[${range.port.value}]`;
  return `${range.host.text}${length}${port}`;
}

export function printEndpoint(endpoint: Endpoint): string {
  return endpoint.port === undefined ? endpoint.host.text : `${endpoint.host.text}[${endpoint.port.value}]`;
}
