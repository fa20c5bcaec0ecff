/**
 * The packet as boxes in boxes: outer header, what it carries, and so on. A box opens into rows of 32 bits with
 * the values of this packet, as the RFC of its protocol draws them. Below stand the bytes. Pointing at a field
 * marks its bytes and pointing at a byte marks its field; the line between says what it is.
 */
import type { FieldView, PacketBox, PacketView } from '../../protocol/src/packetView';
import type { Actions } from './actions';
import { type BitCell, bitsPerRow, layOutFields } from './bitRows';
import { type BoxNode, boxTree, covers, fieldAt } from './boxTree';
import { html } from './elements';
import { icon } from './icons';
import { t, tCount } from './l10n';

/** A cell this narrow has no room for its name. */
const bitsForName = 3;
/** Nor this one for what its value means. */
const bitsForMeaning = 6;
const bytesPerLine = 16;
/** A line may break in its middle. */
const bytesPerGroup = 8;
/** The hash mark of a long value: a key stream of 1,400 bytes is no use in a cell. */
const longestValue = 96;

export interface DiagramOptions {
  /** Titles of the boxes whose fields are shown. */
  readonly open: readonly string[];
  /** What is inside encrypted boxes is shown. */
  readonly decrypted: boolean;
  readonly label: string;
  readonly toggle: Actions['toggle'];
}

export function packetDiagram(packet: PacketView, options: DiagramOptions): HTMLElement {
  const inspector = html('p', { class: 'inspector', role: 'status' }, hintText());
  const root = html(
    'section',
    { class: 'packet', 'aria-label': options.label },
    html('h2', {}, t('Packet'), html('code', { class: 'packet-summary' }, packet.summary)),
    html('div', { class: 'boxes' }, ...boxTree(packet.boxes).map((node) => drawBox(node, options))),
    inspector,
    drawBytes(packet),
  );
  linkBytesAndFields(root, inspector, packet);
  return root;
}

function hintText(): string {
  return t('Point at a field or a byte to see what it is.');
}

function drawBox(node: BoxNode, options: DiagramOptions): HTMLElement {
  const { box, children, header, trailer } = node;
  const isOpen = options.open.includes(box.title);
  const changed = box.fields.filter(({ oldValue }) => oldValue !== undefined);
  return html(
    'div',
    {
      class: `box${box.encrypted ? ' encrypted' : ''}${changed.length > 0 ? ' has-changes' : ''}`,
      'data-box': box.id,
    },
    boxTitle(box, isOpen, changed.length, options.toggle),
    ...box.faults.map((fault) => html('p', { class: 'fault' }, icon('warning'), ` ${fault}`)),
    isOpen ? fieldRows(box, header, box.startByte) : changedFields(changed),
    box.inside === undefined ? undefined : drawInside(box.inside, box.id, options),
    ...children.map((child) => drawBox(child, options)),
    isOpen && trailer.length > 0 ? fieldRows(box, trailer, trailerStart(trailer)) : undefined,
  );
}

/** Opens and closes the box; a box without fields has nothing to open. */
function boxTitle(
  box: PacketBox,
  isOpen: boolean,
  changedCount: number,
  toggle: Actions['toggle'],
): HTMLElement {
  const count = box.endByte - box.startByte;
  const size = tCount('{0} byte', '{0} bytes', count);
  // What the core says of a header that it cannot read on.
  const onlySize = /^\d+ bytes?$/.test(box.summary);
  const words = [
    box.encrypted ? icon('lock') : box.fields.length > 0 ? icon('chevron') : undefined,
    html('strong', {}, box.title),
    html('code', { class: 'box-summary' }, onlySize ? size : box.summary),
    changedCount > 0
      ? html(
          'span',
          { class: 'badge changed-badge' },
          icon('pencil'),
          ` ${tCount('{0} changed', '{0} changed', changedCount)}`,
        )
      : undefined,
    onlySize ? undefined : html('span', { class: 'quiet' }, size),
  ];
  if (box.fields.length === 0) return html('p', { class: 'box-title' }, ...words);
  return html(
    'button',
    {
      type: 'button',
      class: 'box-title',
      id: `box-${box.id}`,
      'aria-expanded': isOpen ? 'true' : 'false',
      on: { click: () => toggle(box.title) },
    },
    ...words,
  );
}

/** What the walk knows to be under the encryption, set apart from what is on the wire. */
function drawInside(inside: PacketView, boxId: string, options: DiagramOptions): HTMLElement {
  if (!options.decrypted) {
    return html(
      'p',
      { class: 'inside-title hidden-inside' },
      icon('lock'),
      ' ',
      t('nobody on the way can read this'),
    );
  }
  const { boxes } = withIdPrefix(inside, boxId);
  return html(
    'div',
    { class: 'inside' },
    html('p', { class: 'inside-title' }, icon('lock'), ' ', t('inside, as whoever has the key sees it')),
    ...boxTree(boxes).map((node) => drawBox(node, options)),
  );
}

