/**
 * `gatewalk.yaml`: one network, as its user describes it. This file reads it into entries with their places;
 * `buildNetwork.ts` looks the names up. What each field means is told in `docs/gatewalk-yaml.md`, and editors
 * that know YAML get it from `docs/gatewalk.schema.json`; a test holds the three together.
 */

import type { PacketSpec } from '../../packet/notation';
import { parsePacketLine } from '../../packet/parseLine';
import { platforms } from '../../platforms';
import { readsSetting, settingsOf } from '../../platforms/settings';
import {
  type Address,
  formatAddress,
  normalizePrefix,
  type Prefix,
  parseAddress,
  parsePrefix,
} from '../../policy/address';
import type { Origin } from '../../policy/origin';
import type { Problem } from '../../syntax/problem';
import { closestWord } from '../../text/closestWord';
import { type YamlField, YamlReader, type YamlValue } from './yamlReader';

export interface NetworkFile {
  readonly gateways: readonly GatewayEntry[];
  readonly networks: readonly NetworkEntry[];
  readonly hosts: readonly HostEntry[];
  readonly packets: readonly PacketEntry[];
  readonly expectations: readonly ExpectationEntry[];
  readonly problems: readonly Problem[];
}

export interface GatewayEntry {
  readonly name: string;
  readonly origin: Origin;
  readonly platform: string;
  readonly platformOrigin?: Origin;
  readonly interfaces: readonly InterfaceEntry[];
  readonly routes: readonly RouteEntry[];
  /** Relative to the network file. */
  readonly policyFiles: readonly Named[];
  readonly forwarding: boolean;
  readonly settings: ReadonlyMap<string, number>;
  readonly listening?: readonly { protocol: 'tcp' | 'udp'; port: number }[];
}

export interface Named {
  readonly name: string;
  readonly origin: Origin;
}

export interface InterfaceEntry extends Named {
  readonly addresses: readonly Prefix[];
  readonly network?: Named;
  readonly mtu: number;
  readonly tunnel?: { readonly source: Address; readonly destination: Address };
}

export interface RouteEntry {
  readonly destination: Prefix;
  readonly nextHop?: Address;
  readonly interface?: string;
  readonly origin: Origin;
  /** Where its next hop or interface is written. */
  readonly wayOrigin: Origin;
}

export interface NetworkEntry extends Named {
  readonly kind: 'lan' | 'internet';
  readonly prefixes: readonly Prefix[];
}

export interface HostEntry extends Named {
  /** Something stands for an address and is none. */
  readonly hasUnreadAddress: boolean;
  readonly addresses: readonly Address[];
  readonly network?: Named;
  readonly nextHop?: Address;
}

export interface PacketEntry extends Named {
  readonly notation: string;
  readonly spec: PacketSpec;
  readonly from?: Named;
  /** Offset of the line's first character. */
  readonly lineStart: number;
}

export interface ExpectationEntry {
  readonly packet: Named;
  readonly reply: boolean;
  readonly origin: Origin;
  readonly claims: readonly ClaimEntry[];
}

export type ClaimEntry =
  | {
      readonly kind: 'delivered-to' | 'dropped-at' | 'encrypted-on' | 'clear-on' | 'reason';
      readonly value: Named;
    }
  | {
      readonly kind: 'source-seen' | 'destination-seen';
      readonly origin: Origin;
      readonly address: Address;
      readonly port?: number;
    };

const GATEWAY_FIELDS = ['platform', 'interfaces', 'routes', 'policy', 'forwarding', 'settings', 'listening'];

