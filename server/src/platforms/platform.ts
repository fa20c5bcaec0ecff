/**
 * A platform is its stage orders, as data: which stage sees the packet when, on each path, under which
 * condition, and how we know. `simulator/walk.ts` interprets it and holds no order of its own. A new system,
 * or an old release with another order, is a new file beside this one and a line in `index.ts`.
 */

/** Where the knowledge of a step comes from. */
export interface Citation {
  /** Kernel source file and function, manual page, or recorded run. */
  readonly source: string;
  readonly note?: string;
}

export interface Platform {
  readonly id: string;
  /** `NetBSD`. */
  readonly title: string;
  /** One sentence: what is particular about its order. */
  readonly description: string;
  readonly paths: Readonly<Record<PathName, readonly PlatformStep[]>>;
  /** Hooks inside encapsulation and decapsulation (enc(4)): rows of filter and NAT. */
  readonly within?: Readonly<Partial<Record<WithinName, readonly PlatformStep[]>>>;
  readonly ipsec: IpsecBehaviour;
  readonly icmp: IcmpBehaviour;
  /** Walks on it are uncertain, for this reason: its dialects or engine are not modelled yet. */
  readonly unmodelled?: string;
}

/** The ICMP messages a system makes itself. */
export interface IcmpBehaviour {
  readonly ttl: number;
  /** Bytes an error quotes behind the IPv4 header. */
  readonly quotedBytes: number;
  /** Errors are sent about packets that came decrypted. */
  readonly errorsAboutDecrypted: boolean;
  /** Code of "unreachable" when there is no route: 0 net, 1 host. */
  readonly noRouteCode: 0 | 1;
  /** A forwarded packet that a filter or NAT refuses on its way out is answered with "host unreachable". */
  readonly tellsOfRefusalOut: boolean;
  /** DF of the TCP resets it sends (tcp_respond()): as on the segment, or set for path MTU discovery. */
  readonly resetDontFragment: 'copied' | 'set';
  readonly citation: Citation;
}

/** What differs between IPsec stacks apart from the order of stages. */
export interface IpsecBehaviour {
  /** Where a packet goes on after its protection was taken off. */
  readonly afterTunnel: PathName;
  readonly afterTransport: PathName;
  /** Order of the policy database: as entered, or by priority first. */
  readonly policyOrder: 'entry' | 'priority';
  /** How the inbound check knows that a packet came protected. */
  readonly inboundCheck: 'flags' | 'templates';
  /** IP in IP is taken out of its outer header when IPComp was all that protected it. */
  readonly unpacksBehindIpcomp: boolean;
  /** IPComp always names the SPI as its CPI; elsewhere only with `-R`, and else the algorithm's number. */
  readonly cpiIsSpi: boolean;
  /**
   * What the MTU told for a tunnel leaves for its headers: those of the associations in use, or the largest that
   * any could have, or what the packet at hand shows.
   */
  readonly headerEstimate: 'by-association' | 'largest' | 'as-seen';
  /** ECN bits of the outer header: `allowed` copies the inner ones, `forbidden` clears them. */
  readonly outerEcn: 'allowed' | 'forbidden' | 'as-set';
  /**
   * Ports take part in the look-up for packets that are forwarded. Where they do not, a policy with a port never
   * takes a forwarded packet.
   */
  readonly readsPortsOfForwarded: boolean;
  readonly citation: Citation;
}

/**
 * `input`: a packet arrives on an interface, or comes back decapsulated. `local`: it is for the gateway.
 * `forward`: it is not. `output`: it is about to leave, forwarded, local or just encapsulated.
 */
export type PathName = 'input' | 'local' | 'forward' | 'output';

/**
 * `encapsulate-inner`: before the tunnel header; `encapsulate-outer`: behind it, not yet encrypted;
 * `decapsulate-outer`: decrypted, the tunnel header still on; `decapsulate-inner`: without it.
 */
