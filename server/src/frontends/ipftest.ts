/**
 * `ipftest`: rules and packets in, verdicts out, over Gatewalk's own engine. It exists so that the engine can
 * be held against the real program's recorded output, byte for byte (`docs/ipfilter-conformance.md`); its
 * options, messages and the oddities of a harness in which no time passes are those of ipftest(1).
 */
import { ipfDialect } from '../dialects/ipf';
import { DEFAULT_LOWER_OPTIONS, lowerIpf } from '../dialects/ipf/lower';
import { firstError } from '../dialects/ipf/printable';
import { ipnatDialect } from '../dialects/ipnat';
import { lowerIpnat, DEFAULT_LOWER_OPTIONS as NAT_LOWER_OPTIONS } from '../dialects/ipnat/lower';
import { firstNatError } from '../dialects/ipnat/printable';
import { decodePacket } from '../packet/decode';
import { type Address, parseAddress } from '../policy/address';
import { type FilterProgram, mergeFilterPrograms } from '../policy/filter';
import type { NatTable } from '../policy/nat';
import type { AddressPool, Policy } from '../policy/policy';
import {
  createIpfilterEngine,
  type IpfilterEngine,
  type IpfilterResult,
  type IpfilterTunables,
} from '../simulator/ipfilter/engine';
import { type FrontendIo, type FrontendResult, latin1, readOptions } from './frontend';
import { dump } from './ipftest/dump';
import { readHexPackets } from './ipftest/hexPackets';
import {
  loadPools,
  numberInlinePools,
  withoutRefusedNatRules,
  withoutRefusedRules,
} from './ipftest/loadedPools';
import { pcapBanner, readPcapPackets } from './ipftest/pcapPackets';
import { printPacket } from './ipftest/printPacket';
import type { PacketReader, TestPacket } from './ipftest/testPacket';
import { fixChecksums4, readTextPackets } from './ipftest/textPackets';
import { LogDevice } from './ipmonRecords';
import { syntaxErrorAt } from './syntaxError';

const OPTIONS = '6bCdDF:i:I:l:N:P:or:RS:T:vxX';

/** `linear`: every rule is walked instead of asking the index; the two must print the same. */
export function runIpftest(
  args: readonly string[],
  io: FrontendIo,
  { linear = false }: { readonly linear?: boolean } = {},
): FrontendResult {
  const run = new TestRun(io, linear);
  const failure = run.configure(args);
  if (failure !== undefined) return failure;
  return run.run();
}

interface Settings {
  brief: boolean;
  dumps: boolean;
  hex: boolean;
  verbose: boolean;
  six: boolean;
  recompute: boolean;
  /** `-R`: no names are looked up. */
  numeric: boolean;
  translates: boolean;
  format: 'text' | 'hex' | 'pcap';
  input: string;
  defaultInterface: string;
  outsideOf: Address | undefined;
  logFile: string | undefined;
}

class TestRun {
  private readonly settings: Settings = {
    brief: false,
    dumps: false,
    hex: false,
    verbose: false,
    six: false,
    recompute: false,
    numeric: false,
    translates: false,
    format: 'text',
    input: '-',
    defaultInterface: 'anon0',
    outsideOf: undefined,
    logFile: undefined,
  };
  private readonly programs: FilterProgram[] = [];
  private readonly natTables: NatTable[] = [];
  private readonly pools: AddressPool[] = [];
  private readonly trees: string[] = [];
  private readonly hashes: string[] = [];
  private readonly tunables: { -readonly [K in keyof IpfilterTunables]?: IpfilterTunables[K] } = {};
  private readonly addresses = new Map<string, Address>();
  private loaded = false;
  private stdout = '';
  private stderr = '';

  constructor(
    private readonly io: FrontendIo,
    private readonly linear: boolean,
  ) {}

