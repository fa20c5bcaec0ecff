/**
 * A packet as the diagram draws it: a box for each layer, a row entry for each field, with the value it had before a
 * stage where the stage changed it. Everything is read through the wire formats' field tables; no offset stands
 * here.
 *
 * Boxes of two packets are matched by aligning their layers, because stages put headers in front and take them
 * off: in a packet that was put into another IP header, the old header is the inner one, not the first one.
 */
import type { FieldView, PacketBox, PacketView } from '../../../protocol/src/packetView';
import { addressFromBytes, formatAddress } from '../policy/address';
import { ahField, ahFormat } from './ah';
import { formatHex } from './bytes';
import { espField, espFormat } from './esp';
import { byteOffset, type FieldSpec, readField } from './field';
import { greFormat } from './gre';
import { icmpCodeName, icmpField, icmpFormat, icmpTypeName, isIcmpError } from './icmp';
import { icmpv6CodeName, icmpv6Format, icmpv6TypeName, isIcmpv6Error } from './icmpv6';
import { ipcompField, ipcompFormat } from './ipcomp';
import { ipv4DestinationAt, ipv4Format, ipv4SourceAt } from './ipv4';
import { ipv6DestinationAt, ipv6Field, ipv6Format, ipv6SourceAt } from './ipv6';
import { ipv6ExtensionField, ipv6ExtensionFormat, ipv6FragmentField } from './ipv6Extension';
import { packetOneLine } from './oneLine';
import type { Layer, Packet, WireFormat } from './packet';
import { formatTcpFlags, tcpField, tcpFormat, tcpOptionFields } from './tcp';
import { udpField, udpFormat } from './udp';

export { packetOneLine } from './oneLine';

/** With `before`, fields of boxes that both packets have carry their old value where it differs. */
export function packetView(packet: Packet, before?: Packet): PacketView {
  const boxes = boxesOf(packet);
  const oldBoxes = before === undefined ? [] : boxesOf(before);
  return {
    hex: formatHex(packet.bytes),
    summary: packetOneLine(packet),
    boxes: before === undefined ? boxes : withOldValues(boxes, oldBoxes),
  };
}

function boxesOf(packet: Packet): readonly PacketBox[] {
  return packet.layers.map((layer, index) => {
    const id = `${index}-${layer.protocol}`;
    const format = formatOf(packet, index);
    const quoted = isQuoted(packet, index) ? ' (quoted)' : '';
    return {
      id,
      title: `${format?.title ?? (layer.protocol === 'encrypted' ? 'Encrypted' : 'Payload')}${quoted}`,
      summary: boxSummary(packet, index),
      ...(format !== undefined && { reference: format.reference }),
      startByte: layer.start,
      headerEndByte: layer.headerEnd,
      endByte: layer.end,
      fields: format === undefined ? [] : fieldsOf(packet.bytes, layer, format, id),
      encrypted: layer.protocol === 'encrypted',
      faults: layer.faults,
    };
  });
}

function formatOf(packet: Packet, index: number): WireFormat | undefined {
  const layer = packet.layers[index]!;
  const { bytes } = packet;
  switch (layer.protocol) {
    case 'ipv4':
      return ipv4Format;
    case 'ipv6':
      return ipv6Format;
    case 'ipv6-extension': {
      // Which extension header this is, only the header before it says.
      const previous = packet.layers[index - 1];
      if (previous === undefined) return undefined;
      const field = previous.protocol === 'ipv6' ? ipv6Field.nextHeader : ipv6ExtensionField.nextHeader;
      return ipv6ExtensionFormat(readField(bytes, previous.start, field));
    }
    case 'tcp':
      return tcpFormat;
    case 'udp':
      return udpFormat;
    case 'icmp':
      return icmpFormat(
        readField(bytes, layer.start, icmpField.type),
        readField(bytes, layer.start, icmpField.code),
      );
    case 'icmpv6':
      return icmpv6Format(readField(bytes, layer.start, icmpField.type));
    case 'esp':
      return espFormat;
    case 'ah':
      return ahFormat;
    case 'ipcomp':
      return ipcompFormat;
    case 'gre':
      return greFormat;
    case 'payload':
    case 'encrypted':
      return undefined;
  }
}

/** True behind an ICMP error's header. */
function isQuoted(packet: Packet, index: number): boolean {
  return packet.layers.slice(0, index).some((layer) => {
    const type = packet.bytes[layer.start] ?? 0;
    if (layer.protocol === 'icmp') return isIcmpError(type);
    return layer.protocol === 'icmpv6' && isIcmpv6Error(type);
  });
}

