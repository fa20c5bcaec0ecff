/**
 * A walk as one SVG file that needs nothing else: the path, the stages, and one packet as boxes in boxes whose rows
 * are 32 bits wide. Colours are light and fixed, so that it reads the same on any page, and never the only sign.
 * Nobody measures text here: lines are cut by the number of characters that fit in a monospaced font, and the
 * whole text is the element's `<title>`.
 */
import type { PacketBox, PacketView } from '../../../protocol/src/packetView';
import type { StepView, TraceView } from '../../../protocol/src/traceView';
import { chosenStep, plainStage, titleOf } from './exportText';
import { type RowCell, rowsOfBox } from './packetRows';
import { type PathPart, pathOf, type WireShape } from './textDiagram';
import { verdictTitle } from './verdictTitle';

const width = 960;
const margin = 24;
/** Of 12 pixel monospaced type. */
const characterWidth = 7.25;
const rowHeight = 22;

/** `step`: number of the step whose packet is drawn; without it `chosenStep` chooses. */
export function exportSvg(trace: TraceView, step?: number): string {
  const page = new Page();
  page.text(margin, titleOf(trace), { size: 16, bold: true });
  if (trace.reply) page.text(margin, 'the reply to it');
  if (trace.platform !== undefined) page.text(margin, `every gateway taken as ${trace.platform}`);
  page.space(12);
  drawPath(page, pathOf(trace));
  page.space(16);
  for (const stage of trace.steps) drawStage(page, stage);
  page.space(8);
  const { verdict } = trace;
  page.paragraph(margin, `${verdictTitle(verdict)} [${verdict.reason}]: ${verdict.text}`, true);
  for (const finding of trace.findings)
    page.paragraph(margin, `${finding.severity} [${finding.code}]: ${finding.text}`);
  const drawn = chosenStep(trace, step);
  if (drawn !== undefined) {
    page.space(20);
    page.text(margin, `The packet at step ${drawn.index}, ${plainStage(drawn)}`, { size: 14, bold: true });
    page.space(6);
    drawPacket(page, drawn.packet, margin, width - 2 * margin);
  }
  return page.finish(`Walk of ${titleOf(trace)}`);
}

interface TextStyle {
  readonly size?: number;
  readonly bold?: boolean;
  readonly colour?: string;
  /** Centred on `x`. */
  readonly centred?: boolean;
}

/** Elements so far, and how far down the page they reach. */
class Page {
  y = margin;
  private readonly elements: string[] = [];

  space(height: number): void {
    this.y += height;
  }

  add(element: string): void {
    this.elements.push(element);
  }

  /** A line of text at the current height, which it moves on. */
  text(x: number, text: string, style: TextStyle = {}): void {
    const size = style.size ?? 12;
    this.y += size + 6;
    this.put(x, this.y - 5, text, width - margin - x, style);
  }

  /** Text at a place, cut to `room` pixels. */
  put(x: number, y: number, text: string, room: number, style: TextStyle = {}): void {
    const { size = 12, bold = false, colour = '#1f2328', centred = false } = style;
    const most = Math.floor(room / ((characterWidth * size) / 12));
    const cut = text.length > most ? `${text.slice(0, Math.max(0, most - 1))}…` : text;
    if (cut === '' || cut === '…') return;
    const attributes = [
      `x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${colour}"`,
      ...(bold ? ['font-weight="600"'] : []),
      ...(centred ? ['text-anchor="middle"'] : []),
    ].join(' ');
    const title = cut === text ? '' : `<title>${escapeXml(text)}</title>`;
    this.add(`<text ${attributes}>${escapeXml(cut)}${title}</text>`);
  }

  paragraph(x: number, text: string, bold = false): void {
    const most = Math.floor((width - margin - x) / characterWidth);
    let line = '';
    for (const word of text.split(/\s+/)) {
      if (line !== '' && line.length + 1 + word.length > most) {
        this.text(x, line, { bold });
        line = '';
      }
      line += line === '' ? word : ` ${word}`;
    }
    this.text(x, line, { bold });
  }

