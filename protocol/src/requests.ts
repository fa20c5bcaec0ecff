/** Custom requests between the extension and the server. Documented in `docs/protocol.md`. */
import type { ComparisonView } from './comparisonView';
import type { GatewayTables } from './gatewayTables';
import type { PacketView } from './packetView';
import type { PlaceView, TraceView } from './traceView';

/** In place of an answer: why there is none, in whole sentences. */
export interface Refusal {
  readonly error: string;
}

/** Client to server: the walk of one sample packet. */
export const traceRequest = 'gatewalk/trace';
export interface TraceParams {
  /** Any file of the gateway or the network file. */
  readonly uri: string;
  /** Name of a sample packet, or a packet in one-line notation. */
  readonly packet: string;
  readonly reply: boolean;
  readonly platform?: string;
}
export type TraceResult = { readonly trace: TraceView } | Refusal;

/** Client to server: the sample packets a file can be walked with. */
export const packetsRequest = 'gatewalk/packets';
export interface PacketsParams {
  readonly uri: string;
}
export interface PacketsResult {
  readonly packets: readonly { readonly name: string; readonly notation: string }[];
  readonly platforms: readonly { readonly id: string; readonly title: string }[];
}

/** Client to server: the same packet under two orders of stages, side by side. */
export const compareRequest = 'gatewalk/compare';
export interface CompareParams {
  readonly uri: string;
  readonly packet: string;
  readonly reply: boolean;
  /** Platform ids; absent: every gateway as it is described. */
  readonly a?: string;
  readonly b?: string;
}
export type CompareResult = { readonly comparison: ComparisonView } | Refusal;

/** Client to server: what every gateway remembers once the walk (with `reply`, both ways) has ended. */
export const tablesRequest = 'gatewalk/tables';
export type TablesParams = TraceParams;
export type TablesResult = { readonly gateways: readonly GatewayTables[] } | Refusal;

/** Client to server: a walk as a file. */
export const exportRequest = 'gatewalk/export';
export type ExportFormat = 'svg' | 'markdown' | 'text' | 'mermaid' | 'pcap';
export interface ExportParams extends TraceParams {
  readonly format: ExportFormat;
  /** `StepView.index` of the step whose packet is drawn; absent: the one with most headers. */
  readonly step?: number;
}
export type ExportResult =
  | {
      /** Proposed name, without folder: `web-reply.svg`. */
      readonly fileName: string;
      readonly mediaType: string;
      /** `base64` for pcap (it is a pcapng file), `utf8` for everything else. */
      readonly encoding: 'utf8' | 'base64';
      readonly content: string;
    }
  | Refusal;

/** Client to server: a packet's one-line notation while it is typed. */
export const checkPacketRequest = 'gatewalk/checkPacket';
export interface CheckPacketParams {
  /** A file of the project, for the names of its hosts. */
  readonly uri: string;
  readonly text: string;
}
export interface CheckPacketResult {
  readonly problems: readonly PacketProblem[];
  /** The packet's bytes and fields, when it could be built. */
  readonly packet?: PacketView;
}
export interface PacketProblem {
  /** UTF-16 offsets in `text`. */
  readonly start: number;
  readonly end: number;
  readonly severity: 'error' | 'warning' | 'information' | 'hint';
  readonly code: string;
  readonly message: string;
}

/** Client to server: the edit that makes a packet a sample: an entry of `gatewalk.yaml`, else a `# packet:` line. */
export const savePacketRequest = 'gatewalk/savePacket';
export interface SavePacketParams {
  readonly uri: string;
  readonly name: string;
  readonly text: string;
}
export type EditResult = { readonly edit: FileEdits } | Refusal;

/** A `WorkspaceEdit` of the language server protocol that only changes text. */
export interface FileEdits {
  readonly changes: Readonly<Record<string, { readonly range: PositionRange; readonly newText: string }[]>>;
}

