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
    readonly flags: readonly (readonly [number, number])[];
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
  try {
    const { got, expected } = runRandomCase(record);
    return got.join('\n') === expected.join('\n')
      ? undefined
      : firstDifference(expected.join('\n'), got.join('\n'));
  } catch (error) {
    return `could not run: ${(error as Error).message}`;
  }
}

export interface RandomOutcome {
  /** One per packet: the verdict's word, or in a NAT case the packet that left or `drop CODE`. */
  readonly got: readonly string[];
  readonly expected: readonly string[];
}

export function runRandomCase(
  record: RandomCase,
  extra: readonly string[] = [],
  options: { readonly linear?: boolean } = {},
): RandomOutcome {
  const bytes = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text, 'latin1'));
  const files: Record<string, Uint8Array | undefined> = {
    'ipf.conf': bytes(record.ipf),
    'ipnat.conf': bytes(record.ipnat),
    packets: bytes(record.input),
  };
  const { stdout } = runIpftest([...extra, ...record.args], { read: (path) => files[path] }, options);
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