export function parseNetworkFile(text: string, file: string): NetworkFile {
  const reader = new YamlReader(file, text);
  const gateways: GatewayEntry[] = [];
  const networks: NetworkEntry[] = [];
  const hosts: HostEntry[] = [];
  const packets: PacketEntry[] = [];
  const expectations: ExpectationEntry[] = [];
  for (const field of reader.root.fields('a network', [
    'gateways',
    'networks',
    'hosts',
    'packets',
    'expect',
  ])) {
    switch (field.key) {
      case 'gateways':
        for (const g of field.value.fields('gateways'))
          gateways.push(readGateway(g.key, g.keyOrigin, g.value));
        break;
      case 'networks':
        for (const n of field.value.fields('networks'))
          networks.push(readNetwork(n.key, n.keyOrigin, n.value));
        break;
      case 'hosts':
        for (const h of field.value.fields('hosts')) hosts.push(readHost(h.key, h.keyOrigin, h.value));
        break;
      case 'packets':
        for (const p of field.value.fields('packets')) {
          const entry = readPacket(reader, p.key, p.keyOrigin, p.value);
          if (entry !== undefined) packets.push(entry);
        }
        break;
      case 'expect':
        for (const e of field.value.list()) {
          const entry = readExpectation(e);
          if (entry !== undefined) expectations.push(entry);
        }
    }
  }
  return { gateways, networks, hosts, packets, expectations, problems: reader.problems };
}

function readGateway(name: string, origin: Origin, value: YamlValue): GatewayEntry {
  let platform = platforms[0]!.id;
  let platformOrigin: Origin | undefined;
  const interfaces: InterfaceEntry[] = [];
  const routes: RouteEntry[] = [];
  const policyFiles: Named[] = [];
  const settings = new Map<string, number>();
  let settingFields: readonly YamlField[] = [];
  let listening: { protocol: 'tcp' | 'udp'; port: number }[] | undefined;
  let forwarding = true;
  for (const field of value.fields('a gateway', GATEWAY_FIELDS)) {
    switch (field.key) {
      case 'platform':
        platform = readPlatform(field.value) ?? platform;
        platformOrigin = field.value.origin;
        break;
      case 'interfaces':
        for (const i of field.value.fields('interfaces'))
          interfaces.push(readInterface(i.key, i.keyOrigin, i.value));
        break;
      case 'routes':
        for (const r of field.value.fields('routes')) {
          const route = readRoute(r.key, r.keyOrigin, r.value);
          if (route !== undefined) routes.push(route);
        }
        break;
      case 'policy':
        for (const p of field.value.list()) {
          const path = p.text('the name of a policy file');
          if (path !== undefined) policyFiles.push({ name: path, origin: p.origin });
        }
        break;
      case 'forwarding':
        forwarding = field.value.boolean('whether the gateway forwards') ?? true;
        break;
      case 'settings':
        settingFields = field.value.fields('kernel settings');
        for (const s of settingFields) {
          const number = s.value.integer('a setting', -2147483648, 4294967295);
          if (number !== undefined) settings.set(s.key, number);
        }
        break;
      case 'listening':
        listening = field.value.list().flatMap((v) => readListening(v) ?? []);
    }
  }
  for (const setting of settingFields)
    if (!readsSetting(platform, setting.key)) warnOfUnreadSetting(value, setting, platform);
  return {
    name,
    origin,
    platform,
    ...(platformOrigin === undefined ? {} : { platformOrigin }),
    interfaces,
    routes,
    policyFiles,
    forwarding,
    settings,
    ...(listening === undefined ? {} : { listening }),
  };
}

/** The order of `platform` and `settings` in the file is free, so this runs when both are known. */
function warnOfUnreadSetting(value: YamlValue, setting: YamlField, platform: string): void {
  const known = settingsOf(platform).map((s) => s.name);
  const near = closestWord(setting.key, known);
  value.warnAtKey(
    setting,
    'network/unread-setting',
    `No walk on ${platform} reads \`${setting.key}\`: what it would change is not shown. ${near === undefined ? `Settings that count here: ${known.join(', ')}.` : `Did you mean \`${near}\`?`}`,
    near,
  );
}

function readPlatform(value: YamlValue): string | undefined {
  const id = value.text('a platform');
  if (id === undefined || platforms.some((p) => p.id === id)) return id;
  const ids = platforms.map((p) => p.id);
  const near = closestWord(id, ids);
  value.problem(
    'network/unknown-platform',
    `Unknown platform \`${id}\`. ${near === undefined ? '' : `Did you mean \`${near}\`? `}Known platforms: ${ids.join(', ')}.`,
    near === undefined ? undefined : { title: `Change to \`${near}\``, text: near },
  );
  return undefined;
}

