import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Measured } from './measure';

/** Prints medians beside their targets, and writes them to `bench/results/NAME.json`. */
export function report(
  name: string,
  results: readonly Measured[],
  facts: Readonly<Record<string, unknown>> = {},
): void {
  for (const r of results) {
    const target = r.targetMilliseconds === undefined ? '' : `  (target ${r.targetMilliseconds} ms)`;
    console.log(`${r.name.padEnd(48)} ${r.medianMilliseconds.toFixed(2).padStart(9)} ms${target}`);
  }
  const path = `bench/results/${name}.json`;
  const machine = { node: process.version, processor: cpus()[0]?.model ?? 'unknown' };
  mkdirSync('bench/results', { recursive: true });
  writeFileSync(path, `${JSON.stringify({ ...facts, ...machine, results }, undefined, 2)}\n`);
  console.log(`\nwritten to ${path}`);
}
