/** `docs/walk.schema.json` says exactly what `protocol/src` says, and what the code makes fits it. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020';
import { describe, expect, it } from 'vitest';
import { toTraceView } from '../../server/src/features/traceView';
import { networkUri, otherUri, rulesUri, samplePacket, toySnapshot, webTrace } from './toy';

interface ObjectSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly additionalProperties?: boolean;
}

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const schema = JSON.parse(read('docs/walk.schema.json')) as {
  readonly $defs: Readonly<Record<string, ObjectSchema>>;
};

/** Members of every exported interface: these files hold nothing fancier than `readonly name?: type;`. */
function interfacesOf(source: string): Map<string, { required: string[]; all: string[] }> {
  const found = new Map<string, { required: string[]; all: string[] }>();
  for (const [, name, body] of source.matchAll(/^export interface (\w+) \{\n([\s\S]*?)^\}/gm)) {
    const members = [...body!.matchAll(/^ {2}readonly (\w+)(\??):/gm)];
    found.set(name!, {
      required: members.filter((m) => m[2] === '').map((m) => m[1]!),
      all: members.map((m) => m[1]!),
    });
  }
  return found;
}

const declared = new Map([
  ...interfacesOf(read('protocol/src/traceView.ts')),
  ...interfacesOf(read('protocol/src/packetView.ts')),
]);

describe('docs/walk.schema.json', () => {
  it('describes every type and no other', () => {
    expect(declared.size).toBeGreaterThan(8);
    const objects = Object.keys(schema.$defs).filter((name) => schema.$defs[name]!.type === 'object');
    expect(objects.sort()).toEqual([...declared.keys()].sort());
  });

  it.each([...declared])('has the members of %s', (name, members) => {
    const described = schema.$defs[name];
    expect(Object.keys(described?.properties ?? {}).sort()).toEqual([...members.all].sort());
    expect([...(described?.required ?? [])].sort()).toEqual([...members.required].sort());
    expect(described?.additionalProperties).toBe(false);
  });

  it('has the outcomes of a step', () => {
    const written = /export type StepOutcome = ([^;]*);/.exec(read('protocol/src/traceView.ts'))![1]!;
    expect(schema.$defs.StepOutcome?.enum).toEqual(written.split('|').map((s) => s.trim().slice(1, -1)));
  });

  const validate = new Ajv2020({ strict: true }).compile(schema);
  const snapshot = toySnapshot({
    files: { [rulesUri]: 'allow web\n', [otherUri]: 'allow map\n', [networkUri]: 'x' },
  });
  const packet = samplePacket('web', { file: networkUri, start: 0, end: 1, line: 0 });
  const trace = webTrace(
    { file: rulesUri, start: 0, end: 9, line: 0 },
    { file: otherUri, start: 0, end: 9, line: 0 },
  );
  const view = toTraceView(
    {
      request: { packet, reply: false, platform: 'linux' },
      trace,
      findings: [{ code: 'walk/clear', severity: 'warning', message: 'It leaves in clear.', origins: [] }],
    },
    snapshot.projectOf(rulesUri)!,
    snapshot,
  );

  it('accepts a walk and an array of walks', () => {
    expect([validate(view), validate.errors]).toEqual([true, null]);
    expect([validate([view, view]), validate.errors]).toEqual([true, null]);
  });

  it('refuses a walk with a member too many or too few', () => {
    expect(validate({ ...view, extra: 1 })).toBe(false);
    expect(validate({ ...view, steps: undefined })).toBe(false);
    expect(validate({ ...view, steps: [{ ...view.steps[0], outcome: 'vanished' }] })).toBe(false);
  });
});
