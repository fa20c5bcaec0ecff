/**
 * What the gateways remember when a walk has ended: states, NAT sessions, and the IPsec databases with what the walk
 * used of them. Cells are texts, so that the page that draws them knows nothing of the engines.
 */
import type { GatewayTable, GatewayTables, TableRow } from '../../../protocol/src/gatewayTables';
import type { Project, Snapshot, WalkResult } from '../analysis/snapshot';
import { platformById } from '../platforms';
import { formatAddress } from '../policy/address';
import type { Origin } from '../policy/origin';
import { type GatewayState, stateAfter } from '../simulator/gatewayState';
import { sessionParts, stateParts } from '../simulator/ipfilter/explain';
import { algorithmNames, policyLink, requestName, spiName } from '../simulator/ipsec/words';
import type { Gateway } from '../simulator/network';
import { placeOf } from './places';

export function gatewayTables(snapshot: Snapshot, project: Project, result: WalkResult): GatewayTables[] {
  const states = stateAfter(result.trace);
  const used = new Set(result.trace.steps.flatMap((step) => step.origins).map(keyOf));
  const row = (cells: readonly string[], origin: Origin, touched: boolean): TableRow => {
    const place = placeOf(snapshot, origin, project.folder);
    return { cells, touched, ...(place !== undefined && { place }) };
  };
  return project.network.gateways.map((gateway) => {
    const state = states?.get(gateway.name);
    const tables = [
      ...(state === undefined ? [] : [stateTable(state, row), natTable(state, row)]),
      policyTable(gateway, used, row),
      associationTable(gateway, state, used, row),
    ];
    return {
      gateway: gateway.name,
      platform: (platformById(result.request.platform ?? '') ?? gateway.platform).title,
      tables: tables.filter((table) => table.rows.length > 0),
    };
  });
}

type MakeRow = (cells: readonly string[], origin: Origin, touched: boolean) => TableRow;

/** A gateway begins a walk with empty tables: every entry is the walk's own. */
function stateTable(state: GatewayState, row: MakeRow): GatewayTable {
  return {
    kind: 'state',
    title: 'State table',
    columns: ['protocol', 'from', 'to', 'progress', 'packets there', 'packets back'],
    rows: state.engine.states.entries.map((entry) => {
      const { protocol, source, destination, progress, packets } = stateParts(entry);
      const cells = [protocol, source, destination, progress, String(packets[0]), String(packets[1])];
      return row(cells, entry.rule.rule.origin, true);
    }),
  };
}

function natTable(state: GatewayState, row: MakeRow): GatewayTable {
  return {
    kind: 'nat',
    title: 'NAT sessions',
    columns: ['protocol', 'source', 'becomes', 'destination', 'becomes'],
    rows: state.engine.translator.sessions.sessions.map((session) => {
      const { protocol, source, newSource, destination, newDestination } = sessionParts(session);
      const changed = (before: string, after: string) => (before === after ? 'unchanged' : after);
      const cells = [
        protocol,
        source,
        changed(source, newSource),
        destination,
        changed(destination, newDestination),
      ];
      return row(cells, session.rule.rule.origin, true);
    }),
  };
}

function policyTable(gateway: Gateway, used: ReadonlySet<string>, row: MakeRow): GatewayTable {
  return {
    kind: 'policies',
    title: 'Security policies (SPD)',
    columns: ['direction', 'selector', 'action'],
    rows: gateway.ipsec.policies.map((policy) => {
      const requests = policy.requests.map((r) =>
        r.tunnel === undefined ? `${r.protocol.toUpperCase()} ${r.mode}` : requestName(r, r.tunnel),
      );
      const action = requests.length === 0 ? policy.action : `${policy.action}: ${requests.join(', ')}`;
      const cells = [policy.direction, policyLink(policy).text, action];
      return row(cells, policy.origin, used.has(keyOf(policy.origin)));
    }),
  };
}

function associationTable(
  gateway: Gateway,
  state: GatewayState | undefined,
  used: ReadonlySet<string>,
  row: MakeRow,
): GatewayTable {
  return {
    kind: 'associations',
    title: 'Security associations (SAD)',
    columns: ['SPI', 'protocol', 'mode', 'from', 'to', 'algorithms', 'packets sent'],
    rows: gateway.ipsec.associations.map((sa) => {
      const cells = [
        spiName(sa.spi),
        sa.protocol.toUpperCase(),
        sa.mode,
        formatAddress(sa.source),
        formatAddress(sa.destination),
        algorithmNames(sa),
        String(state?.sequences.get(sa) ?? 0),
      ];
      return row(cells, sa.origin, used.has(keyOf(sa.origin)));
    }),
  };
}

function keyOf({ file, start, end }: Origin): string {
  return `${start}:${end}:${file}`;
}
