/**
 * What stands behind `-P`: direction, priority, action and the requests `protocol/mode/src-dst/level`
 * (ipsec_set_policy(3)). Short requests are complete ones: `esp/transport`, `esp/transport/`,
 * `esp/transport//require`, `esp/tunnel/a-b`, `esp/tunnel/a-b/`.
 */
import type { IpsecLevel, PolicyDirection } from '../../policy/ipsec';
import { checkFamilies, readEndpoint } from './addresses';
import { type Cursor, listWords, takeNumber, takeOneOf, written } from './cursor';
import type { PolicyString, Request, RequestEndpoints, SpdCommand, Written } from './tree';
import {
  DIRECTIONS,
  HIGHEST_MANUAL_ID,
  LEVELS,
  POLICY_ACTIONS,
  REQUEST_MODES,
  REQUEST_PROTOCOLS,
} from './words';

export function readPolicyString(cursor: Cursor, command: SpdCommand['kind'] | 'tagged'): PolicyString {
  cursor.offer('direction');
  const direction = takeOneOf(cursor, DIRECTIONS, 'the direction', 'expected-direction', 'keyword');
  if (direction.value === 'fwd' && !cursor.hasFailed) {
    cursor.problem(
      'forward-policy',
      'information',
      direction,
      'Only Linux has policies of direction `fwd`. The setkey of NetBSD and FreeBSD reads `fwd` as `in`.',
    );
  }
  cursor.offer('priority', 'action');
  const priority = readPriority(cursor);
  const action = readAction(cursor, command, direction, priority);
  const requests: Request[] = [];
  if (action !== undefined) {
    cursor.offer('request-protocol');
    while (!cursor.atEnd()) {
      requests.push(readRequest(cursor, direction.value));
      // Straight behind a slash the request itself goes on.
      if (cursor.previous.text !== '/') cursor.offer('request-protocol');
    }
    checkAction(cursor, action, requests);
  }
  return {
    direction,
    requests,
    ...(priority === undefined ? {} : { priority }),
    ...(action === undefined ? {} : { action }),
  };
}

/** The middle of the kernel's scale, and where `low` and `high` lie (libpfkey.h of ipsec-tools). */
const PRIORITY_BASES = { low: 0xc0000000, def: 0x80000000, high: 0x40000000 } as const;

function readPriority(cursor: Cursor): Written<number> | undefined {
  if (!cursor.is('priority') && !cursor.is('prio')) return undefined;
  const start = cursor.take('keyword').start;
  let base: number = PRIORITY_BASES.def;
  let sign: 1 | -1 = 1;
  let hasOffset = true;
  if (cursor.is('low') || cursor.is('def') || cursor.is('high')) {
    base = PRIORITY_BASES[cursor.take('keyword').text as keyof typeof PRIORITY_BASES];
    if (cursor.accept('-', 'operator')) sign = -1;
    else hasOffset = cursor.accept('+', 'operator');
  } else if (cursor.accept('-', 'operator')) sign = -1;
  // A higher priority is a lower number: what is added to the priority is taken off the number.
  const offset = hasOffset
    ? takeNumber(cursor, 'the priority offset', 'priority-offset', 0, 0x3fffffff).value * sign
    : 0;
  const end = cursor.previous.end;
  const range = { start, end };
  if (!cursor.hasFailed) {
    cursor.problem(
      'priority',
      'warning',
      range,
      'Only Linux has policy priorities. The setkey of NetBSD and FreeBSD refuses them: there the first matching entry counts, in the order they were added.',
    );
  }
  return written(base - offset, range);
}

function readAction(
  cursor: Cursor,
  command: SpdCommand['kind'] | 'tagged',
  direction: Written<PolicyDirection>,
  priority: Written<number> | undefined,
): PolicyString['action'] {
  if (cursor.atEnd() && !cursor.hasFailed && priority === undefined) {
    if (command !== 'spddelete') {
      cursor.problem(
        'missing-action',
        'warning',
        direction,
        `No action stands behind \`${direction.value}\`: the kernel takes that as \`discard\`. Write ${listWords(POLICY_ACTIONS)}.`,
      );
    }
    return undefined;
  }
  return takeOneOf(cursor, POLICY_ACTIONS, 'what the policy does', 'expected-action', 'action');
}

function checkAction(
  cursor: Cursor,
  action: NonNullable<PolicyString['action']>,
  requests: readonly Request[],
): void {
  if (cursor.hasFailed) return;
  if (action.value === 'ipsec' && requests.length === 0) {
    cursor.problem(
      'missing-request',
      'error',
      action,
      'A policy `ipsec` needs a request behind it, such as `esp/tunnel/192.0.2.1-192.0.2.2/require`. setkey reads the line, but the kernel refuses it: Invalid argument.',
    );
  }
  if ((action.value === 'discard' || action.value === 'none') && requests.length > 0) {
    const range = { start: requests[0]!.start, end: requests[requests.length - 1]!.end };
    cursor.problem(
      'useless-request',
      'warning',
      range,
      `A policy \`${action.value}\` does not use requests; these have no effect. Write \`ipsec\` in its place to protect the packets.`,
    );
  }
  if (action.value === 'entrust' || action.value === 'bypass') {
    cursor.problem(
      'socket-policy',
      'warning',
      action,
      `\`${action.value}\` belongs to the policy of one socket (ipsec_set_policy(3)). In the SPD the kernels of NetBSD and FreeBSD refuse it: Invalid argument. Use \`none\` to let packets pass in clear.`,
    );
  }
}