/** Fields that are there in full; a field that takes the rest of the header, when anything is left for it. */
function fieldsOf(bytes: Uint8Array, layer: Layer, format: WireFormat, boxId: string): readonly FieldView[] {
  const headerBits = (layer.headerEnd - layer.start) * 8;
  const specs = format.fields.flatMap((field) => {
    if (field === tcpField.options) return tcpOptionFields(bytes, layer.start, layer.headerEnd);
    return field.rest ? [{ ...field, bitLength: headerBits - field.bitOffset }] : [field];
  });
  const seen = new Map<string, number>();
  const views: FieldView[] = [];
  for (const field of specs) {
    if (field.bitLength <= 0 || field.bitOffset + field.bitLength > headerBits) continue;
    const times = (seen.get(field.name) ?? 0) + 1;
    seen.set(field.name, times);
    const name = times === 1 ? field.name : `${field.name} ${times}`;
    const meaning = field.describe?.(readField(bytes, layer.start, field));
    views.push({
      id: `${boxId}.${name}`,
      name,
      bitOffset: layer.start * 8 + field.bitOffset,
      bitLength: field.bitLength,
      value: formatValue(bytes, layer.start, field),
      ...(meaning !== undefined && { meaning }),
    });
  }
  return views;
}

function formatValue(bytes: Uint8Array, start: number, field: FieldSpec): string {
  const at = start + byteOffset(field);
  switch (field.format) {
    case 'decimal':
      return String(readField(bytes, start, field));
    case 'hex':
    case 'flags':
      return hex(readField(bytes, start, field), Math.ceil(field.bitLength / 4));
    case 'address4':
      return formatAddress(addressFromBytes(bytes, at, 4));
    case 'address6':
      return formatAddress(addressFromBytes(bytes, at, 6));
    case 'bytes':
      return `0x${formatHex(bytes.subarray(at, at + field.bitLength / 8))}`;
  }
}

function boxSummary(packet: Packet, index: number): string {
  const layer = packet.layers[index]!;
  const { bytes } = packet;
  const read = (field: FieldSpec) => readField(bytes, layer.start, field);
  const has = (field: FieldSpec) =>
    layer.start + byteOffset(field) + Math.ceil(field.bitLength / 8) <= layer.headerEnd;
  const count = layer.end - layer.start;
  const size = `${count} ${count === 1 ? 'byte' : 'bytes'}`;
  switch (layer.protocol) {
    case 'ipv4':
      return layer.headerEnd - layer.start < 20 ? size : ends(bytes, layer.start, 4);
    case 'ipv6':
      return layer.headerEnd - layer.start < 40 ? size : ends(bytes, layer.start, 6);
    case 'ipv6-extension': {
      if (formatOf(packet, index)?.fields.includes(ipv6FragmentField.moreFragments) !== true || count < 8)
        return size;
      const more = read(ipv6FragmentField.moreFragments) === 1 ? ', more follow' : ', last';
      return `from byte ${read(ipv6FragmentField.fragmentOffset) * 8}${more}`;
    }
    case 'tcp': {
      if (!has(tcpField.destinationPort)) return size;
      const flags = has(tcpField.flags) ? ` ${formatTcpFlags(read(tcpField.flags))}` : '';
      return `${read(tcpField.sourcePort)} > ${read(tcpField.destinationPort)}${flags}`.trimEnd();
    }
    case 'udp':
      return has(udpField.destinationPort)
        ? `${read(udpField.sourcePort)} > ${read(udpField.destinationPort)}`
        : size;
    case 'icmp':
      return has(icmpField.code) ? icmpSummary(bytes, layer.start, icmpTypeName, icmpCodeName) : size;
    case 'icmpv6':
      return has(icmpField.code) ? icmpSummary(bytes, layer.start, icmpv6TypeName, icmpv6CodeName) : size;
    case 'esp':
      return has(espField.sequence)
        ? `SPI ${hex(read(espField.spi), 1)}, sequence ${read(espField.sequence)}`
        : size;
    case 'ah':
      return has(ahField.sequence)
        ? `SPI ${hex(read(ahField.spi), 1)}, sequence ${read(ahField.sequence)}`
        : size;
    case 'ipcomp':
      return has(ipcompField.cpi) ? `CPI ${hex(read(ipcompField.cpi), 1)}` : size;
    case 'gre':
    case 'payload':
    case 'encrypted':
      return size;
  }
}