  rectangle(x: number, y: number, w: number, h: number, attributes: string): void {
    this.add(
      `<rect x="${round(x)}" y="${round(y)}" width="${round(w)}" height="${round(h)}" ${attributes}/>`,
    );
  }

  /** What another page holds, in front of what is here, and its height. */
  take(other: Page): void {
    this.elements.push(...other.elements);
    this.y = other.y;
  }

  finish(title: string): string {
    const height = Math.ceil(this.y + margin);
    return `${[
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace">`,
      `<title>${escapeXml(title)}</title>`,
      '<defs><pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="8" height="8" fill="#f1ecff"/><line x1="0" y1="0" x2="0" y2="8" stroke="#b9a5ef" stroke-width="2"/></pattern></defs>',
      `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
      ...this.elements,
      '</svg>',
    ].join('\n')}\n`;
  }
}

const shapeWords: Readonly<Record<WireShape, string>> = {
  clear: 'in clear',
  authenticated: 'authenticated',
  encrypted: 'encrypted',
};
const shapeLines: Readonly<Record<WireShape, string>> = {
  clear: 'stroke="#9a6700" stroke-width="2" stroke-dasharray="6 4"',
  authenticated: 'stroke="#0969da" stroke-width="2"',
  encrypted: 'stroke="#6639ba" stroke-width="5"',
};

/** Nodes as boxes and networks as the lines between them; a long path goes on in the next line. */
function drawPath(page: Page, path: readonly PathPart[]): void {
  const height = 34;
  let x = margin;
  page.space(14);
  for (const { name, shape } of path) {
    const wide = Math.max(
      56,
      (shape === undefined ? name : longer(name, shapeWords[shape])).length * characterWidth + 24,
    );
    const fits = Math.min(wide, width - 2 * margin);
    if (x + fits > width - margin && x > margin) {
      x = margin;
      page.space(height + 26);
    }
    const middle = page.y + height / 2;
    if (shape === undefined) {
      page.rectangle(x, page.y, fits, height, 'rx="6" fill="#f6f8fa" stroke="#57606a"');
      page.put(x + fits / 2, middle + 4, name, fits - 8, { bold: true, centred: true });
    } else {
      page.add(
        `<line x1="${round(x)}" y1="${round(middle)}" x2="${round(x + fits)}" y2="${round(middle)}" ${shapeLines[shape]}/>`,
      );
      page.put(x + fits / 2, middle - 8, name, fits, { centred: true });
      page.put(x + fits / 2, middle + 18, shapeWords[shape], fits, {
        centred: true,
        colour: '#57606a',
        size: 11,
      });
    }
    x += fits;
  }
  page.space(height + 10);
}

function longer(a: string, b: string): string {
  return a.length >= b.length ? a : b;
}

const outcomeColours: Readonly<Record<StepView['outcome'], string>> = {
  continue: '#57606a',
  pass: '#1a7f37',
  changed: '#0550ae',
  skipped: '#57606a',
  dropped: '#cf222e',
  delivered: '#1a7f37',
  sent: '#57606a',
};

function drawStage(page: Page, step: StepView): void {
  const top = page.y;
  const isTelling = step.outcome !== 'continue' && step.outcome !== 'sent';
  const place = step.places[0]?.label ?? '';
  page.rectangle(margin, top + 2, 4, 40, `fill="${outcomeColours[step.outcome]}"`);
  page.put(margin + 12, top + 16, String(step.index).padStart(3), 40, { colour: '#57606a' });
  page.put(margin + 44, top + 16, plainStage(step), 440, { bold: true });
  if (isTelling)
    page.put(520, top + 16, step.outcome, 100, { bold: true, colour: outcomeColours[step.outcome] });
  page.put(620, top + 16, place, width - margin - 620, { colour: '#57606a' });
  const changed =
    step.before !== undefined && step.after !== undefined ? `${step.before}  →  ${step.after}` : '';
  page.put(margin + 44, top + 34, changed === '' ? step.text : changed, width - 2 * margin - 44);
  page.space(46);
}