function readRequest(cursor: Cursor, direction: PolicyDirection): Request {
  const start = cursor.current.start;
  const protocol = takeOneOf(
    cursor,
    REQUEST_PROTOCOLS,
    'a request, which begins with its protocol',
    'unknown-protocol',
    'protocol',
  );
  const slash = () => cursor.accept('/', 'operator');
  if (!slash())
    cursor.fail('incomplete-request', `\`/\` and the mode, such as \`${protocol.value}/transport\``);
  cursor.offer('request-mode');
  const mode = takeOneOf(cursor, REQUEST_MODES, 'the mode', 'unknown-mode', 'keyword');
  let endpoints: RequestEndpoints | undefined;
  let level: { level: Written<IpsecLevel>; uniqueId?: number } | undefined;
  if (slash()) {
    if (slash()) level = readLevel(cursor);
    else {
      cursor.offer('request-endpoints');
      if (!cursor.atEnd() && !startsRequest(cursor)) {
        endpoints = readEndpoints(cursor, direction);
        if (slash()) {
          cursor.offer('level');
          if (!cursor.atEnd() && !startsRequest(cursor)) level = readLevel(cursor);
        }
      }
    }
  }
  const end = cursor.previous.end;
  if (mode.value === 'tunnel' && endpoints === undefined && !cursor.hasFailed) {
    cursor.problem(
      'tunnel-endpoints',
      'error',
      mode,
      'A tunnel needs its two ends. Expected `tunnel/SOURCE-DESTINATION`, such as `tunnel/192.0.2.1-192.0.2.2`.',
    );
  }
  return {
    protocol,
    mode,
    start,
    end,
    ...(endpoints === undefined ? {} : { endpoints }),
    ...(level === undefined ? {} : { level: level.level }),
    ...(level?.uniqueId === undefined ? {} : { uniqueId: level.uniqueId }),
  };
}

/** `esp/transport/ ah/transport`: behind the slash the next request may begin already. */
function startsRequest(cursor: Cursor): boolean {
  return REQUEST_PROTOCOLS.some((p) => cursor.is(p));
}

function readEndpoints(cursor: Cursor, direction: PolicyDirection): RequestEndpoints {
  const hyphen = () => {
    if (!cursor.accept('-', 'operator'))
      cursor.fail('tunnel-endpoints', '`-` between the two ends of the tunnel');
  };
  if (cursor.is('me') || cursor.is('any')) {
    const first = cursor.take('keyword');
    hyphen();
    const wanted = first.text === 'me' ? 'any' : 'me';
    if (!cursor.is(wanted)) cursor.fail('tunnel-endpoints', `\`${wanted}\` behind \`${first.text}-\``);
    const last = cursor.take('keyword');
    const range = { start: first.start, end: last.end };
    const isRight = first.text === 'me' ? direction === 'out' : direction === 'in';
    if (!isRight && !cursor.hasFailed) {
      cursor.problem(
        'tunnel-endpoints',
        'error',
        range,
        '`me-any` is for policies `out` and `any-me` for policies `in`; setkey refuses it the other way round.',
      );
    }
    return { kind: 'negotiated', ...range };
  }
  const source = readEndpoint(cursor, 'the address of the tunnel end that sends');
  hyphen();
  const destination = readEndpoint(cursor, 'the address of the tunnel end that receives');
  if (!cursor.hasFailed) checkFamilies(cursor, source.host, destination.host, undefined);
  if ((source.port === undefined) !== (destination.port === undefined) && !cursor.hasFailed) {
    const host = (source.port === undefined ? source : destination).host;
    cursor.problem(
      'tunnel-endpoints',
      'error',
      host,
      `Either both ends of the tunnel have a port or none; \`${host.text}\` has none. Write \`${host.text}[4500]\` for ESP over UDP.`,
    );
  }
  return { kind: 'addresses', source, destination };
}

function readLevel(cursor: Cursor): { level: Written<IpsecLevel>; uniqueId?: number } {
  cursor.offer('level');
  const token = cursor.current;
  const unique = /^unique:(\d+)$/.exec(token.text);
  if (unique === null) {
    return { level: takeOneOf(cursor, LEVELS, 'the level', 'unknown-level', 'keyword') };
  }
  cursor.take('keyword');
  const uniqueId = Number(unique[1]);
  if (uniqueId < 1 || uniqueId > 32767) {
    cursor.problem(
      'unique-id',
      'error',
      token,
      `The number behind \`unique:\` must be between 1 and 32767; ${unique[1]} is not.`,
    );
  } else if (uniqueId > HIGHEST_MANUAL_ID) {
    cursor.problem(
      'unique-id',
      'warning',
      token,
      `The kernel keeps numbers above ${HIGHEST_MANUAL_ID} for itself and puts another in the place of ${uniqueId}; no SA with \`-u ${uniqueId}\` will serve this policy.`,
    );
    return { level: written('unique', token) };
  }
  return { level: written('unique', token), uniqueId };
}
