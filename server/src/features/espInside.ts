/**
 * What ESP hides, for the packet diagram. Nobody on the way can read it, but the policy files hold the keys, so
 * the bytes themselves are decrypted here: what is shown inside is what really is inside.
 */
import type { PacketBox, PacketView } from '../../../protocol/src/packetView';
import { summarizePacket } from '../packet/decode';
import { EMPTY_REPLAY_STATE, protectionOf, unprotect } from '../packet/ipsec';
import type { Packet } from '../packet/packet';
import { packetView } from '../packet/view';
import { sameAddress } from '../policy/address';
import type { SecurityAssociation } from '../policy/ipsec';
import type { Network } from '../simulator/network';

/** As `packetView`, with the inside of an encrypted box where one of the network's associations opens it. */
export function packetViewWithInside(
  packet: Packet,
  before: Packet | undefined,
  network: Network,
): PacketView {
  const view = packetView(packet, before);
  const at = view.boxes.findIndex((box) => box.encrypted);
  if (at < 0) return view;
  const inside = insideOf(packet, network, mostLayers);
  return inside === undefined ? view : { ...view, boxes: withInside(view.boxes, at, inside) };
}

function withInside(boxes: readonly PacketBox[], at: number, inside: PacketView): PacketBox[] {
  return boxes.map((box, i) => (i === at ? { ...box, inside } : box));
}

/** `levels` bounds ESP in ESP in ESP. */
function insideOf(packet: Packet, network: Network, levels: number): PacketView | undefined {
  if (levels === 0) return undefined;
  const summary = summarizePacket(packet);
  const found = summary && protectionOf(packet.bytes, summary);
  if (summary === undefined || found === undefined) return undefined;
  for (const sa of associationsOf(network)) {
    if (sa.protocol !== found.protocol || !sameAddress(sa.destination, summary.destination)) continue;
    const opened = unprotect(packet, sa, EMPTY_REPLAY_STATE);
    if (opened.failure !== undefined) continue;
    // AH and IPComp hide nothing; the ESP behind them is the next thing.
    if (found.protocol !== 'esp') return insideOf(opened.packet, network, levels - 1);
    return behindIpHeader(opened.intermediate, network, levels);
  }
  return undefined;
}

/** What an IP header carries, as a view whose offsets begin behind that header. */
function behindIpHeader(packet: Packet, network: Network, levels: number): PacketView | undefined {
  const view = packetView(packet);
  const first = view.boxes[0];
  if (first === undefined) return undefined;
  const start = first.headerEndByte;
  const rest = view.boxes.slice(1).map((box) => movedBox(box, start));
  const at = rest.findIndex((box) => box.encrypted);
  const inner = at < 0 ? undefined : insideOf(packet, network, levels - 1);
  return {
    hex: view.hex.slice(2 * start),
    summary: rest[0]?.summary ?? '',
    boxes: inner === undefined ? rest : withInside(rest, at, inner),
  };
}

function movedBox(box: PacketBox, by: number): PacketBox {
  return {
    ...box,
    startByte: box.startByte - by,
    headerEndByte: box.headerEndByte - by,
    endByte: box.endByte - by,
    fields: box.fields.map((field) => ({ ...field, bitOffset: field.bitOffset - 8 * by })),
  };
}

function associationsOf(network: Network): readonly SecurityAssociation[] {
  return network.gateways.flatMap((gateway) => gateway.ipsec.associations);
}

const mostLayers = 4;
