/** A statement in plain words, its line in the outline, and the notes shown behind its words. */
import { formatAddress, fullLength, prefixBounds } from '../../policy/address';
import type { ParsedStatement } from '../../syntax/statement';
import type { InlayNote, StatementSymbol } from '../dialect';
import { printEndpoint, printPolicyString, printRange } from './print';
import type { AddCommand, PolicyString, Range, Request, SetkeyTree, SpdCommand } from './tree';

export function explainStatement(statement: ParsedStatement<SetkeyTree>): string | undefined {
  const { command } = statement.tree;
  switch (command.kind) {
    case 'add':
      return explainAdd(command);
    case 'get':
      return 'Shows this security association when the file is loaded.';
    case 'delete':
      return `Removes the ${command.protocol.value} association from ${printEndpoint(command.source)} to ${printEndpoint(command.destination)} with SPI ${command.spi?.value ?? 0}.`;
    case 'deleteall':
      return `Removes every ${command.protocol.value} association from ${printEndpoint(command.source)} to ${printEndpoint(command.destination)}.`;
    case 'flush':
      return command.protocol === undefined
        ? 'Removes all security associations. Policies stay.'
        : `Removes all ${command.protocol.value} associations.`;
    case 'spdflush':
      return 'Removes all policies. Security associations stay.';
    case 'spdadd':
    case 'spdupdate':
    case 'spddelete':
      return explainPolicy(command);
    case 'tagged':
      return `Policy for packets tagged \`${command.tag.value}\` by the packet filter: ${printPolicyString(command.policy)}.`;
    case 'exit':
      return 'Ends the file here.';
    default:
      return undefined;
  }
}

export function symbolOf(statement: ParsedStatement<SetkeyTree>): StatementSymbol | undefined {
  const { command } = statement.tree;
  switch (command.kind) {
    case 'blank':
    case 'comment':
      return undefined;
    case 'broken':
      return command.word === undefined
        ? undefined
        : { name: command.word.value, detail: 'cannot be read', kind: 'command' };
    case 'add': {
      const algorithms = [command.encryption, command.authentication].flatMap((a) =>
        a === undefined ? [] : [a.word.value],
      );
      return {
        name: `${command.protocol.value} ${printEndpoint(command.source)} > ${printEndpoint(command.destination)}`,
        detail: [
          `SPI ${command.spi.value}`,
          ...algorithms,
          ...(command.compression ? [command.compression.value] : []),
        ].join(' '),
        kind: 'association',
      };
    }
    case 'spdadd':
    case 'spdupdate':
    case 'spddelete': {
      const removes = command.kind === 'spddelete' ? 'spddelete ' : '';
      return {
        name: `${removes}${command.policy.direction.value} ${printRange(command.source)} > ${printRange(command.destination)} ${command.upper.value.text}`,
        detail: printPolicyString(command.policy),
        kind: 'policy',
      };
    }
    case 'tagged':
      return {
        name: `tagged ${command.tag.value}`,
        detail: printPolicyString(command.policy),
        kind: 'policy',
      };
    default:
      return { name: command.word.value, detail: '', kind: 'command' };
  }
}

export function hintsOf(statement: ParsedStatement<SetkeyTree>): readonly InlayNote[] {
  const { command } = statement.tree;
  if (command.kind !== 'spdadd' && command.kind !== 'spdupdate' && command.kind !== 'spddelete') return [];
  return [command.source, command.destination].flatMap((range) => [
    ...addressNote(range),
    ...serviceNote(range, statement.text),
  ]);
}

/** Shown where the mask does not fall on a dot, or the address is not the network's own: where one has to count. */
function addressNote(range: Range): InlayNote[] {
  const address = range.host.value;
  const length = range.length;
  if (address === undefined || length === undefined || length.value === fullLength(address.family)) return [];
  const { first, last } = prefixBounds({ address, length: length.value });
  const countsEasily = length.value % (address.family === 4 ? 8 : 16) === 0;
  if (countsEasily && first.value === address.value) return [];
  return [
    {
      offset: length.end,
      text: `${formatAddress(first)} - ${formatAddress(last)}`,
      tooltip: 'The addresses that this prefix covers.',
      kind: 'addresses',
    },
  ];
}

function serviceNote(range: Range, text: string): InlayNote[] {
  const { port } = range;
  if (port === undefined) return [];
  const word = text.slice(port.start, port.end);
  return /^\d+$/.test(word)
    ? []
    : [{ offset: port.end, text: String(port.value), tooltip: `Port of \`${word}\``, kind: 'service' }];
}