/** Ids are unique in one packet; the packet inside has its own, which may be the same ones. */
function withIdPrefix(view: PacketView, prefix: string): PacketView {
  const boxes = view.boxes.map((box) => ({
    ...box,
    id: `${prefix}.${box.id}`,
    fields: box.fields.map((field) => ({ ...field, id: `${prefix}.${field.id}` })),
  }));
  return { ...view, boxes };
}

/** A closed box still shows what changed in it. */
function changedFields(changed: readonly FieldView[]): HTMLElement | undefined {
  if (changed.length === 0) return undefined;
  return html(
    'dl',
    { class: 'changes' },
    ...changed.flatMap((field) => [
      html('dt', {}, field.name),
      html(
        'dd',
        { 'data-field': field.id },
        html('del', {}, shorten(field.oldValue ?? '')),
        ' → ',
        html('ins', {}, shorten(field.value)),
      ),
    ]),
  );
}

function fieldRows(box: PacketBox, fields: readonly FieldView[], startByte: number): HTMLElement {
  const cells = layOutFields(fields, startByte * 8);
  const grid = html('div', { class: 'fields', role: 'list', 'aria-label': t('Fields of {0}', box.title) });
  for (let bit = 0; bit < bitsPerRow; bit += 8) {
    const mark = html('span', { class: 'bit-mark', 'aria-hidden': 'true' }, String(bit));
    mark.style.gridColumn = `${bit + 1} / span 8`;
    mark.style.gridRow = '1';
    grid.append(mark);
  }
  for (const cell of cells) grid.append(drawCell(cell));
  if (box.reference !== undefined) {
    return html('div', {}, grid, html('p', { class: 'quiet reference' }, box.reference));
  }
  return grid;
}

function drawCell(cell: BitCell): HTMLElement {
  const { field, bitCount, continued } = cell;
  const named = !continued && bitCount >= bitsForName;
  const element = html(
    'div',
    {
      class: `cell${field.oldValue === undefined ? '' : ' changed'}${bitCount < bitsForName ? ' narrow' : ''}`,
      role: 'listitem',
      tabindex: continued ? undefined : 0,
      'data-field': field.id,
      'aria-label': continued ? undefined : spoken(field),
      'aria-hidden': continued ? 'true' : undefined,
    },
    named ? html('span', { class: 'cell-name' }, field.name) : undefined,
    html(
      'span',
      { class: 'cell-value' },
      field.oldValue === undefined || continued ? undefined : html('del', {}, shorten(field.oldValue)),
      field.oldValue === undefined || continued ? undefined : ' → ',
      continued ? '…' : shorten(field.value),
      bitCount >= bitsForMeaning && !continued && field.meaning !== undefined
        ? html('span', { class: 'quiet' }, ` ${field.meaning}`)
        : undefined,
    ),
  );
  element.style.gridColumn = `${cell.column + 1} / span ${bitCount}`;
  // Row 1 is the ruler.
  element.style.gridRow = `${cell.row + 2} / span ${cell.rowCount}`;
  return element;
}

function drawBytes(packet: PacketView): HTMLElement {
  const bytes = packet.hex.match(/../g) ?? [];
  const lines: HTMLElement[] = [];
  for (let start = 0; start < bytes.length; start += bytesPerLine) {
    const line = bytes.slice(start, start + bytesPerLine);
    lines.push(
      html(
        'div',
        { class: 'byte-line' },
        html('span', { class: 'byte-offset quiet', 'aria-hidden': 'true' }, hex(start, 4)),
        html('span', { class: 'byte-row' }, ...groups(line, start, packet.boxes)),
        html('span', { class: 'byte-text quiet', 'aria-hidden': 'true' }, line.map(printable).join('')),
      ),
    );
  }
  return html(
    'div',
    {
      class: 'bytes',
      role: 'group',
      'aria-label': tCount('{0} byte, arrow keys move', '{0} bytes, arrow keys move', bytes.length),
    },
    ...lines,
  );
}

function groups(line: readonly string[], start: number, boxes: readonly PacketBox[]): readonly HTMLElement[] {
  const bytes = line.map((byte, index) => drawByte(boxes, start + index, byte));
  return [bytes.slice(0, bytesPerGroup), bytes.slice(bytesPerGroup)]
    .filter((group) => group.length > 0)
    .map((group) => html('span', { class: 'byte-group' }, ...group));
}