function drawPacket(page: Page, packet: PacketView, x: number, w: number): void {
  drawBox(page, packet.boxes, 0, x, w);
}

/** Each box holds the next: a header, then what it carries. */
function drawBox(page: Page, boxes: readonly PacketBox[], index: number, x: number, w: number): void {
  const box = boxes[index];
  if (box === undefined) return;
  const top = page.y;
  // The frame is as high as what it will hold, which is only known afterwards, and yet it lies behind it.
  const content = new Page();
  content.y = top;
  content.space(rowHeight);
  const bytes = box.endByte - box.headerEndByte;
  const reference = box.reference === undefined ? '' : ` (${box.reference})`;
  const title =
    box.fields.length > 0 ? `${box.title}${reference}  ${box.summary}` : `${box.title}, ${bytes} bytes`;
  content.put(x + 8, top + 16, title, w - 16, { bold: true });
  for (const fault of box.faults) {
    content.put(x + 8, content.y + 14, `! ${fault}`, w - 16, { colour: '#cf222e' });
    content.space(rowHeight);
  }
  for (const row of rowsOfBox(box)) {
    drawRow(content, row, x + 8, w - 16);
    content.space(rowHeight);
  }
  content.space(8);
  if (box.inside !== undefined) {
    content.put(x + 8, content.y + 10, 'inside, for who has the key', w - 16, {
      colour: '#57606a',
      size: 11,
    });
    content.space(18);
    drawBox(content, box.inside.boxes, 0, x + 8, w - 16);
    content.space(8);
  }
  if (index + 1 < boxes.length) {
    drawBox(content, boxes, index + 1, x + 8, w - 16);
    content.space(8);
  }
  const fill = box.encrypted ? 'url(#hatch)' : '#ffffff';
  page.rectangle(x, top, w, content.y - top, `rx="4" fill="${fill}" stroke="#57606a"`);
  page.take(content);
}

function drawRow(page: Page, row: readonly RowCell[], x: number, w: number): void {
  for (const cell of row) {
    const left = x + (cell.from / 32) * w;
    const wide = ((cell.to - cell.from + 1) / 32) * w;
    const fill = `fill="${cell.field === undefined ? '#f6f8fa' : '#ffffff'}"`;
    page.rectangle(left, page.y, wide, rowHeight, `${fill} stroke="#afb8c1"`);
    // Inset, so that the neighbours' lines do not hide that it changed.
    if (cell.field?.oldValue !== undefined)
      page.rectangle(
        left + 2,
        page.y + 2,
        wide - 4,
        rowHeight - 4,
        'fill="none" stroke="#0550ae" stroke-width="2"',
      );
    if (cell.field === undefined || !cell.labelled) continue;
    const { name, value, meaning, oldValue } = cell.field;
    const meant = meaning === undefined || meaning === value ? value : `${value} ${meaning}`;
    const whole = `${name} ${meant}${oldValue === undefined ? '' : `, was ${oldValue}`}`;
    const room = Math.floor((wide - 8) / characterWidth);
    const text =
      [whole, `${name} ${value}`].find((t) => t.length <= room) ?? (value.length <= room ? value : whole);
    page.put(left + wide / 2, page.y + 15, text, wide - 4, { centred: true });
  }
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Control characters have no place in XML, whatever escape they are written with. */
function escapeXml(text: string): string {
  return [...text]
    .map((c) => {
      const code = c.codePointAt(0)!;
      const isControl = (code < 0x20 && code !== 9 && code !== 10) || (code >= 0xd800 && code <= 0xdfff);
      return isControl || code === 0xfffe || code === 0xffff ? '\ufffd' : (entities.get(c) ?? c);
    })
    .join('');
}

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);
