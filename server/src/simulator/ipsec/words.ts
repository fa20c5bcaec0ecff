/** Short names for policies and associations: what a sentence can hold. The statement itself is linked. */
import { type Address, formatAddress, formatPrefix, fullLength, type Prefix } from '../../policy/address';
import type { IpsecRequest, SecurityAssociation, SecurityPolicy, TrafficSelector } from '../../policy/ipsec';
import { type Fragment, rule } from '../trace';

/** A link to a policy, named by what it selects: `10.1.0.0/24 > 10.2.0.0/24`. */
export function policyLink(policy: SecurityPolicy): Fragment {
  return rule(selectorName(policy.selector), policy.origin);
}

/** A link to an association, named by its SPI as the file writes numbers: `0x2710`. */
export function associationLink(sa: SecurityAssociation): Fragment {
  return rule(spiName(sa.spi), sa.origin);
}

export function spiName(spi: number): string {
  return `0x${spi.toString(16)}`;
}

/** `ESP tunnel 192.0.2.1 > 203.0.113.1`, `AH transport`. */
export function requestName(request: IpsecRequest, ends: { source: Address; destination: Address }): string {
  return `${request.protocol.toUpperCase()} ${request.mode} ${formatAddress(ends.source)} > ${formatAddress(ends.destination)}`;
}

/** `aes-cbc, hmac-sha1`. */
export function algorithmNames(sa: SecurityAssociation): string {
  return [sa.encryption?.name, sa.authentication?.name, sa.compression]
    .filter((n) => n !== undefined)
    .join(', ');
}

export function associationEntry(sa: SecurityAssociation, sequence?: number): string {
  return `SA ${spiName(sa.spi)} ${formatAddress(sa.source)} > ${formatAddress(sa.destination)}${sequence === undefined ? '' : `, sequence ${sequence}`}`;
}

function selectorName(selector: TrafficSelector): string {
  const upper =
    selector.protocol === undefined
      ? ''
      : ` ${PROTOCOLS[selector.protocol] ?? `protocol ${selector.protocol}`}`;
  return `${end(selector.source, selector.sourcePort)} > ${end(selector.destination, selector.destinationPort)}${upper}`;
}

function end(prefix: Prefix, port: number | undefined): string {
  const address =
    prefix.length === 0
      ? 'any'
      : prefix.length === fullLength(prefix.address.family)
        ? formatAddress(prefix.address)
        : formatPrefix(prefix);
  return port === undefined ? address : `${address}[${port}]`;
}

const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'icmp',
  4: 'ip4',
  6: 'tcp',
  17: 'udp',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'icmp6',
};