function drawByte(boxes: readonly PacketBox[], offset: number, value: string): HTMLElement {
  const owner = fieldAt(boxes, offset);
  const encrypted = boxes.some((box) => box.encrypted && box.startByte <= offset && offset < box.endByte);
  const changed = owner?.field?.oldValue !== undefined;
  return html(
    'span',
    {
      class: `byte${encrypted ? ' encrypted' : ''}${changed ? ' changed' : ''}`,
      'data-byte': offset,
      // One stop for the tab key; the arrow keys move inside.
      tabindex: offset === 0 ? 0 : -1,
    },
    value,
  );
}

/** Pointing and focus work alike, both ways. */
function linkBytesAndFields(root: HTMLElement, inspector: HTMLElement, packet: PacketView): void {
  const fields = new Map(fieldsById(packet));
  const byteElements = [...root.querySelectorAll<HTMLElement>('[data-byte]')];
  const fieldElements = [...root.querySelectorAll<HTMLElement>('[data-field]')];

  const point = (target: EventTarget | null) => {
    const element =
      target instanceof Element ? target.closest<HTMLElement>('[data-field], [data-byte]') : null;
    if (element === null) {
      mark(undefined, undefined);
      return;
    }
    const { field: fieldId, byte } = element.dataset;
    const pointed = fieldId === undefined ? fieldAt(packet.boxes, Number(byte)) : fields.get(fieldId);
    mark(pointed, byte === undefined ? undefined : Number(byte));
  };
  const mark = (pointed: { box: PacketBox; field?: FieldView } | undefined, byte: number | undefined) => {
    const field = pointed?.field;
    for (const element of fieldElements)
      element.classList.toggle('pointed', element.dataset.field === field?.id);
    // The bytes of the packet inside are not on the wire: its fields mark none.
    const onWire = field !== undefined && packet.boxes.some((box) => box.fields.includes(field));
    byteElements.forEach((element, offset) => {
      element.classList.toggle('pointed', offset === byte || (onWire && covers(field, offset)));
    });
    inspector.textContent = pointed === undefined ? hintText() : inspect(pointed.box, field, byte);
  };
  for (const event of ['pointerover', 'focusin']) root.addEventListener(event, ({ target }) => point(target));
  for (const event of ['pointerleave', 'focusout'])
    root.addEventListener(event, () => mark(undefined, undefined));
  root
    .querySelector('.bytes')
    ?.addEventListener('keydown', (event) => moveInBytes(event as KeyboardEvent, byteElements));
}

function fieldsById(packet: PacketView): (readonly [string, { box: PacketBox; field: FieldView }])[] {
  return packet.boxes.flatMap((box) => [
    ...box.fields.map((field) => [field.id, { box, field }] as const),
    ...(box.inside === undefined ? [] : fieldsById(withIdPrefix(box.inside, box.id))),
  ]);
}

function moveInBytes(event: KeyboardEvent, bytes: readonly HTMLElement[]): void {
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: bytesPerLine,
    ArrowUp: -bytesPerLine,
  };
  const step = steps[event.key];
  if (step === undefined || !(event.target instanceof HTMLElement)) return;
  const from = Number(event.target.dataset.byte);
  const to = bytes[from + step];
  if (to === undefined) return;
  event.preventDefault();
  event.target.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
}

function inspect(box: PacketBox, field: FieldView | undefined, byte: number | undefined): string {
  const what = field === undefined ? t('{0}: {1}', box.title, box.summary) : inspectField(box, field);
  return byte === undefined ? what : t('{0} (byte {1})', what, byte);
}

function inspectField(box: PacketBox, field: FieldView): string {
  const first = field.bitOffset - box.startByte * 8;
  const last = first + field.bitLength - 1;
  const bits =
    first === last ? t('bit {0} of the header', first) : t('bits {0} to {1} of the header', first, last);
  return [box.title, spoken(field), bits].join(' · ');
}

function spoken({ name, value, meaning, oldValue }: FieldView): string {
  const now = shorten(value);
  if (oldValue === undefined)
    return meaning === undefined ? t('{0}: {1}', name, now) : t('{0}: {1} ({2})', name, now, meaning);
  const old = shorten(oldValue);
  return meaning === undefined
    ? t('{0}: {1}, was {2}', name, now, old)
    : t('{0}: {1} ({2}), was {3}', name, now, meaning, old);
}

function trailerStart(trailer: readonly FieldView[]): number {
  return Math.floor(Math.min(...trailer.map(({ bitOffset }) => bitOffset)) / 8);
}

export function shorten(text: string): string {
  return text.length <= longestValue ? text : `${text.slice(0, longestValue)}…`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

function printable(byte: string): string {
  const code = Number.parseInt(byte, 16);
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '·';
}