function ends(bytes: Uint8Array, start: number, family: 4 | 6): string {
  const sourceAt = start + (family === 4 ? ipv4SourceAt : ipv6SourceAt);
  const destinationAt = start + (family === 4 ? ipv4DestinationAt : ipv6DestinationAt);
  const source = addressFromBytes(bytes, sourceAt, family);
  return `${formatAddress(source)} > ${formatAddress(addressFromBytes(bytes, destinationAt, family))}`;
}

function icmpSummary(
  bytes: Uint8Array,
  start: number,
  typeName: (type: number) => string | undefined,
  codeName: (type: number, code: number) => string | undefined,
): string {
  const type = readField(bytes, start, icmpField.type);
  const code = readField(bytes, start, icmpField.code);
  const words = codeName(type, code) ?? (code === 0 ? '' : `code ${code}`);
  return `${typeName(type) ?? `type ${type}`} ${words}`.trimEnd();
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

function withOldValues(boxes: readonly PacketBox[], oldBoxes: readonly PacketBox[]): readonly PacketBox[] {
  const partners = alignBoxes(boxes, oldBoxes);
  return boxes.map((box, index) => {
    const partner = partners[index];
    if (partner === undefined) return box;
    const oldValues = new Map(oldBoxes[partner]!.fields.map((field) => [field.name, field.value]));
    return {
      ...box,
      fields: box.fields.map((field) => {
        const oldValue = oldValues.get(field.name);
        return oldValue === undefined || oldValue === field.value ? field : { ...field, oldValue };
      }),
    };
  });
}

/**
 * For each box the index of the old box it continues, if any: the alignment, in order, whose matched boxes are most
 * alike. Quadratic in the number of layers, of which there are a handful.
 */
export function alignBoxes(
  boxes: readonly PacketBox[],
  oldBoxes: readonly PacketBox[],
): readonly (number | undefined)[] {
  const width = oldBoxes.length + 1;
  // best[i * width + j]: likeness reached by the boxes from i on and the old boxes from j on.
  const best = new Float64Array((boxes.length + 1) * width);
  const likenessAt = (i: number, j: number) => likeness(boxes, i, oldBoxes, j);
  for (let i = boxes.length - 1; i >= 0; i--)
    for (let j = oldBoxes.length - 1; j >= 0; j--) {
      const alike = likenessAt(i, j);
      const matched = alike > 0 ? alike + best[(i + 1) * width + j + 1]! : 0;
      best[i * width + j] = Math.max(matched, best[(i + 1) * width + j]!, best[i * width + j + 1]!);
    }
  const partners: (number | undefined)[] = boxes.map(() => undefined);
  for (let i = 0, j = 0; i < boxes.length && j < oldBoxes.length; ) {
    const here = best[i * width + j]!;
    const alike = likenessAt(i, j);
    if (alike > 0 && here === alike + best[(i + 1) * width + j + 1]!) partners[i++] = j++;
    else if (here === best[(i + 1) * width + j]!) i++;
    else j++;
  }
  return partners;
}

/** 0 for boxes that cannot be the same header; else 1 and the share of fields with equal values. */
function likeness(boxes: readonly PacketBox[], i: number, oldBoxes: readonly PacketBox[], j: number): number {
  const box = boxes[i]!;
  const old = oldBoxes[j]!;
  if (box.title !== old.title) return 0;
  if (isOtherTunnelHeader(boxes, i, oldBoxes, j)) return 0;
  const oldValues = new Map(old.fields.map((field) => [field.name, field.value]));
  const equal = box.fields.filter((field) => oldValues.get(field.name) === field.value).length;
  return 1 + equal / Math.max(1, box.fields.length);
}

/**
 * A tunnel's header that replaced the packet's own (ESP hides the inner one) is another header, not a changed one: both
 * addresses differ, and what follows is no longer the same. NAT may change both too, but not what follows.
 */
function isOtherTunnelHeader(
  boxes: readonly PacketBox[],
  i: number,
  oldBoxes: readonly PacketBox[],
  j: number,
): boolean {
  const fieldValue = (box: PacketBox, name: string) => box.fields.find((field) => field.name === name)?.value;
  const source = fieldValue(boxes[i]!, 'Source Address');
  if (source === undefined) return false;
  const differ = (name: string) => fieldValue(boxes[i]!, name) !== fieldValue(oldBoxes[j]!, name);
  return (
    differ('Source Address') &&
    differ('Destination Address') &&
    boxes[i + 1]?.title !== oldBoxes[j + 1]?.title
  );
}