function explainAdd(command: AddCommand): string {
  const from = printEndpoint(command.source);
  const to = printEndpoint(command.destination);
  const { encryption, authentication, compression } = command;
  const how: string[] = [];
  if (encryption !== undefined) {
    const name = encryption.name;
    how.push(
      name === 'null' || name === 'simple'
        ? 'not encrypted'
        : name === 'aes-gmac'
          ? 'authenticated with aes-gmac, not encrypted'
          : `encrypted with ${encryption.word.value}`,
    );
  }
  if (authentication !== undefined)
    how.push(
      authentication.name === 'null'
        ? 'not authenticated'
        : `authenticated with ${authentication.word.value}`,
    );
  if (compression !== undefined) how.push(`compressed with ${compression.value}`);
  const mode =
    command.mode === undefined || command.mode.value === 'any' ? 'transport or tunnel' : command.mode.value;
  const replay =
    command.replayWindow === undefined || command.replayWindow.value === 0
      ? ' Replayed packets are accepted (no `-r`).'
      : '';
  const udp = command.protocol.value === 'esp-udp' ? ' in UDP' : '';
  const label = command.protocol.value === 'esp-udp' ? 'ESP' : command.protocol.value.toUpperCase();
  return `${label} packets${udp} from ${from} to ${to} with SPI ${command.spi.value} (0x${command.spi.value.toString(16)}), ${mode} mode: ${how.join(', ')}.${command.protocol.value.startsWith('ipcomp') ? '' : replay}`;
}

function explainPolicy(command: SpdCommand): string {
  const packets = describePackets(command);
  if (command.kind === 'spddelete') {
    return `Removes the policy for ${packets} that ${movement(command.policy)}.`;
  }
  const subject = `${packets.slice(0, 1).toUpperCase()}${packets.slice(1)} that ${movement(command.policy)}`;
  switch (command.policy.action?.value) {
    case 'none':
      return `${subject} pass without IPsec.`;
    case 'entrust':
    case 'bypass':
      return `${subject}: \`${command.policy.action.value}\`, which the kernel refuses in the SPD.`;
    case 'ipsec':
      return `${subject} ${explainRequests(command.policy)}`;
    default:
      return `${subject} are dropped.`;
  }
}

function describePackets(command: SpdCommand): string {
  const { upper } = command;
  const { number, text, icmpType, icmpCode, greKey } = upper.value;
  const what =
    number === undefined
      ? 'packets'
      : `${/^[a-z]/.test(text) ? text.toUpperCase() : `protocol ${text}`} packets`;
  const detail =
    icmpType !== undefined
      ? ` of type ${icmpType}${icmpCode === undefined ? '' : ` code ${icmpCode}`}`
      : greKey === undefined
        ? ''
        : ` with key ${greKey}`;
  const side = (range: Range) =>
    range.length?.value === 0 && range.port === undefined ? 'anywhere' : printRange(range);
  return `${what}${detail} from ${side(command.source)} to ${side(command.destination)}`;
}

function movement(policy: PolicyString): string {
  switch (policy.direction.value) {
    case 'in':
      return 'arrive';
    case 'out':
      return 'leave';
    case 'fwd':
      return 'are passed on (on NetBSD and FreeBSD: arrive)';
  }
}

function explainRequests(policy: PolicyString): string {
  const isOut = policy.direction.value === 'out';
  const steps = policy.requests.map(explainRequest);
  const what = isOut
    ? `are put into ${steps.join(', then into ')}`
    : `must have come in ${steps.join(' and ')}`;
  const levels = new Set(policy.requests.map((r) => explainLevel(r, isOut)));
  return `${what}. ${[...levels].join(' ')}`;
}

function explainRequest(request: Request): string {
  const name = request.protocol.value === 'ipcomp' ? 'IPComp' : request.protocol.value.toUpperCase();
  if (request.mode.value === 'transport') return `${name} (transport mode)`;
  const { endpoints } = request;
  if (endpoints === undefined) return `an ${name} tunnel`;
  if (endpoints.kind === 'negotiated') return `an ${name} tunnel that a key daemon negotiates`;
  return `an ${name} tunnel from ${printEndpoint(endpoints.source)} to ${printEndpoint(endpoints.destination)}`;
}

function explainLevel(request: Request, isOut: boolean): string {
  switch (request.level?.value ?? 'default') {
    case 'use':
      return isOut ? 'Without an SA they leave in clear (use).' : 'They are accepted in clear too (use).';
    case 'require':
      return isOut ? 'Without an SA they are dropped (require).' : 'In clear they are dropped (require).';
    case 'unique': {
      const which = request.uniqueId === undefined ? "the policy's own" : `number ${request.uniqueId}`;
      return isOut
        ? `Only the SA ${which} serves; without it they are dropped (unique).`
        : 'In clear they are dropped (unique).';
    }
    case 'default':
      return 'What happens without an SA is set by sysctl (default): by default they go in clear.';
  }
}
