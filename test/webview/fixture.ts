/**
 * A walk for the trace view's tests: x-to-y of the mail, from X through A's tunnel to B. Its packets are real
 * bytes; the ESP body is not, since nothing here decrypts it.
 */
import type { PacketView } from '../../protocol/src/packetView';
import type { PlaceView, StepView, TraceView } from '../../protocol/src/traceView';
import { buildPacket } from '../../server/src/packet/build';
import { wrapInIp } from '../../server/src/packet/encapsulate';
import { emitEsp } from '../../server/src/packet/esp';
import { parsePacketLine } from '../../server/src/packet/notation';
import type { Packet } from '../../server/src/packet/packet';
import { packetView } from '../../server/src/packet/view';
import { parseAddress } from '../../server/src/policy/address';

export function packetFrom(line: string): Packet {
  const result = parsePacketLine(line);
  if (!('spec' in result)) throw new Error(`not a packet: ${line}`);
  return buildPacket(result.spec);
}

function address(text: string) {
  const result = parseAddress(text);
  if (result === undefined) throw new Error(`not an address: ${text}`);
  return result;
}

const sent = packetFrom('tcp 10.1.0.10:40000 > 10.2.0.20:80 S');
const forwarded = packetFrom('tcp 10.1.0.10:40000 > 10.2.0.20:80 S ttl 63');
const body = Uint8Array.from({ length: 72 }, (_, index) => (index * 73 + 41) & 0xff);
const protectedPacket = wrapInIp(emitEsp({ spi: 0x2710, sequence: 1 }, body), {
  source: address('192.0.2.1'),
  destination: address('203.0.113.1'),
  protocol: 50,
});

/** The ESP packet, its encrypted box opened as the server does it. */
export const espView: PacketView = openEncrypted(
  packetView(protectedPacket, forwarded),
  packetView(forwarded),
);

function openEncrypted(view: PacketView, inside: PacketView): PacketView {
  return { ...view, boxes: view.boxes.map((box) => (box.encrypted ? { ...box, inside } : box)) };
}

export const spdaddPlace: PlaceView = {
  uri: 'file:///net/A/ipsec.conf',
  label: 'ipsec.conf:13',
  line: 12,
  startCharacter: 0,
  endLine: 12,
  endCharacter: 88,
  text: 'spdadd 10.1.0.0/24 10.2.0.0/24 any -P out ipsec esp/tunnel/192.0.2.1-203.0.113.1/require;',
};

const filterPlace: PlaceView = {
  uri: 'file:///net/A/ipf.conf',
  label: 'ipf.conf:17',
  line: 16,
  startCharacter: 0,
  endLine: 16,
  endCharacter: 58,
  text: 'pass in quick on fxp0 from 10.1.0.0/24 to any keep state',
};

const steps: readonly Omit<StepView, 'index'>[] = [
  {
    node: 'x',
    stage: 'send',
    title: 'Sent',
    outcome: 'sent',
    text: 'x sends the packet to its gateway A.',
    places: [],
    packet: packetView(sent),
  },
  {
    node: 'A',
    stage: 'filter',
    title: 'Packet filter (in)',
    hook: 'PFIL_IN',
    interface: 'fxp0',
    direction: 'in',
    outcome: 'pass',
    text: 'Rule 7 passes the packet (quick) and keeps state.',
    places: [filterPlace],
    packet: packetView(sent),
    entry: 'state tcp 10.1.0.10:40000 > 10.2.0.20:80',
    citation: { source: 'sys/netinet/ip_input.c, ip_input()' },
  },
  {
    node: 'A',
    stage: 'ttl',
    title: 'TTL',
    outcome: 'changed',
    text: 'The TTL goes from 64 to 63.',
    places: [],
    packet: packetView(forwarded, sent),
  },
  {
    node: 'A',
    stage: 'ipsec-out',
    title: 'IPsec policy (out)',
    outcome: 'changed',
    text: 'The policy for 10.1.0.0/24 to 10.2.0.0/24 puts the packet into ESP from 192.0.2.1 to 203.0.113.1.',
    places: [spdaddPlace],
    packet: espView,
    before: '10.1.0.10:40000 > 10.2.0.20:80 tcp S',
    after: '192.0.2.1 > 203.0.113.1 esp spi 0x2710',
    entry: 'SA 192.0.2.1 > 203.0.113.1 esp 0x2710, sequence 1',
    citation: {
      source: 'sys/netinet/ip_output.c, ip_output()',
      note: 'The policy is looked up before pfil.',
    },
  },
  {
    node: 'A',
    stage: 'nat',
    title: 'NAT (out)',
    hook: 'PFIL_OUT',
    interface: 'fxp1',
    direction: 'out',
    outcome: 'skipped',
    text: 'No map takes the ESP packet.',
    places: [],
    packet: espView,
  },
  {
    node: 'B',
    stage: 'ipsec-in',
    title: 'IPsec input',
    outcome: 'changed',
    text: 'ESP with SPI 0x2710 is decrypted.',
    places: [],
    packet: packetView(forwarded),
    before: '192.0.2.1 > 203.0.113.1 esp spi 0x2710',
    after: '10.1.0.10:40000 > 10.2.0.20:80 tcp S',
    uncertain: 'The association has a lifetime that is not modelled.',
  },
  {
    node: 'y',
    stage: 'deliver',
    title: 'Delivery',
    outcome: 'delivered',
    text: 'y takes the packet.',
    places: [],
    packet: packetView(forwarded),
  },
];

export const traceFixture: TraceView = {
  version: 1,
  packet: 'x-to-y',
  notation: 'tcp 10.1.0.10:40000 > 10.2.0.20:80 S',
  reply: false,
  topology: {
    nodes: [
      { id: 'x', kind: 'host', detail: '10.1.0.10', visited: true },
      { id: 'y', kind: 'host', detail: '10.2.0.20', visited: true },
      { id: 'z', kind: 'host', detail: '198.51.100.80', visited: false },
      { id: 'A', kind: 'gateway', detail: 'NetBSD', visited: true },
      { id: 'B', kind: 'gateway', detail: 'NetBSD', visited: true },
      { id: 'X', kind: 'network', detail: '10.1.0.0/24', visited: true },
      { id: 'Y', kind: 'network', detail: '10.2.0.0/24', visited: true },
      { id: 'Z', kind: 'internet', detail: '', visited: true },
    ],
    links: [
      { from: 'x', to: 'X', crossed: 'clear' },
      { from: 'y', to: 'Y', crossed: 'clear' },
      { from: 'z', to: 'Z', crossed: 'no' },
      { from: 'A', to: 'X', interface: 'fxp0', crossed: 'clear' },
      { from: 'A', to: 'Z', interface: 'fxp1', crossed: 'encrypted' },
      { from: 'B', to: 'Y', interface: 'fxp0', crossed: 'clear' },
      { from: 'B', to: 'Z', interface: 'fxp1', crossed: 'encrypted' },
    ],
  },
  steps: steps.map((step, position) => ({ ...step, index: position + 1 })),
  verdict: {
    kind: 'delivered',
    node: 'y',
    reason: 'delivered',
    text: 'y received the packet as x sent it, encrypted on Z.',
    places: [],
  },
  findings: [
    {
      code: 'esp-sa-lifetime',
      severity: 'warning',
      text: 'The association to B never expires.',
      places: [spdaddPlace],
    },
  ],
};