  /** Options take effect in the order given: a rule file knows only pools named before it. */
  configure(args: readonly string[]): FrontendResult | undefined {
    const { settings } = this;
    const { options } = readOptions(args, OPTIONS);
    settings.numeric = options.some(([letter]) => letter === 'R');
    for (const [letter, value] of options) {
      switch (letter) {
        case '6':
          settings.six = true;
          break;
        case 'b':
          settings.brief = true;
          break;
        case 'C':
          settings.recompute = true;
          break;
        case 'D':
          settings.dumps = true;
          break;
        case 'F': {
          const format = value.toLowerCase();
          if (format === 'text' || format === 'hex' || format === 'pcap') settings.format = format;
          break;
        }
        case 'i':
          settings.input = value;
          break;
        case 'I':
          settings.defaultInterface = value;
          break;
        case 'l':
          settings.logFile = value;
          break;
        case 'N':
          settings.translates = true;
          if (!this.load('ipnat', value)) return this.result(1);
          break;
        case 'P':
          if (!this.load('ippool', value)) return this.result(1);
          break;
        case 'r':
          if (!this.load('ipf', value)) return this.result(1);
          break;
        case 'S':
          settings.outsideOf = parseAddress(value);
          break;
        case 'T':
          for (const setting of value.split(',')) this.tune(setting);
          break;
        case 'v':
          settings.verbose = true;
          break;
        case 'x':
          settings.hex = true;
          break;
      }
    }
    if (this.loaded) return undefined;
    this.stderr += 'no rules loaded\n';
    return this.result(255);
  }

  private tune(setting: string): void {
    const [name = '', value = ''] = setting.split('=');
    const number = Number(value);
    switch (name) {
      case 'state_max':
        this.tunables.stateMaximum = number;
        break;
      case 'min_ttl':
        this.tunables.minimumTtl = number;
        break;
      case 'icmp_minfragmtu':
        this.tunables.icmpMinimumFragmentMtu = number;
        break;
      case 'update_ipid':
        this.tunables.updateIpId = number !== 0;
        break;
      case 'default_pass':
        this.tunables.defaultPass = (number & 0xf) === 1 ? 'block' : 'pass';
        break;
      default:
        this.stderr += `tuning ${name}: not known\n`;
    }
  }

  /** False when the file cannot be read or has a mistake: the program ends there (`yyerror`). */
  private load(language: 'ipf' | 'ipnat' | 'ippool', path: string): boolean {
    const content = this.io.read(path);
    if (content === undefined) {
      this.stderr += `fopen(${path}) failed: No such file or directory\n`;
      return false;
    }
    this.loaded = true;
    if (language === 'ippool') {
      const loaded = loadPools(path, content, this.io);
      this.stderr += loaded.complaints;
      if (loaded.isRefused) return false;
      this.pools.push(...loaded.pools);
      this.trees.push(...loaded.trees);
      this.hashes.push(...loaded.hashes);
      return true;
    }
    const policy = this.policyOf(language, path, latin1(content));
    if (policy === undefined) return false;
    if (policy.filter !== undefined) {
      const numbered = numberInlinePools(withoutRefusedRules(policy.filter, this.pools));
      this.programs.push(numbered.program);
      this.trees.push(...numbered.trees);
      this.hashes.push(...numbered.hashes);
    }
    if (policy.nat !== undefined) this.natTables.push(withoutRefusedNatRules(policy.nat, this.pools));
    return true;
  }

  /** Undefined, with the error written down, when the file is not in the language: the program ends there. */
  private policyOf(language: 'ipf' | 'ipnat', path: string, text: string): Policy | undefined {
    const services = !this.settings.numeric;
    if (language === 'ipnat') {
      const parse = ipnatDialect.parse(text);
      const error = firstNatError(parse);
      if (error !== undefined) this.stderr += syntaxErrorAt(parse, error.statement, error.problem.range);
      const options = { ...NAT_LOWER_OPTIONS, asIpnat: true, services };
      return error === undefined ? lowerIpnat(parse, { file: path }, options).policy : undefined;
    }
    const parse = ipfDialect.parse(text);
    const assumed = this.settings.six ? { assumeFamily: 6 as const } : {};
    const error = firstError(parse, assumed);
    if (error !== undefined) this.stderr += syntaxErrorAt(parse, error.statement, error.problem.range);
    const options = { ...DEFAULT_LOWER_OPTIONS, ...assumed, asIpf: true, services };
    return error === undefined ? lowerIpf(parse, { file: path }, options).policy : undefined;
  }

