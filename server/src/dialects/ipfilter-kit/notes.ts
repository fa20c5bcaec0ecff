/** Notes behind words: the service of a port number, the addresses a prefix covers. */
import { formatAddress, mask4 } from '../../policy/address';
import { serviceName } from '../../syntax/services';
import type { InlayNote } from '../dialect';
import type { NetworkNode } from './addresses';
import type { PortNumber, ServiceProtocol } from './ports';
import type { SideNode } from './sides';

export function pushSideNotes(
  side: SideNode,
  protocol: ServiceProtocol | undefined,
  notes: InlayNote[],
): void {
  if (protocol !== undefined)
    for (const port of side.ports)
      if (port.operator === '=' || port.operator === '!=') pushServiceNote(port.first, protocol, notes);
  for (const address of side.addresses) if (address.kind === 'network') pushNetworkNote(address, notes);
}

/** The first and last address behind a mask. */
export function pushNetworkNote({ value, length, end }: NetworkNode, notes: InlayNote[]): void {
  if (value.family !== 4 || length === undefined || length === 0 || length === 32) return;
  const last = (value.value | (~mask4(length) >>> 0)) >>> 0;
  notes.push({
    offset: end,
    text: `${formatAddress(value)} - ${formatAddress({ family: 4, value: last })}`,
    tooltip: `${2 ** (32 - length)} addresses`,
    kind: 'addresses',
  });
}

export function pushServiceNote(port: PortNumber, protocol: ServiceProtocol, notes: InlayNote[]): void {
  if (port.value === undefined || !/^\d+$/.test(port.text)) return;
  const name = serviceName(port.value, protocol);
  if (name !== undefined) notes.push({ offset: port.end, text: name, kind: 'service' });
}

/** Whose service names ports of these protocols have; undefined when they have none. */
export function serviceProtocolOf(numbers: readonly number[]): ServiceProtocol | undefined {
  if (numbers.length === 0) return 'both';
  const tcp = numbers.includes(6);
  const udp = numbers.includes(17);
  return tcp && udp ? 'both' : tcp ? 'tcp' : udp ? 'udp' : undefined;
}
