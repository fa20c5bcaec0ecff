/**
 * A packet as the diagram draws it: nested boxes, each header opening into 32-bit rows of fields with live
 * values. Plain JSON, because it crosses from the server to the webview.
 */
export interface PacketView {
  /** The whole packet, two hex digits a byte. */
  readonly hex: string;
  /** One line, e.g. `10.1.0.10:40000 > 10.2.0.10:80 TCP S`. */
  readonly summary: string;
  /** The outermost box; each box holds the next. */
  readonly boxes: readonly PacketBox[];
}

export interface PacketBox {
  /** Stable within a view: `0-ipv4`, `1-esp`. */
  readonly id: string;
  /** `IPv4`, `ESP`, `payload`. */
  readonly title: string;
  /** `10.1.0.10 > 10.2.0.10`. */
  readonly summary: string;
  /** `RFC 791`. */
  readonly reference?: string;
  readonly startByte: number;
  readonly headerEndByte: number;
  readonly endByte: number;
  readonly fields: readonly FieldView[];
  /** Drawn hatched: bytes that nobody on the way can read. */
  readonly encrypted: boolean;
  /** What the bytes of an encrypted box are to who has the key, as the walk knows it. Its offsets are its own. */
  readonly inside?: PacketView;
  readonly faults: readonly string[];
}

export interface FieldView {
  /** Stable within a view: `0-ipv4.Source Address`. */
  readonly id: string;
  readonly name: string;
  /** From the first bit of the packet. */
  readonly bitOffset: number;
  readonly bitLength: number;
  /** As people read it: `10.1.0.10`, `64`, `0x1c46`. */
  readonly value: string;
  /** What the value means: `TCP`, `DF`. */
  readonly meaning?: string;
  /** Value before this stage, when the stage changed it. */
  readonly oldValue?: string;
}
