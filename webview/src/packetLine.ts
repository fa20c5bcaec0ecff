/**
 * A packet's one-line notation and the fields of the form, one made from the other. The form covers what most
 * packets need; a line that says more (a packet in braces, say) stays a line.
 */

export interface PacketFields {
  readonly direction: '' | 'in' | 'out';
  readonly interface: string;
  readonly protocol: string;
  readonly source: string;
  readonly sourcePort: string;
  readonly destination: string;
  readonly destinationPort: string;
  /** Flags, ICMP type, SPI and whatever else stands behind the addresses. */
  readonly words: string;
}

export const emptyPacket: PacketFields = {
  direction: '',
  interface: '',
  protocol: 'tcp',
  source: '',
  sourcePort: '',
  destination: '',
  destinationPort: '',
  words: '',
};

/** Protocols whose addresses may have ports. */
const withPorts = ['tcp', 'udp', 'sctp'];

export function hasPorts({ protocol }: Pick<PacketFields, 'protocol'>): boolean {
  return withPorts.includes(protocol);
}

export function composePacketLine(fields: PacketFields): string {
  const ports = hasPorts(fields);
  return [
    fields.direction,
    fields.interface === '' ? '' : `on ${fields.interface}`,
    fields.protocol,
    endpoint(fields.source, ports ? fields.sourcePort : ''),
    '>',
    endpoint(fields.destination, ports ? fields.destinationPort : ''),
    fields.words,
  ]
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join(' ');
}

function endpoint(address: string, port: string): string {
  if (port.trim() === '') return address.trim();
  return address.includes(':') ? `[${address.trim()}]:${port.trim()}` : `${address.trim()}:${port.trim()}`;
}

const linePattern =
  /^(?:[\w.-]+:\s+)?(?:(in|out)\s+)?(?:on\s+(\S+)\s+)?([A-Za-z0-9-]+)\s+(\S+)\s*>\s*(\S+)(?:\s+([^{}]*))?$/;

/** Undefined when the line says more than the form can show. */
export function splitPacketLine(line: string): PacketFields | undefined {
  const match = linePattern.exec(line.trim());
  if (match === null) return undefined;
  const [, direction, onInterface, protocol = '', from = '', to = '', words = ''] = match;
  const ports = withPorts.includes(protocol);
  const [source, sourcePort] = splitEndpoint(from, ports);
  const [destination, destinationPort] = splitEndpoint(to, ports);
  return {
    direction: direction === 'in' || direction === 'out' ? direction : '',
    interface: onInterface ?? '',
    protocol,
    source,
    sourcePort,
    destination,
    destinationPort,
    words: words.trim(),
  };
}

function splitEndpoint(text: string, ports: boolean): readonly [string, string] {
  if (!ports) return [text, ''];
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) return [bracketed[1] ?? '', bracketed[2] ?? ''];
  const parts = text.split(':');
  // More than one colon without brackets is an IPv6 address without a port.
  return parts.length === 2 ? [parts[0] ?? '', parts[1] ?? ''] : [text, ''];
}
