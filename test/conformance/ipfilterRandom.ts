import { runIpftest } from '../../server/src/frontends/ipftest';
import { firstDifference } from './ipfilterSuite';

/** One recorded run of the real `ipftest` over random rules and packets. */
export interface RandomCase {
  readonly id: string;
  readonly mode: 'filter' | 'nat';
  readonly ipf: string;
  readonly ipnat?: string;
  readonly input: string;
  readonly args: readonly string[];
  readonly expect: {
    readonly verdicts: readonly string[];
    readonly trans?: readonly string[];
    /** What the kernel noted about each packet (`fin_flx`) and the decision's word. */
    readonly flags?: readonly (readonly [number, number])[];
  };
}

export function parseRandomCases(jsonLines: string): RandomCase[] {
  return jsonLines.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line) as RandomCase];
    } catch (error) {
      throw new Error(`line ${i + 1} is no JSON: ${(error as Error).message}`);
    }
  });
}

/** Where the output parts from the recorded one. */
export function differenceOfRandomCase(record: RandomCase): string | undefined {
  return unlessItFails(() => {
    const { got, expected } = runRandomCase(record);
    return differenceOf(expected, got);
  });
}

/** Where what is noted about the packets parts from what the real engine noted; none when that was not recorded. */
export function differenceOfFlags(record: RandomCase): string | undefined {
  const { flags } = record.expect;
  if (flags === undefined) return undefined;
  return unlessItFails(() => differenceOf(flagWords(flags), flagWords(notedFlags(record))));
}

function unlessItFails(compare: () => string | undefined): string | undefined {
  try {
    return compare();
  } catch (error) {
    return `could not run: ${(error as Error).message}`;
  }
}

function differenceOf(expected: readonly string[], got: readonly string[]): string | undefined {
  const [a, b] = [expected.join('\n'), got.join('\n')];
  return a === b ? undefined : firstDifference(a, b);
}

function flagWords(flags: readonly (readonly number[])[]): string[] {
  return flags.map(([conditions = 0, word = 0]) => `${conditions.toString(16)} ${word.toString(16)}`);
}

export interface RandomOutcome {
  /** One per packet: the verdict's word, or in a NAT case the packet that left or `drop CODE`. */
  readonly got: readonly string[];
  readonly expected: readonly string[];
}

/** What `ipftest -v` says of every packet, in the form of `expect.flags`. */
export function notedFlags(record: RandomCase): readonly (readonly number[])[] {
  const { stdout } = runIpftest(['-v', ...record.args], { read: filesOf(record) });
  return [...stdout.matchAll(/fin_flx 0x([0-9a-f]+) pass 0x([0-9a-f]+)/g)].map(([, conditions, word]) => [
    Number.parseInt(conditions!, 16),
    Number.parseInt(word!, 16),
  ]);
}

function filesOf(record: RandomCase): (path: string) => Uint8Array | undefined {
  const bytes = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text, 'latin1'));
  const files: Record<string, Uint8Array | undefined> = {
    'ipf.conf': bytes(record.ipf),
    'ipnat.conf': bytes(record.ipnat),
    packets: bytes(record.input),
  };
  return (path) => files[path];
}

export function runRandomCase(
  record: RandomCase,
  extra: readonly string[] = [],
  options: { readonly linear?: boolean } = {},
): RandomOutcome {
  const { stdout } = runIpftest([...extra, ...record.args], { read: filesOf(record) }, options);
  const lines = stdout.split('\n').slice(0, -1);
  if (record.mode === 'filter') {
    return {
      got: lines.filter((line) => line !== '').map((line) => line.trim()),
      expected: record.expect.verdicts,
    };
  }
  const isHex = record.args.includes('-x');
  return {
    got: packetsOf(lines, isHex).map((packet) => (/^\d+$/.test(packet) ? `drop ${packet}` : packet)),
    expected: record.expect.trans ?? [],
  };
}

/** Hex output is wrapped, a blank line after each packet; a dropped packet is its code on a line. */
function packetsOf(lines: readonly string[], isHex: boolean): string[] {
  if (!isHex) return lines.map((line) => line.trim());
  const packets: string[] = [];
  let words: string[] = [];
  for (const line of lines) {
    if (line === '') {
      if (words.length > 0) packets.push(words.join(' '));
      words = [];
    } else if (words.length === 0 && /^\d{1,2}$/.test(line)) packets.push(line);
    else words.push(line.trim());
  }
  return packets;
}