export type WithinName =
  | 'encapsulate-inner'
  | 'encapsulate-outer'
  | 'decapsulate-outer'
  | 'decapsulate-inner';

/** Which way a stage looks at the packet: on the forward path what concerns its leaving looks outward. */
export function directionOf(path: PathName | WithinName, stage: StageName): 'in' | 'out' {
  if (path === 'forward') return OUTWARD.has(stage) ? 'out' : 'in';
  return path === 'output' || path === 'encapsulate-inner' || path === 'encapsulate-outer' ? 'out' : 'in';
}

const OUTWARD: ReadonlySet<StageName> = new Set([
  'route-out',
  'ipsec-lookup',
  'ipsec-out',
  'ipsec-transform',
  'filter',
  'nat',
]);

export interface PlatformStep {
  readonly stage: StageName;
  /** The kernel's own name of the place: `PFIL_IN`, `ip_forward`. */
  readonly hook: string;
  /** All must hold, or the step is skipped. */
  readonly when?: readonly StepCondition[];
  /** Said in the trace when the step is skipped and `when` holds: users ask why their rule was not met. */
  readonly tellWhenSkipped?: { readonly when: StateCondition; readonly text: string };
  /** Interface the hook runs on, when it is not the packet's own: `enc0`. */
  readonly interface?: string;
  readonly citation: Citation;
}

export type StageName =
  /** Filter rules and state of the hook's direction. */
  | 'filter'
  /** Address translation of the hook's direction. */
  | 'nat'
  /** SPD look-up outbound; a match encapsulates and the result enters `output` again, marked `ipsec-done`. */
  | 'ipsec-out'
  /** SPD look-up only: chooses the policy, does not transform yet (Linux looks up early, encrypts late). */
  | 'ipsec-lookup'
  /** Transforms with the policy chosen before. */
  | 'ipsec-transform'
  /** ESP, AH or IPComp for this gateway is decapsulated; the result enters `input` again, marked `decapsulated`. */
  | 'ipsec-in'
  /** SPD check inbound: a packet that a policy wants protected must have come protected. */
  | 'ipsec-check'
  /** Is it for this gateway? Goes on in `local` or `forward`. */
  | 'route-in'
  /** TTL is decremented; 0 ends the walk. */
  | 'ttl'
  /** Chooses the outgoing interface and next hop. */
  | 'route-out'
  /** Fragments what is larger than the interface's MTU, or refuses it when DF is set. */
  | 'fragment'
  /** Puts fragments for this gateway together. */
  | 'reassemble'
  | 'deliver'
  | 'transmit';

export type StepCondition = StateCondition | SettingCondition | { readonly interface: string };

/** A kernel setting (`settings.ts`) has the bit: any bit of `mask`. */
export interface SettingCondition {
  readonly setting: string;
  /** The setting that counts for IPv6 packets, where they have their own. */
  readonly setting6?: string;
  readonly mask: number;
}

export type StateCondition =
  /** A tunnel was taken off. */
  | 'decapsulated'
  | 'not-decapsulated'
  /** Any protection was taken off, a transport association's included. */
  | 'unprotected'
  | 'not-unprotected'
  /** IPsec processing has already been applied on output. */
  | 'ipsec-done'
  | 'not-ipsec-done'
  | 'forwarded'
  | 'local'
  | 'ipv6'
  /** No SPD look-up has been made for it yet. */
  | 'not-looked-up'
  /** NAT rewrote the source since the last SPD look-up. */
  | 'source-changed'
  /** A policy was chosen by `ipsec-lookup`. */
  | 'policy-chosen'
  | 'no-policy-chosen'
  /** The protocol is one whose input checks the policy in ip_input (NetBSD: all but TCP and UDP). */
  | 'last-header-protocol'
  /** The packet is ESP, AH or IPComp (or their UDP encapsulation) addressed to this gateway. */
  | 'ipsec-packet'
  | 'not-ipsec-packet';
