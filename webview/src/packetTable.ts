/** The packet as a table: every field of every header with its place, value and what it was before the stage. */
import type { FieldView, PacketBox, PacketView } from '../../protocol/src/packetView';
import { html } from './elements';
import { t } from './l10n';
import { shorten } from './packetDiagram';

export function packetTable(
  packet: PacketView,
  options: { readonly decrypted: boolean; readonly label: string },
): HTMLElement {
  return html(
    'section',
    { class: 'packet', 'aria-label': options.label },
    html('h2', {}, t('Packet'), html('code', { class: 'packet-summary' }, packet.summary)),
    ...boxTables(packet, '', options.decrypted),
    html('h2', {}, t('Bytes')),
    html('p', {}, html('code', { class: 'hex' }, (packet.hex.match(/.{1,8}/g) ?? []).join(' '))),
  );
}

function boxTables(packet: PacketView, around: string, decrypted: boolean): readonly HTMLElement[] {
  return packet.boxes.flatMap((box) => {
    const title = around === '' ? box.title : t('{0}, inside: {1}', around, box.title);
    const inside = box.inside === undefined || !decrypted ? [] : boxTables(box.inside, box.title, decrypted);
    return [boxTable(box, title), ...inside];
  });
}

function boxTable(box: PacketBox, title: string): HTMLElement {
  const [first, last] = [box.startByte, box.endByte - 1];
  const bytes = first === last ? t('byte {0}', first) : t('bytes {0} to {1}', first, last);
  const caption = [title, box.summary, bytes, box.encrypted ? t('encrypted') : '', ...box.faults]
    .filter((part) => part !== '')
    .join(' · ');
  if (box.fields.length === 0) return html('p', { class: 'table-caption' }, caption);
  return html(
    'table',
    { class: 'data' },
    html('caption', {}, caption),
    html(
      'thead',
      {},
      html(
        'tr',
        {},
        ...[t('Field'), t('Bits'), t('Value'), t('Before')].map((name) => html('th', { scope: 'col' }, name)),
      ),
    ),
    html('tbody', {}, ...box.fields.map((field) => fieldRow(field, box))),
  );
}

function fieldRow(field: FieldView, box: PacketBox): HTMLElement {
  const first = field.bitOffset - box.startByte * 8;
  const last = first + field.bitLength - 1;
  const meaning = field.meaning === undefined ? '' : ` (${field.meaning})`;
  return html(
    'tr',
    field.oldValue === undefined ? {} : { class: 'changed' },
    html('th', { scope: 'row' }, field.name),
    html('td', {}, first === last ? String(first) : t('{0} to {1}', first, last)),
    html('td', {}, html('code', {}, shorten(field.value)), meaning),
    html('td', {}, field.oldValue === undefined ? '' : html('code', {}, shorten(field.oldValue))),
  );
}
