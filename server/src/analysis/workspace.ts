/**
 * The current texts, and snapshots of them. Everything derived is kept as long as what it was derived from is
 * the same object: parses share untouched statements, lowering is remembered per parse, a project per set of
 * files. So a keystroke costs one statement, one lowering and whatever somebody then asks to see.
 */
import type { Lowered } from '../dialects/dialect';
import type { Policy } from '../policy/policy';
import type { Problem } from '../syntax/problem';
import type { Work } from '../text/work';
import type { WrittenAt } from './asWritten';
import { diagnosticTable } from './diagnostics/table';
import { dialectOf } from './dialectOf';
import { checkExpectations } from './expectations';
import { findingsOfNetwork } from './findings';
import { interfaceNames } from './interfaceNames';
import { buildNetwork, type PolicyLookUp } from './network/buildNetwork';
import { inferNetwork } from './network/inferNetwork';
import { type NetworkFile, parseNetworkFile } from './network/networkFile';
import { type BuiltProject, createProject } from './project';
import { ruleProblems } from './rules';
import { withWitnesses } from './rules/textWitnesses';
import { commentPackets } from './samplePackets';
import type { Project, Snapshot, WalkFinding } from './snapshot';
import { SourceFile } from './sourceFile';

export const NETWORK_FILE_NAME = 'gatewalk.yaml';

export class Workspace {
  private readonly files = new Map<string, SourceFile>();
  private readonly unreadable = new Map<string, string>();
  private readonly languageIds = new Map<string, string>();
  private current: WorkspaceSnapshot | undefined;

  /** The text of a file as it is now; undefined when it is gone. `languageId`: the language chosen for it. */
  setFile(uri: string, text: string | undefined, languageId?: string): void {
    const old = this.files.get(uri);
    if (languageId !== undefined) this.languageIds.set(uri, languageId);
    const language = this.languageIds.get(uri);
    this.unreadable.delete(uri);
    if (text === undefined) {
      this.languageIds.delete(uri);
      if (!this.files.delete(uri)) return;
    } else {
      if (
        old !== undefined &&
        old.text === text &&
        (languageId === undefined || old.dialect?.id === languageId)
      )
        return;
      this.files.set(uri, sourceFile(uri, text, old, language));
    }
    this.current = undefined;
  }

  /** A file that is there and cannot be read, with the reason in words. */
  setUnreadable(uri: string, why: string): void {
    this.setFile(uri, undefined);
    this.unreadable.set(uri, why);
    this.current = undefined;
  }

  snapshot(): Snapshot {
    this.current ??= new WorkspaceSnapshot(
      new Map(this.files),
      new Map(this.unreadable),
      this.previous?.projectsMade ?? new Map(),
    );
    this.previous = this.current;
    return this.current;
  }

  private previous: WorkspaceSnapshot | undefined;
}

/** What is a matter on other systems than those the file's gateways run is not said. */
function withoutOtherSystems(
  problems: readonly Problem[],
  project: BuiltProject | undefined,
  uri: string,
): Problem[] {
  if (project === undefined || problems.every((p) => notOn(p).length === 0)) return [...problems];
  const names = project.gatewaysOf(uri);
  const platforms = project.network.gateways.filter((g) => names.includes(g.name)).map((g) => g.platform.id);
  return problems.filter((p) => platforms.length === 0 || !platforms.every((id) => notOn(p).includes(id)));
}

function notOn({ code }: Problem): readonly string[] {
  return diagnosticTable.get(code)?.notOn ?? [];
}

function sourceFile(
  uri: string,
  text: string,
  old: SourceFile | undefined,
  languageId: string | undefined,
): SourceFile {
  const name = uri.slice(uri.lastIndexOf('/') + 1);
  if (name === NETWORK_FILE_NAME) return new SourceFile(uri, text, undefined, undefined);
  const dialect = dialectOf(name, text, languageId);
  const parse = dialect?.parse(text, old?.dialect === dialect ? old?.parse : undefined);
  return new SourceFile(uri, text, dialect, parse);
}

