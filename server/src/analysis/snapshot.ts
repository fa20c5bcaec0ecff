/**
 * Everything the features may look at, frozen at one moment. `Workspace` holds the current texts and makes a
 * snapshot on demand; features read the snapshot and never see a change half done.
 */

import type { Origin } from '../policy/origin';
import type { Expectation, Network, SamplePacket } from '../simulator/network';
import type { Trace } from '../simulator/trace';
import type { Fix, Problem } from '../syntax/problem';
import type { Work } from '../text/work';
import type { SourceFile } from './sourceFile';

export interface Snapshot {
  readonly files: ReadonlyMap<string, SourceFile>;
  /** What everything else here rests on and may take long, with pauses; without it the first to ask waits. */
  prepare(): Work<void>;
  /** The gateway folder a file belongs to: that of its `gatewalk.yaml`, else its own. */
  projectOf(uri: string): Project | undefined;
  /** What can be said of a file at once: syntax, lowering, network file. Sorted by place, ranges absolute. */
  problemsOf(uri: string): readonly Problem[];
  /** What takes walking: findings of the sample packets, failed expectations. Slower; asked for when typing rests. */
  findingsOf(uri: string): readonly Problem[];
}

/** One folder's network with its packets, lazily worked out and memoised. */
export interface Project {
  readonly folder: string;
  /** URI of `gatewalk.yaml`, when there is one. */
  readonly networkFile?: string;
  /** Nobody described the network; it was taken from the rules. */
  readonly inferred: boolean;
  readonly network: Network;
  readonly packets: readonly SamplePacket[];
  readonly expectations: readonly Expectation[];
  /** URIs of all files that belong to it. */
  readonly files: readonly string[];
  /** Gateways a policy file is part of. */
  gatewaysOf(uri: string): readonly string[];
  /** Memoised until the project changes. */
  walk(request: WalkRequest): WalkResult;
}

export interface WalkRequest {
  readonly packet: SamplePacket;
  readonly reply: boolean;
  /** Platform id that replaces every gateway's own. */
  readonly platform?: string;
}

export interface WalkResult {
  readonly request: WalkRequest;
  readonly trace: Trace;
  readonly findings: readonly WalkFinding[];
}

/** What one walk gives away: traffic that leaves in clear, a mapping that steals tunnel traffic, ... */
export interface WalkFinding {
  readonly code: string;
  readonly severity: Problem['severity'];
  readonly message: string;
  /** The first is where the diagnostic stands. */
  readonly origins: readonly Origin[];
  /** What the places behind the first have to do with it, in a few words, in their order. */
  readonly roles?: readonly string[];
  /** Edits are those of the file of the first origin. */
  readonly fixes?: readonly Fix[];
  /** Nothing depends on what it stands at: an editor dims it. */
  readonly unnecessary?: boolean;
  /** Tells findings of one code at one place apart that have different causes. */
  readonly cause?: string;
}

/** A finding that no sample packet brought up: with the packet that shows it, in one-line notation. */
export interface WitnessedFinding extends WalkFinding {
  readonly witness: string;
}
