import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Measured } from './measure';

/** Something counted in megabytes or others, not timed. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The most it may be. */
  readonly target?: number;
}

/** Prints medians and figures beside their targets, and writes them to `bench/results/NAME.json`. */
export function report(
  name: string,
  results: readonly Measured[],
  facts: Readonly<Record<string, unknown>> = {},
  figures: readonly Figure[] = [],
): void {
  console.log(line('', 'median', 'target', ''));
  for (const { name, medianMilliseconds, targetMilliseconds } of results) {
    const target = targetMilliseconds === undefined ? '' : `${targetMilliseconds} ms`;
    const verdict = verdictOf(medianMilliseconds, targetMilliseconds);
    console.log(line(name, `${medianMilliseconds.toFixed(2)} ms`, target, verdict));
  }
  for (const { name, value, unit, target } of figures)
    console.log(
      line(
        name,
        `${value} ${unit}`,
        target === undefined ? '' : `${target} ${unit}`,
        verdictOf(value, target),
      ),
    );
  const path = `bench/results/${name}.json`;
  const machine = { node: process.version, processor: cpus()[0]?.model ?? 'unknown' };
  mkdirSync('bench/results', { recursive: true });
  writeFileSync(path, `${JSON.stringify({ ...facts, ...machine, results, figures }, undefined, 2)}\n`);
  console.log(`\nwritten to ${path}`);
}

function line(name: string, value: string, target: string, verdict: string): string {
  return `${name.padEnd(58)} ${value.padStart(12)} ${target.padStart(9)}  ${verdict}`.trimEnd();
}

function verdictOf(value: number, target: number | undefined): string {
  if (target === undefined) return '';
  return value <= target ? 'pass' : 'OVER TARGET';
}
