import type { TraceStep } from '../simulator/trace';

/** What users call a stage. `Packet filter (in)`, `NAT (out)`. */
export function stageTitle(step: Pick<TraceStep, 'stage' | 'direction'>): string {
  const title = titles[step.stage];
  return step.direction !== undefined && directed.has(step.stage) ? `${title} (${step.direction})` : title;
}

const titles: Readonly<Record<TraceStep['stage'], string>> = {
  send: 'Sent',
  receive: 'Received',
  wire: 'On the wire',
  filter: 'Packet filter',
  state: 'State table',
  account: 'Accounting',
  nat: 'NAT',
  'ipsec-out': 'IPsec policy (out)',
  'ipsec-lookup': 'IPsec policy look-up',
  'ipsec-transform': 'IPsec transform',
  'ipsec-in': 'IPsec input',
  'ipsec-check': 'IPsec policy check',
  'route-in': 'For this host?',
  ttl: 'TTL',
  'route-out': 'Route',
  fragment: 'Fragmentation',
  reassemble: 'Reassembly',
  deliver: 'Delivery',
  transmit: 'Transmit',
  answer: 'Answer',
};

/** Stages whose title alone does not say which way the packet goes. */
const directed: ReadonlySet<TraceStep['stage']> = new Set([
  'filter',
  'state',
  'account',
  'nat',
  'ipsec-check',
]);
