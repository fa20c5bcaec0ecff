/** What a NAT rule means where it leaves something unsaid: its family, its protocols, the ports of an `rdr`. */
import type { AddressFamily } from '../../policy/address';
import type { PortNumber } from '../ipfilter-kit/ports';
import type { IpnatRule, PortSpan, TargetNode } from './tree';

export function familyOf(rule: IpnatRule): AddressFamily {
  if (rule.inet6) return 6;
  for (const side of [rule.source, rule.destination]) {
    const address = side?.addresses[0];
    if (address?.kind === 'network' && address.value.family === 6) return 6;
  }
  return targetFamily(rule.newSource) === 6 || targetFamily(rule.newDestination) === 6 ? 6 : 4;
}

function targetFamily(target: TargetNode | undefined): AddressFamily | undefined {
  if (target?.kind === 'span') return target.first.value.family;
  if (target?.kind !== 'addresses') return undefined;
  const first = target.list[0];
  return first?.kind === 'network' ? first.value.family : undefined;
}

/** Empty: any protocol. */
export function protocolsOf(rule: IpnatRule): readonly number[] {
  if (rule.protocol !== undefined) return rule.protocol.numbers;
  if (rule.anyProtocol) return [];
  // Ports without a protocol mean TCP and UDP; `divert` without one is printed and matched as TCP.
  if (
    rule.verb === 'rdr' &&
    (rule.takenPorts !== undefined || rule.destinationPorts !== undefined || sidesHavePorts(rule))
  )
    return [6, 17];
  return rule.verb === 'divert' ? [6] : [];
}

function sidesHavePorts(rule: IpnatRule): boolean {
  return (rule.source?.ports.length ?? 0) > 0 || (rule.destination?.ports.length ?? 0) > 0;
}

/** `proxy port 21 ftp/tcp` on an `rdr` is short for port 21 on both sides of the arrow. */
export function rdrPortsOf(rule: IpnatRule): {
  readonly taken: PortSpan | undefined;
  readonly given: (PortSpan & { readonly fixed: boolean }) | undefined;
} {
  const port: PortNumber | undefined = rule.verb === 'rdr' ? rule.proxy?.port : undefined;
  const span = port === undefined ? undefined : { first: port, last: undefined };
  return {
    taken: rule.takenPorts ?? span,
    given: rule.destinationPorts ?? (span === undefined ? undefined : { ...span, fixed: false }),
  };
}