/** A project, and what it was made of. */
interface ProjectMade {
  readonly files: readonly SourceFile[];
  readonly complaints: string;
  readonly project: BuiltProject;
}

class WorkspaceSnapshot implements Snapshot {
  private areDescribed = false;
  private areInferred = false;
  private readonly projectByUri = new Map<string, BuiltProject>();
  private readonly made = new Map<string, ProjectMade>();

  constructor(
    readonly files: ReadonlyMap<string, SourceFile>,
    private readonly unreadable: ReadonlyMap<string, string>,
    /** Of snapshots before, by folder or network file. */
    private earlier: ReadonlyMap<string, ProjectMade>,
  ) {}

  /** What the next snapshot may go on with. */
  get projectsMade(): ReadonlyMap<string, ProjectMade> {
    return new Map([...this.earlier, ...this.made]);
  }

  *prepare(): Work<void> {
    for (const file of this.files.values()) yield* lowerInPieces(file);
  }

  projectOf(uri: string): Project | undefined {
    this.inferProjects();
    return this.projectByUri.get(uri);
  }

  problemsOf(uri: string): readonly Problem[] {
    const file = this.files.get(uri);
    if (file === undefined) return [];
    let problems: Problem[] = [];
    if (file.dialect !== undefined && file.parse !== undefined) {
      // First, as it reads the statements and needs their trees.
      const lowered = lower(file);
      const { statements, starts } = file.parse;
      for (let i = 0; i < statements.length; i++) {
        const found = statements[i]!.problems;
        if (found.length > 0) problems.push(...found.map((p) => shiftProblem(p, starts[i]!)));
      }
      problems.push(...lowered.problems, ...commentPackets(file).problems);
      problems = [...withWitnesses(problems, lowered.policy, file.text)];
    }
    // Inferred projects have no problems of their own, so a keystroke does not wait for them.
    this.describeProjects();
    const project = this.projectByUri.get(uri);
    problems.push(...(project?.problemsByUri.get(uri) ?? []));
    return withoutOtherSystems(problems, project, uri).sort(
      (a, b) => a.range.start - b.range.start || a.range.end - b.range.end,
    );
  }

  findingsOf(uri: string): readonly Problem[] {
    this.inferProjects();
    const project = this.projectByUri.get(uri);
    if (project === undefined) return [];
    const ofRules = ruleProblems(project, uri, (name) => this.files.get(name)?.text);
    return [...(findingsByUri(project).get(uri) ?? []), ...ofRules];
  }

  private describeProjects(): void {
    if (this.areDescribed) return;
    this.areDescribed = true;
    for (const file of this.files.values()) {
      if (file.name !== NETWORK_FILE_NAME) continue;
      const project = this.describedProject(file);
      for (const uri of project.files) this.projectByUri.set(uri, project);
    }
  }

  /** The files that no network file takes: those of a folder make a gateway. */
  private inferProjects(): void {
    if (this.areInferred) return;
    this.areInferred = true;
    this.describeProjects();
    const byFolder = new Map<string, SourceFile[]>();
    for (const file of this.files.values())
      if (file.dialect !== undefined && !this.projectByUri.has(file.uri))
        byFolder.set(file.folder, [...(byFolder.get(file.folder) ?? []), file]);
    for (const [folder, files] of byFolder) {
      const project = this.inferredProject(folder, files);
      for (const f of files) this.projectByUri.set(f.uri, project);
    }
    this.earlier = new Map();
  }