function readInterface(name: string, origin: Origin, value: YamlValue): InterfaceEntry {
  if (!value.isMap) return { name, origin, addresses: readInterfaceAddresses(value), mtu: 1500 };
  let addresses: readonly Prefix[] = [];
  let network: Named | undefined;
  let mtu: number | undefined;
  let tunnel: InterfaceEntry['tunnel'];
  for (const field of value.fields('an interface', ['address', 'addresses', 'network', 'mtu', 'tunnel'])) {
    if (field.key === 'mtu') mtu = field.value.integer('the MTU in bytes', 68, 65535);
    else if (field.key === 'tunnel') tunnel = readTunnel(field.value);
    else if (field.key === 'network') network = readName(field.value, 'the name of a network');
    else addresses = [...addresses, ...readInterfaceAddresses(field.value)];
  }
  return {
    name,
    origin,
    addresses,
    mtu: mtu ?? (tunnel === undefined ? 1500 : GIF_MTU),
    ...(network === undefined ? {} : { network }),
    ...(tunnel === undefined ? {} : { tunnel }),
  };
}

/** sys/net/if_gif.h. */
const GIF_MTU = 1280;

function readTunnel(value: YamlValue): InterfaceEntry['tunnel'] {
  const written = value.text('the ends of the tunnel, such as 192.0.2.1 > 203.0.113.1');
  if (written === undefined) return undefined;
  const [source, destination, ...more] = written.split('>').map((end) => parseAddress(end.trim()));
  if (source === undefined || destination === undefined || more.length > 0) {
    value.problem(
      'network/address',
      `\`${written}\` does not name the two ends of a tunnel. Write its own address and the other end’s: \`192.0.2.1 > 203.0.113.1\`.`,
    );
    return undefined;
  }
  if (source.family !== destination.family) {
    value.problem('network/address', 'Both ends of a tunnel are IPv4 addresses, or both are IPv6 addresses.');
    return undefined;
  }
  return { source, destination };
}

/** Of an interface: without its length an address has no network, which is right for lo0 and seldom elsewhere. */
function readInterfaceAddresses(value: YamlValue): Prefix[] {
  return value.list().flatMap((one) => {
    const prefix = readPrefix(one, 'an address with its prefix length, such as 10.1.0.1/24');
    if (prefix === undefined) return [];
    const written = one.text('an address') ?? '';
    if (!written.includes('/'))
      one.problem(
        'network/no-prefix-length',
        `\`${written}\` has no prefix length: the interface has this one address and no network. Write \`${written}/${prefix.length === 32 ? 24 : 64}\`, or \`${written}/${prefix.length}\` if that is meant.`,
        undefined,
        'warning',
      );
    return [prefix];
  });
}

function readPrefix(value: YamlValue, what: string): Prefix | undefined {
  const written = value.text(what);
  if (written === undefined) return undefined;
  const prefix = parsePrefix(written);
  if (prefix === undefined) value.problem('network/address', `\`${written}\` is not ${what}.`);
  return prefix;
}

function readAddress(value: YamlValue): Address | undefined {
  const written = value.text('an address');
  if (written === undefined) return undefined;
  const address = parseAddress(written);
  if (address !== undefined) return address;
  const prefix = parsePrefix(written);
  if (prefix === undefined)
    value.problem('network/address', `\`${written}\` is not an IPv4 or IPv6 address.`);
  else
    value.problem(
      'network/address',
      `\`${written}\` is a prefix, and an address belongs here, without \`/${prefix.length}\`.`,
      { title: `Change to \`${formatAddress(prefix.address)}\``, text: formatAddress(prefix.address) },
    );
  return undefined;
}

