/**
 * IPFilter's own tools over our engine: `gatewalk ipftest ...` takes the options of the real `ipftest` and prints
 * what it prints, byte for byte, so that scripts written for it run where there is no IPFilter.
 */

import type { Frontend } from '../frontends/frontend';
import { runIpf } from '../frontends/ipf';
import { runIpftest } from '../frontends/ipftest';
import { runIpmon } from '../frontends/ipmon';
import { runIpnat } from '../frontends/ipnat';
import { runIppool } from '../frontends/ippool';

interface DropIn {
  readonly name: string;
  readonly description: string;
  readonly run: Frontend;
}

export const dropIns: readonly DropIn[] = [
  {
    name: 'ipftest',
    description: 'as ipftest(1): packets through ipf, ipnat and ippool rules',
    run: runIpftest,
  },
  { name: 'ipf', description: 'as ipf(8) -n: read rules and print them (-nvf FILE)', run: runIpf },
  { name: 'ipnat', description: 'as ipnat(8) -n: read NAT rules and print them (-nvf FILE)', run: runIpnat },
  { name: 'ippool', description: 'as ippool(8) -n: read pools and print them (-nvf FILE)', run: runIppool },
  {
    name: 'ipmon',
    description: 'as ipmon(8): print the log that ipftest -l FILE wrote (-f FILE)',
    run: runIpmon,
  },
];

export function dropInByName(name: string | undefined): DropIn | undefined {
  return dropIns.find((d) => d.name === name);
}

export function dropInHelp(): string {
  const lines = dropIns.map((d) => `  ${d.name.padEnd(25)}  ${d.description}`);
  return `\nIPFilter’s own tools, with their own options and output:\n${lines.join('\n')}\n`;
}
