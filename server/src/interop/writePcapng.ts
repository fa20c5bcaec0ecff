/**
 * Writes a pcapng file of raw IP packets: one section, one interface per network, one enhanced block per packet.
 * Little-endian, as most captures are. Times are microseconds, pcapng's default resolution.
 */
import { joinBytes } from '../packet/bytes';
import { linkType, pcapngBlock, pcapngByteOrderMagic, pcapngOption } from './pcapngFormat';
import { utf8Encode } from './utf8';

export interface CaptureInterface {
  readonly name: string;
  readonly description?: string;
}

export interface CapturedPacket {
  /** Index of its interface. */
  readonly interface: number;
  /** Since 1970. */
  readonly microseconds: number;
  /** From the IP header on. */
  readonly bytes: Uint8Array;
  readonly comment?: string;
}

export function writePcapng(
  interfaces: readonly CaptureInterface[],
  packets: readonly CapturedPacket[],
  application: string,
): Uint8Array {
  return joinBytes(
    sectionHeader(application),
    ...interfaces.map(interfaceDescription),
    ...packets.map(enhancedPacket),
  );
}

function sectionHeader(application: string): Uint8Array {
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  view.setUint32(0, pcapngByteOrderMagic, true);
  view.setUint16(4, 1, true);
  // The section's length: -1 says that it was not counted.
  view.setBigInt64(8, -1n, true);
  return block(pcapngBlock.sectionHeader, body, textOption(pcapngOption.sectionApplication, application));
}

function interfaceDescription({ name, description }: CaptureInterface): Uint8Array {
  const body = new Uint8Array(8);
  // The snap length behind the link type stays 0: no packet is cut off.
  new DataView(body.buffer).setUint16(0, linkType.raw, true);
  return block(
    pcapngBlock.interfaceDescription,
    body,
    textOption(pcapngOption.interfaceName, name),
    textOption(pcapngOption.interfaceDescription, description),
  );
}

function enhancedPacket(packet: CapturedPacket): Uint8Array {
  const { bytes } = packet;
  const body = new Uint8Array(20 + padded(bytes.length));
  const view = new DataView(body.buffer);
  view.setUint32(0, packet.interface, true);
  view.setUint32(4, Math.floor(packet.microseconds / 2 ** 32), true);
  view.setUint32(8, packet.microseconds % 2 ** 32, true);
  view.setUint32(12, bytes.length, true);
  view.setUint32(16, bytes.length, true);
  body.set(bytes, 20);
  return block(pcapngBlock.enhancedPacket, body, textOption(pcapngOption.comment, packet.comment));
}

/** The length stands before and behind the body, so that a file can be read backwards. */
function block(type: number, body: Uint8Array, ...options: readonly Uint8Array[]): Uint8Array {
  const given = options.filter((option) => option.length > 0);
  const all = given.length === 0 ? [] : [...given, new Uint8Array(4)];
  const content = joinBytes(body, ...all);
  const bytes = new Uint8Array(12 + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, bytes.length, true);
  bytes.set(content, 8);
  view.setUint32(bytes.length - 4, bytes.length, true);
  return bytes;
}

function textOption(code: number, text: string | undefined): Uint8Array {
  if (text === undefined || text === '') return new Uint8Array(0);
  // The length has 16 bits.
  const value = utf8Encode(text).subarray(0, 0xfffc);
  const bytes = new Uint8Array(4 + padded(value.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  bytes.set(value, 4);
  return bytes;
}

/** Bodies and options are filled up to 32 bits. */
function padded(length: number): number {
  return (length + 3) & ~3;
}