  private describedProject(file: SourceFile): BuiltProject {
    const read = readNetworkFile(file);
    const paths = [...new Set(read.gateways.flatMap((g) => g.policyFiles.map((p) => p.name)))];
    const uris = new Map(paths.map((path) => [path, resolvePath(file.folder, path)]));
    const members = [...uris.values()].flatMap((uri) => this.files.get(uri) ?? []);
    const complaints = [...uris.values()].flatMap((u) => this.unreadable.get(u) ?? []).join('\n');
    return this.reuse(file.uri, [file, ...members], complaints, () => {
      const built = buildNetwork(read, (path) => this.lookUpPolicy(uris.get(path)!));
      const gatewaysByUri = new Map<string, readonly string[]>();
      for (const [path, names] of built.gatewaysByFile) gatewaysByUri.set(uris.get(path)!, names);
      return createProject({
        folder: file.folder,
        networkFile: file.uri,
        network: built.network,
        packets: [...built.packets, ...members.flatMap((m) => commentPackets(m).packets)],
        expectations: built.expectations,
        files: [file.uri, ...members.map((m) => m.uri)],
        gatewaysByUri,
        problemsByUri: new Map([[file.uri, [...read.problems, ...built.problems]]]),
        writtenAt: writtenIn([file, ...members]),
      });
    });
  }

  private inferredProject(folder: string, files: readonly SourceFile[]): BuiltProject {
    return this.reuse(folder, files, '', () => {
      const name = folder.slice(folder.lastIndexOf('/') + 1) || 'gateway';
      const network = inferNetwork(
        name,
        files.map((f) => lower(f).policy),
        interfaceNames(files),
      );
      return createProject({
        folder,
        network,
        packets: files.flatMap((f) => commentPackets(f).packets),
        expectations: [],
        files: files.map((f) => f.uri),
        gatewaysByUri: new Map(files.map((f) => [f.uri, [name]])),
        problemsByUri: new Map(),
        writtenAt: writtenIn(files),
      });
    });
  }

  /** The project of the snapshot before, when it was made of the very same files. */
  private reuse(
    key: string,
    files: readonly SourceFile[],
    complaints: string,
    build: () => BuiltProject,
  ): BuiltProject {
    const old = this.earlier.get(key);
    const same =
      old !== undefined &&
      old.complaints === complaints &&
      old.files.length === files.length &&
      old.files.every((f, i) => f === files[i]);
    const project = same ? old.project : build();
    this.made.set(key, { files, complaints, project });
    return project;
  }

  private lookUpPolicy(uri: string): PolicyLookUp {
    const why = this.unreadable.get(uri);
    if (why !== undefined) return { kind: 'unreadable', why };
    const file = this.files.get(uri);
    if (file === undefined) return { kind: 'missing' };
    if (file.dialect === undefined)
      return {
        kind: 'unreadable',
        why: 'its language is not one Gatewalk knows (ipf, ipnat, ippool, setkey).',
      };
    return { kind: 'policy', policy: lower(file).policy };
  }
}

const loweredByFile = new WeakMap<SourceFile, Lowered>();

/** A file's policy, worked out once. */
export function lower(file: SourceFile): Lowered {
  let lowered = loweredByFile.get(file);
  if (lowered === undefined) {
    lowered =
      file.dialect === undefined || file.parse === undefined
        ? { policy: {} as Policy, problems: [] }
        : file.dialect.lower(file.parse, { file: file.uri });
    loweredByFile.set(file, lowered);
  }
  return lowered;
}

const lowering = new WeakMap<SourceFile, Work<Lowered>>();

/** So that `lower` finds it done. All who ask at a time share the work. */
function* lowerInPieces(file: SourceFile): Work<void> {
  const { dialect, parse, uri } = file;
  if (dialect?.lowerInPieces === undefined || parse === undefined) return;
  while (!loweredByFile.has(file)) {
    let work = lowering.get(file);
    if (work === undefined) {
      work = dialect.lowerInPieces(parse, { file: uri });
    }
    // What failed is not gone on with.
    lowering.delete(file);
    const { done, value } = work.next();
    if (done === true) loweredByFile.set(file, value);
    else {
      lowering.set(file, work);
      yield;
    }
  }
}