/** 0-based, in UTF-16 units: a `Range` of the language server protocol. */
export interface PositionRange {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/** Client to server: packets out of a capture, tcpdump lines or a dump, for the user to choose samples from. */
export const importPacketsRequest = 'gatewalk/importPackets';
export interface ImportPacketsParams {
  /** A file of the project the samples are for. */
  readonly uri: string;
  /** What was read: `base64` of a file's bytes, or text as it was copied. */
  readonly content: { readonly encoding: 'base64' | 'utf8'; readonly data: string };
}
export interface ImportPacketsResult {
  readonly records: readonly ImportedPacketView[];
  /** What could not be read, in whole sentences. */
  readonly problems: readonly string[];
}
export interface ImportedPacketView {
  /** For a list: `3: 10.1.0.10:40000 > 10.2.0.20:80 tcp S (fxp1)`. */
  readonly title: string;
  readonly notation: string;
  /** What the notation does not hold. */
  readonly losses: readonly string[];
}

/** Client to server: the edit that adds what the walk says now to the expectations of `gatewalk.yaml`. */
export const makeExpectationRequest = 'gatewalk/makeExpectation';
export type MakeExpectationParams = TraceParams;

/** Client to server: a packet that the rule at a line decides, confirmed by a walk. */
export const findPacketRequest = 'gatewalk/findPacket';
export interface FindPacketParams {
  readonly uri: string;
  /** 0-based. */
  readonly line: number;
}
export type FindPacketResult =
  | {
      /** One-line notation. */
      readonly notation: string;
      /** What the walk said: one sentence. */
      readonly verdict: string;
    }
  | Refusal;

/** Client to server: the expectations of the file's project, for the Test Explorer. */
export const expectationsRequest = 'gatewalk/expectations';
export interface ExpectationsParams {
  readonly uri: string;
}
export interface ExpectationsResult {
  /** In the order of the file. */
  readonly expectations: readonly ExpectationView[];
}
export interface ExpectationView {
  /** Stable while the expectation says the same of the same packet. */
  readonly id: string;
  /** `web: delivered to server`, `web (reply): ...`. */
  readonly label: string;
  readonly packet: string;
  readonly reply: boolean;
  /** The network file. */
  readonly uri: string;
  readonly range: PositionRange;
}

/** Client to server: holds expectations against the walks. */
export const runExpectationsRequest = 'gatewalk/runExpectations';
export interface RunExpectationsParams {
  readonly uri: string;
  /** Absent: all. */
  readonly ids?: readonly string[];
}
export interface RunExpectationsResult {
  readonly results: readonly ExpectationOutcome[];
}
export interface ExpectationOutcome {
  readonly id: string;
  readonly ok: boolean;
  /** What was expected and, when it failed, what the walk says instead. */
  readonly message: string;
  readonly milliseconds: number;
  /** Of a failed one: the walk as `gatewalk walk` prints it, without colours. */
  readonly trace?: string;
  /** Of a failed one: the rule that decided, for "go to rule". */
  readonly place?: PlaceView;
}

/** Client to server: in which language the server reads a file, and why; for the language status item. */
export const dialectRequest = 'gatewalk/dialect';
export interface DialectParams {
  readonly uri: string;
}
export interface DialectResult {
  /** Absent: none that the server knows. */
  readonly id?: string;
  readonly title?: string;
  /** One sentence. */
  readonly why: string;
  /** Languages the user may choose instead. */
  readonly choices: readonly { readonly id: string; readonly title: string }[];
}

/** Client to server (notification): the packet that inlay hints of hits are about; null: none. */
export const selectPacketNotification = 'gatewalk/selectPacket';
export type SelectPacketParams = TraceParams | null;

/** Server to client: files changed; an open trace asks again. */
export const changedNotification = 'gatewalk/changed';
export interface ChangedParams {
  readonly uris: readonly string[];
}

/**
 * Server to client: what lies in a folder. Asked when the server can't read files itself (the web build starts it
 * in a worker), or when the folder is of a scheme other than `file`.
 */
export const readFolderRequest = 'gatewalk/readFolder';
export interface ReadFolderParams {
  readonly uri: string;
}
/** Null: it can't be read. Links to files count as files; links to folders are left out. */
export type ReadFolderResult = readonly { readonly name: string; readonly kind: 'file' | 'folder' }[] | null;

/** Server to client: the content of a file that is not open, decoded as UTF-8 with U+FFFD for what is none. */
export const readFileRequest = 'gatewalk/readFile';
export interface ReadFileParams {
  readonly uri: string;
}
export type ReadFileResult =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  /** Why, in words. */
  | { readonly kind: 'unreadable'; readonly why: string };

/** `initializationOptions` of `initialize`; everything may be left out. */
export interface InitializationOptions {
  /** Folder of the documentation as the client can open it, without a slash at the end: links of codes lead there. */
  readonly docsUri?: string;
  /** The client answers `gatewalk/readFolder` and `gatewalk/readFile`. */
  readonly readsFiles?: boolean;
}

/** Commands of the client that appear in what the server sends. */
export const walkCommand = 'gatewalk.walk';
export const revealCommand = 'gatewalk.reveal';
export const makeExpectationCommand = 'gatewalk.makeExpectation';
/** Lets the user choose among the packets that hit a rule; argument `PickWalkArguments`. */
export const pickWalkCommand = 'gatewalk.pickWalk';
export interface WalkArguments {
  readonly uri: string;
  readonly packet: string;
  readonly reply: boolean;
}
export interface PickWalkArguments {
  readonly uri: string;
  /** Of the rule, 0-based: its stage is selected in the trace. */
  readonly line?: number;
  readonly walks: readonly { readonly packet: string; readonly reply: boolean }[];
}