function readName(value: YamlValue, what: string): Named | undefined {
  const name = value.text(what);
  return name === undefined ? undefined : { name, origin: value.origin };
}

/** `default: 192.0.2.254`, `10.9.0.0/16: 10.1.0.254`, `10.8.0.0/16: wm1`. */
function readRoute(key: string, origin: Origin, value: YamlValue): RouteEntry | undefined {
  const written = value.text('the next hop of the route, or an interface');
  if (written === undefined) return undefined;
  const nextHop = parseAddress(written);
  const wayOrigin = value.origin;
  const destination = key === 'default' ? defaultPrefix(nextHop) : parsePrefix(key);
  if (destination === undefined) {
    value.problem(
      'network/address',
      `\`${key}\` is not a destination: expected \`default\` or a prefix such as 10.9.0.0/16.`,
    );
    return undefined;
  }
  if (nextHop !== undefined) return { destination: normalizePrefix(destination), nextHop, origin, wayOrigin };
  if (/^[A-Za-z][\w.]*$/.test(written))
    return { destination: normalizePrefix(destination), interface: written, origin, wayOrigin };
  value.problem('network/address', `\`${written}\` is neither an address nor the name of an interface.`);
  return undefined;
}

function defaultPrefix(nextHop: Address | undefined): Prefix {
  return nextHop?.family === 6
    ? { address: { family: 6, value: 0n }, length: 0 }
    : { address: { family: 4, value: 0 }, length: 0 };
}

function readListening(value: YamlValue): { protocol: 'tcp' | 'udp'; port: number } | undefined {
  const written = value.text('a port such as tcp/22');
  const parts = written === undefined ? null : /^(tcp|udp)\/(\d{1,5})$/.exec(written);
  if (parts !== null && Number(parts[2]) <= 65535)
    return { protocol: parts[1] as 'tcp' | 'udp', port: Number(parts[2]) };
  if (written !== undefined)
    value.problem('network/port', `Expected a port such as \`tcp/22\`, not \`${written}\`.`);
  return undefined;
}

function readNetwork(name: string, origin: Origin, value: YamlValue): NetworkEntry {
  const prefixes: Prefix[] = [];
  let kind: 'lan' | 'internet' = 'lan';
  for (const part of value.list()) {
    const written = part.text('a prefix such as 10.1.0.0/24, or `internet`');
    if (written === 'internet') kind = 'internet';
    else if (written !== undefined) {
      const prefix = parsePrefix(written);
      if (prefix === undefined)
        part.problem(
          'network/address',
          `\`${written}\` is neither a prefix such as 10.1.0.0/24 nor \`internet\`.`,
        );
      else prefixes.push(normalizePrefix(prefix));
    }
  }
  return { name, origin, kind, prefixes };
}

function readHost(name: string, origin: Origin, value: YamlValue): HostEntry {
  if (!value.isMap) {
    const written = value.list();
    const addresses = written.flatMap((v) => readAddress(v) ?? []);
    return { name, origin, addresses, hasUnreadAddress: addresses.length < written.length };
  }
  let addresses: Address[] = [];
  let written = 0;
  let network: Named | undefined;
  let nextHop: Address | undefined;
  for (const field of value.fields('a host', ['address', 'addresses', 'network', 'gateway'])) {
    if (field.key === 'network') network = readName(field.value, 'the name of a network');
    else if (field.key === 'gateway') nextHop = readAddress(field.value);
    else {
      written += field.value.list().length;
      addresses = [...addresses, ...field.value.list().flatMap((v) => readAddress(v) ?? [])];
    }
  }
  return {
    name,
    origin,
    addresses,
    hasUnreadAddress: addresses.length < written,
    ...(network === undefined ? {} : { network }),
    ...(nextHop === undefined ? {} : { nextHop }),
  };
}

