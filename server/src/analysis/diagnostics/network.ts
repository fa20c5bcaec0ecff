/** What `gatewalk.yaml`, sample packets and walks report. */
import { type DiagnosticEntry, entry } from './entry';

export const networkDiagnostics: readonly DiagnosticEntry[] = [
  entry('network/address', 'error', 'Address or prefix expected', 'The text is no address or prefix.'),
  entry(
    'network/duplicate-address',
    'warning',
    'Address used twice',
    'Two interfaces or hosts have one address; walks take the first.',
  ),
  entry(
    'network/expectation',
    'error',
    'Expectation without a packet',
    'Name the sample packet it is about.',
  ),
  entry(
    'network/expectation-failed',
    'error',
    'Expectation failed',
    'The walk of the packet ends otherwise than expected. The message says how; open the trace to see where.',
  ),
  entry(
    'network/host',
    'error',
    'Host without an address or a network',
    'Give it an address, and a network that holds it.',
  ),
  entry(
    'network/missing-file',
    'error',
    'File not found',
    'The policy file is not there. Check the spelling.',
  ),
  entry('network/number', 'error', 'Number expected', 'The message gives the range.'),
  entry('network/packet', 'error', 'Sample packet without a line', 'A sample packet needs `packet:`.'),
  entry('network/port', 'error', 'Port expected', 'Ports are written `tcp/22`.'),
  entry(
    'network/no-prefix-length',
    'warning',
    'Interface address without its network',
    'An address alone is one address and no network: hosts and next hops beside it are not reached. Write `10.1.0.1/24`.',
  ),
  entry(
    'network/rules-stand-in',
    'information',
    'Rules of another system’s language',
    'The order of the stages is that of the platform, and its own rule language is not there: IPFilter’s rules are taken at its places. Walks through the gateway are uncertain.',
  ),
  entry('network/type', 'error', 'Other kind of value expected', 'The message says what belongs here.'),
  entry('network/unknown-field', 'error', 'Unknown field', 'The message lists the fields known here.'),
  entry('network/unknown-name', 'error', 'Unknown name', 'Nothing with this name is defined in the file.'),
  entry('network/unknown-platform', 'error', 'Unknown platform', 'The message lists the platforms.'),
  entry(
    'network/unreachable-next-hop',
    'warning',
    'Next hop out of reach',
    'No interface has a network that holds the next hop, so the route is not used.',
  ),
  entry(
    'network/unread-setting',
    'warning',
    'Setting that no walk reads',
    'The kernel has the setting, perhaps, but what it changes is not modelled on this platform. The message lists the settings that count.',
  ),
  entry('network/unreadable-file', 'error', 'File cannot be used', 'The message says why.'),
  entry('network/yaml', 'error', 'Not YAML', 'The file cannot be read as YAML here.'),
];

export const packetDiagnostics: readonly DiagnosticEntry[] = [
  entry('packet/address', 'error', 'Address expected', 'Source and destination are addresses of one family.'),
  entry('packet/arrow', 'error', '`>` expected', 'Between source and destination stands `>`.'),
  entry('packet/flags', 'error', 'TCP flags expected', 'Capitals out of `FSRPAUEC`, or `flags none`.'),
  entry('packet/inner', 'error', 'Packet inside', 'The packet in braces does not fit the one around it.'),
  entry('packet/interface', 'error', 'Interface expected', 'Behind `on` stands an interface.'),
  entry(
    'packet/port',
    'error',
    'Impossible port',
    'Ports go from 0 to 65535, and only TCP and UDP have them.',
  ),
  entry(
    'packet/port-missing',
    'warning',
    'No port given',
    'Port 0 is taken. Write the port behind the address.',
  ),
  entry('packet/protocol', 'error', 'Protocol expected', 'A name such as `tcp`, or a number from 0 to 255.'),
  entry('packet/twice', 'error', 'Said twice', 'Each property is said once.'),
  entry('packet/value', 'error', 'Value expected', 'The message says what belongs behind the word.'),
  entry('packet/word', 'error', 'Unknown word', 'See `docs/packet-notation.md`.'),
];