  run(): FrontendResult {
    const { settings } = this;
    const content = this.io.read(settings.input);
    if (content === undefined) {
      this.stderr += 'error opening input: No such file or directory\n';
      return this.result(255);
    }
    const { packets, stderr } = READERS[settings.format](content);
    this.stderr += stderr;
    if (settings.format === 'pcap') this.stdout += pcapBanner(settings.input, content);
    const nat: NatTable | undefined =
      this.natTables.length === 0
        ? undefined
        : { semantics: 'ipfilter', rules: this.natTables.flatMap((t) => t.rules) };
    const log = new LogDevice();
    const engine = createIpfilterEngine({
      filter: mergeFilterPrograms(this.programs),
      nat,
      pools: this.pools,
      addressesOf: (name) => {
        const address = this.addresses.get(name);
        return address === undefined ? [] : [address];
      },
      random: harnessRandom(),
      tunables: this.tunables,
      countHits: true,
      linear: this.linear,
      routes: true,
      proxyNote: (line) => {
        this.stdout += `${line}\n`;
      },
      log: (entry) => log.add(entry),
    });
    for (const [index, packet] of packets.entries()) this.pass(engine, packet, index + 1);
    if (settings.logFile !== undefined) this.io.write?.(settings.logFile, log.read());
    if (settings.dumps)
      this.stdout += dump({
        engine,
        nat,
        pools: newestFirst(this.trees),
        hashes: newestFirst(this.hashes),
        groupMaps: this.pools,
      });
    return this.result(0);
  }

  private pass(engine: IpfilterEngine, packet: TestPacket, number: number): void {
    const { settings } = this;
    const name = this.nameAndAddress(packet.interface || settings.defaultInterface);
    const bytes = packet.bytes.slice();
    const is4 = bytes[0]! >>> 4 === 4;
    if (is4 && settings.recompute) fixChecksums4(bytes);
    let { direction } = packet;
    if (is4 && settings.outsideOf?.family === 4) {
      const source = new DataView(bytes.buffer).getUint32(12);
      direction = source === settings.outsideOf.value ? 'in' : 'out';
    }
    const result = engine.check(decodePacket(bytes), {
      interface: name,
      direction,
      linkCast: packet.linkCast,
    });
    if (result.uncertain !== undefined) {
      this.stderr += `packet ${number} is uncertain: ${result.uncertain}\n`;
    }
    for (const sent of result.sent ?? []) {
      this.stdout += printPacket(sent.packet.bytes, sent.direction, sent.interface, settings.hex);
    }
    if (settings.verbose) {
      this.stdout += `fin_flx 0x${(result.conditions >>> 0).toString(16)} pass 0x${(result.decision.word >>> 0).toString(16)} `;
    }
    const isGone = result.verdict !== 'pass' || result.taken === true;
    if (!settings.translates) this.stdout += verdictWords(result, isGone);
    if (!settings.brief) {
      this.stdout += ` ${printPacket(result.packet.bytes, direction, name, settings.hex)}--------------`;
    } else if (settings.translates) {
      this.stdout += isGone
        ? `${result.dropCode ?? 0}\n`
        : printPacket(result.packet.bytes, direction, name, settings.hex);
    }
    if (!(settings.brief && settings.translates)) this.stdout += '\n';
    engine.states.flushClosing();
  }

  private nameAndAddress(name: string): string {
    const equals = name.indexOf('=');
    if (equals < 0) return name;
    const plain = name.slice(0, equals);
    const address = parseAddress(name.slice(equals + 1));
    if (address !== undefined && !this.addresses.has(plain)) this.addresses.set(plain, address);
    return plain;
  }

  private result(exitCode: number): FrontendResult {
    return { stdout: this.stdout, stderr: this.stderr, exitCode };
  }
}

function newestFirst(tables: readonly string[]): string {
  return [...tables].reverse().join('');
}

const READERS: Record<Settings['format'], PacketReader> = {
  text: readTextPackets,
  hex: readHexPackets,
  pcap: readPcapPackets,
};

/** `ipf_check`'s return value in the program's words. */
function verdictWords(result: IpfilterResult, isGone: boolean): string {
  const { decision } = result;
  if (decision.noMatch) return isGone ? 'bad-packet' : 'nomatch';
  if (decision.answer?.kind === 'rst') return 'block return-rst';
  if (decision.answer?.kind === 'icmp') {
    return decision.answer.asDestination ? 'block return-icmp-as-dest' : 'block return-icmp';
  }
  switch (decision.action) {
    case 'pass':
      return 'pass';
    case 'block':
      return 'block';
    case 'auth':
      return 'auth';
    case 'preauth':
      return 'preauth';
    case 'account':
      return 'account';
    default:
      return 'recognised return 0x2\n';
  }
}

/** The harness's "random" numbers: six chosen ones, then a sequence of its own (`ipf_random`, ip_fil.c). */
function harnessRandom(): () => number {
  const chosen = [0, 4, 3999, 4000, 48999, 49000];
  let calls = 0;
  let last = 0xa5a5a5a5;
  return () => {
    calls++;
    if (calls <= chosen.length) return chosen[calls - 1]!;
    const number = last;
    last = (Math.imul(last, calls) + 1) >>> 0;
    return (number ^ last) >>> 0;
  };
}
