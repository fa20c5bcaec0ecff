/**
 * Address pools as `ipftest` loads and lists them: those of `-P` files, and the ones written in line in rules,
 * which get numbers as they are loaded. Destination lists are loaded and not listed.
 */
import { ippoolDialect } from '../../dialects/ippool';
import { lowerIppool } from '../../dialects/ippool/lower';
import { formatPrefix } from '../../policy/address';
import type { FilterProgram, FilterRule } from '../../policy/filter';
import type { Match, PoolEntry, PoolReference } from '../../policy/match';
import type { NatTable } from '../../policy/nat';
import type { AddressPool } from '../../policy/policy';
import { undefinedTable } from '../../simulator/ipfilter/natRules';
import { poolFinder } from '../../simulator/scanMatch';
import { type FrontendIo, latin1 } from '../frontend';
import { runIppool } from '../ippool';

export interface LoadedPools {
  readonly pools: readonly AddressPool[];
  /** What `-D` prints under `List of configured pools`, and hash tables: one text for each, in loading order. */
  readonly trees: readonly string[];
  readonly hashes: readonly string[];
  /** What the loader complains about; with `isRefused` it has given up. */
  readonly complaints: string;
  readonly isRefused: boolean;
}

export function loadPools(path: string, content: Uint8Array, io: FrontendIo): LoadedPools {
  const { policy } = lowerIppool(
    ippoolDialect.parse(latin1(content)),
    { file: path },
    {
      readFile: (name) => {
        const file = io.read(name);
        return file === undefined ? undefined : latin1(file);
      },
    },
  );
  const { stdout, stderr, exitCode } = runIppool(['-nvf', path], io);
  const tables = stdout.split(/(?<=\};\n)/).filter((table) => table.trim() !== '');
  return {
    pools: policy.pools ?? [],
    trees: tables.filter((t) => /^table\b.* type=tree /.test(t)),
    hashes: tables.filter((t) => /^(?:group-map|table\b.* type=hash) /.test(t)),
    complaints: stderr,
    isRefused: exitCode !== 0,
  };
}

/** First number of a pool without a name (`LOOKUP_ANON`). */
const FIRST_ANONYMOUS = 0x80000001;

export interface NumberedPools {
  readonly program: FilterProgram;
  readonly trees: readonly string[];
  readonly hashes: readonly string[];
}

/** Numbers pools written in line, in the order of the rules that name them, and writes the numbers into the rules. */
export function numberInlinePools(program: FilterProgram): NumberedPools {
  const rules = [...program.chains.values()]
    .flatMap((chain) => chain.rules)
    .sort((a, b) => a.origin.start - b.origin.start);
  const texts = new Map<FilterRule, string>();
  const printed = { pool: [] as string[], hash: [] as string[] };
  let next = FIRST_ANONYMOUS;
  for (const rule of rules) {
    for (const pool of poolsOf(rule.body.match)) {
      if (pool.inline === undefined || pool.type === 'dstlist') continue;
      const number = next++;
      const type = pool.type === 'pool' ? 'tree' : 'hash';
      const text = texts.get(rule) ?? rule.body.text;
      texts.set(rule, text.replace(`${pool.type}/0`, `${pool.type}/${number}`));
      const size = type === 'hash' ? ` size=${Math.max(1, 2 * pool.inline.length - 1)}` : '';
      printed[pool.type].push(
        `# 'anonymous' table refs 2\ntable role=ipf type=${type} number=${number}${size}\n` +
          `\t{ ${pool.inline.map(entryWords).join('')}};\n`,
      );
    }
  }
  if (texts.size === 0) return { program, trees: [], hashes: [] };
  const chains = new Map(
    [...program.chains].map(([name, chain]) => [
      name,
      {
        ...chain,
        rules: chain.rules.map((rule) => {
          const text = texts.get(rule);
          return text === undefined ? rule : { ...rule, body: { ...rule.body, text } };
        }),
      },
    ]),
  );
  return { program: { ...program, chains }, trees: printed.pool, hashes: printed.hash };
}

function poolsOf(match: Match): PoolReference[] {
  switch (match.kind) {
    case 'and':
    case 'or':
      return match.of.flatMap(poolsOf);
    case 'not':
      return poolsOf(match.of);
    case 'pool':
      return [match.pool];
    default:
      return [];
  }
}

function entryWords(entry: PoolEntry): string {
  return `${entry.negated ? '! ' : ''}${formatPrefix(entry)}; `;
}

/**
 * A rule that calls a group map or names a table which is not loaded is refused (`ipf_srcgrpmap_init`, `frrequest` in
 * fil.c).
 */
export function withoutRefusedRules(program: FilterProgram, pools: readonly AddressPool[]): FilterProgram {
  const finder = poolFinder(pools, 'ipf');
  const isRefused = ({ body: { next, match } }: FilterRule) =>
    (next.kind === 'call' && finder.find({ type: 'hash', name: next.argument }) === undefined) ||
    poolsOf(match).some((pool) => pool.inline === undefined && finder.find(pool) === undefined);
  const chains = new Map(
    [...program.chains].map(([name, chain]) => [
      name,
      { ...chain, rules: chain.rules.filter((rule) => !isRefused(rule)) },
    ]),
  );
  return { ...program, chains };
}

/** A NAT rule that names a table or list which is not loaded is refused (`ipf_nat_nextaddrinit`, ip_nat.c). */
export function withoutRefusedNatRules(table: NatTable, pools: readonly AddressPool[]): NatTable {
  const tables = {
    pools: poolFinder(pools, 'nat'),
    lists: {
      has: (role: string, name: string) =>
        pools.some((p) => p.type === 'dstlist' && p.role === role && p.name === name),
    },
  };
  return { ...table, rules: table.rules.filter((rule) => undefinedTable(rule, tables) === undefined) };
}