function readPacket(
  reader: YamlReader,
  name: string,
  origin: Origin,
  value: YamlValue,
): PacketEntry | undefined {
  let line: YamlValue | undefined = value;
  let from: Named | undefined;
  if (value.isMap) {
    line = undefined;
    for (const field of value.fields('a packet', ['packet', 'from'])) {
      if (field.key === 'packet') line = field.value;
      else from = readName(field.value, 'the name of a host, network or gateway');
    }
    if (line === undefined) {
      value.problem(
        'network/packet',
        'A packet needs a `packet:` line, such as `tcp 10.1.0.5:40000 > 198.51.100.7:80 S`.',
      );
      return undefined;
    }
  }
  const notation = line.text('a packet line, such as `tcp 10.1.0.5:40000 > 198.51.100.7:80 S`');
  if (notation === undefined) return undefined;
  const { spec, problems } = parsePacketLine(notation);
  for (const p of problems) {
    const range = line.rangeInside(p.range.start, p.range.end);
    reader.problems.push({
      ...p,
      range,
      ...(p.fixes === undefined
        ? {}
        : {
            fixes: p.fixes.map((f) => ({
              ...f,
              edits: f.edits.map((e) => ({ ...e, ...line.rangeInside(e.start, e.end) })),
            })),
          }),
    });
  }
  if (spec === undefined) return undefined;
  return {
    name,
    origin,
    notation,
    spec,
    lineStart: line.rangeInside(0, 0).start,
    ...(from === undefined ? {} : { from }),
  };
}

const CLAIM_FIELDS = {
  'delivered to': 'delivered-to',
  'dropped at': 'dropped-at',
  'encrypted on': 'encrypted-on',
  'clear on': 'clear-on',
  reason: 'reason',
} as const;

function readExpectation(value: YamlValue): ExpectationEntry | undefined {
  let packet: Named | undefined;
  let reply = false;
  const claims: ClaimEntry[] = [];
  const known = ['packet', 'reply', ...Object.keys(CLAIM_FIELDS), 'source', 'destination'];
  for (const field of value.fields('an expectation', known)) {
    if (field.key === 'packet') packet = readName(field.value, 'the name of a sample packet');
    else if (field.key === 'reply') reply = field.value.boolean('whether the reply is meant') ?? false;
    else if (field.key === 'source' || field.key === 'destination') {
      const seen = readEndpoint(field.value);
      if (seen !== undefined)
        claims.push({
          kind: field.key === 'source' ? 'source-seen' : 'destination-seen',
          origin: field.value.origin,
          ...seen,
        });
    } else {
      const kind = CLAIM_FIELDS[field.key as keyof typeof CLAIM_FIELDS];
      for (const item of field.value.list()) {
        const name = readName(item, 'a name');
        if (name !== undefined) claims.push({ kind, value: name });
      }
    }
  }
  if (packet === undefined) {
    if (value.isMap)
      value.problem('network/expectation', 'An expectation needs `packet:`, the name of a sample packet.');
    return undefined;
  }
  return { packet, reply, origin: value.origin, claims };
}

/** `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]:80`. */
function readEndpoint(value: YamlValue): { address: Address; port?: number } | undefined {
  const written = value.text('an address, with a port if wanted');
  if (written === undefined) return undefined;
  const parts = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(written) ?? /^([^:]+)(?::(\d{1,5}))?$/.exec(written);
  const whole = parseAddress(written);
  if (whole !== undefined) return { address: whole };
  const address = parts === null ? undefined : parseAddress(parts[1]!);
  if (address === undefined) {
    value.problem('network/address', `\`${written}\` is not an address such as 192.0.2.1 or 192.0.2.1:80.`);
    return undefined;
  }
  return parts?.[2] === undefined ? { address } : { address, port: Number(parts[2]) };
}