const networkFiles = new WeakMap<SourceFile, NetworkFile>();

function readNetworkFile(file: SourceFile): NetworkFile {
  let read = networkFiles.get(file);
  if (read === undefined) {
    read = parseNetworkFile(file.text, file.uri);
    networkFiles.set(file, read);
  }
  return read;
}

const findings = new WeakMap<Project, Map<string, Problem[]>>();

/** Findings of the policies and of all sample packets, and failed expectations, by file. */
function findingsByUri(project: Project): Map<string, Problem[]> {
  let byUri = findings.get(project);
  if (byUri !== undefined) return byUri;
  byUri = new Map();
  const known = new Set<string>();
  const add = (uri: string, problem: Problem, cause = '') => {
    // At one place two of a kind are two only when they ask for different changes.
    const { code, range, fixes } = problem;
    const key = [uri, code, range.start, range.end, fixes?.[0]?.title ?? cause].join(' ');
    if (known.has(key)) return;
    known.add(key);
    byUri!.set(uri, [...(byUri!.get(uri) ?? []), problem]);
  };
  const addFinding = (
    { code, severity, origins, roles, fixes, unnecessary, cause }: WalkFinding,
    message: string,
    witness: string,
  ) => {
    const [at, ...others] = origins;
    if (at === undefined) return;
    const problem: Problem = {
      code,
      severity,
      range: { start: at.start, end: at.end },
      message,
      witness,
      related: others.map((o, i) => ({
        file: o.file,
        range: { start: o.start, end: o.end },
        message: roles?.[i] ?? 'involved here',
      })),
      ...(fixes === undefined ? {} : { fixes }),
      ...(unnecessary === true && { tag: 'unnecessary' as const }),
    };
    add(at.file, problem, cause);
  };
  for (const packet of project.packets)
    for (const reply of [false, true])
      for (const finding of project.walk({ packet, reply }).findings)
        addFinding(
          finding,
          `${finding.message} (Sample packet ${packet.name}${reply ? ', its reply' : ''}.)`,
          packet.notation,
        );
  for (const finding of findingsOfNetwork(project.network))
    addFinding(finding, finding.message, finding.witness);
  // An expectation of a packet that is not there is an error of the file already.
  for (const checked of checkExpectations(project))
    if (!checked.ok && checked.result !== undefined) {
      const { origin } = checked.claim;
      add(origin.file, {
        code: 'network/expectation-failed',
        severity: 'error',
        range: { start: origin.start, end: origin.end },
        message: checked.message,
      });
    }
  findings.set(project, byUri);
  return byUri;
}

function shiftProblem(problem: Problem, by: number): Problem {
  if (by === 0) return problem;
  return {
    ...problem,
    range: { start: problem.range.start + by, end: problem.range.end + by },
    ...(problem.fixes === undefined
      ? {}
      : {
          fixes: problem.fixes.map((f) => ({
            ...f,
            edits: f.edits.map((e) => ({ ...e, start: e.start + by, end: e.end + by })),
          })),
        }),
  };
}

/** Joins a folder's URI and a relative path, `..` included. An absolute path or URI stays as it is. */
export function resolvePath(folder: string, path: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return path;
  if (path.startsWith('/')) {
    const authority = /^([a-z][a-z0-9+.-]*:\/\/[^/]*)/i.exec(folder);
    return `${authority?.[1] ?? ''}${path}`;
  }
  const parts = folder.split('/');
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '')
      parts.push(folder.includes('://') ? encodeURIComponent(part) : part);
  }
  return parts.join('/');
}

/** Looks origins up in the texts that a project is made of: they are as old as its policies. */
function writtenIn(files: readonly SourceFile[]): WrittenAt {
  const byUri = new Map(files.map((file) => [file.uri, file]));
  return ({ file, start, end }) => byUri.get(file)?.text.slice(start, end);
}
