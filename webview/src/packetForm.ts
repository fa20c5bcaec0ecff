/**
 * The form that builds a packet: fields on top, the same packet as one line below, its problems and its headers
 * as they are while somebody types. The form is made once and lives as long as the page, because drawing it anew
 * would take the cursor away from whoever types in it.
 */
import type { CheckPacketResult, PacketProblem } from '../../protocol/src/requests';
import { button, type Choice, dropdown, textField } from './controls';
import { html } from './elements';
import { icon } from './icons';
import { t } from './l10n';
import { packetDiagram } from './packetDiagram';
import { composePacketLine, emptyPacket, hasPorts, type PacketFields, splitPacketLine } from './packetLine';
import { severitySign } from './signs';

export interface PacketForm {
  readonly element: HTMLElement;
  /** Begins with another packet, unless somebody has typed in the form. */
  begin(line: string): void;
  /** An answer to `check`. */
  checked(text: string, result: CheckPacketResult): void;
}

export interface PacketFormHost {
  readonly check: (text: string) => void;
  readonly walk: (text: string) => void;
  readonly save: (name: string, text: string) => void;
}

const protocols: readonly Choice[] = ['tcp', 'udp', 'icmp', 'icmpv6', 'esp', 'ah', 'gre', 'ipencap'].map(
  (name) => ({ value: name, label: name }),
);

function directions(): readonly Choice[] {
  return [
    { value: '', label: t('from its source') },
    { value: 'in', label: t('comes in') },
    { value: 'out', label: t('goes out') },
  ];
}

const problemsId = 'packet-problems';

export function packetForm(host: PacketFormHost): PacketForm {
  let fields: PacketFields = emptyPacket;
  let touched = false;
  let open: readonly string[] = [];
  let last: CheckPacketResult | undefined;

  const chooser = html('div', { class: 'form-choosers' });
  const input = (id: keyof PacketFields, label: string, size: number, placeholder = '') =>
    textField({
      id: `packet-${id}`,
      label,
      value: '',
      placeholder,
      size,
      onInput: () => edited({ ...fields, [id]: inputs[id as keyof typeof inputs].value() }),
    });
  const inputs = {
    interface: input('interface', t('Interface'), 8, 'fxp0'),
    source: input('source', t('Source address'), 22, '10.1.0.10'),
    sourcePort: input('sourcePort', t('Source port'), 8, '40000'),
    destination: input('destination', t('Destination address'), 22, '198.51.100.80'),
    destinationPort: input('destinationPort', t('Destination port'), 8, '80'),
    words: input('words', t('Flags, type and other words'), 30, 'S'),
  };
  const line = textField({
    id: 'packet-line',
    label: t('The packet in one line'),
    value: '',
    size: 80,
    onInput: () => {
      touched = true;
      const split = splitPacketLine(line.value());
      if (split !== undefined) {
        fields = split;
        showFields();
      }
      check();
    },
  });
  const name = textField({
    id: 'packet-name',
    label: t('Name of the sample'),
    value: '',
    placeholder: 'web',
    size: 16,
    onInput: () => undefined,
  });
  const problems = html('ul', { class: 'findings', id: problemsId, 'aria-live': 'polite' });
  const preview = html('div', { class: 'form-preview' });

  const element = html(
    'section',
    { class: 'packet-form', 'aria-label': t('Build a packet') },
    html('div', { class: 'controls' }, chooser, inputs.interface.element),
    html('div', { class: 'controls' }, inputs.source.element, inputs.sourcePort.element),
    html('div', { class: 'controls' }, inputs.destination.element, inputs.destinationPort.element),
    html('div', { class: 'controls' }, inputs.words.element),
    html('div', { class: 'controls' }, line.element),
    problems,
    html(
      'div',
      { class: 'controls' },
      button({
        id: 'packet-walk',
        label: t('Walk this packet'),
        primary: true,
        onPress: () => host.walk(line.value()),
      }),
      name.element,
      button({
        id: 'packet-save',
        label: t('Save as a sample'),
        onPress: () => host.save(name.value().trim(), line.value()),
      }),
    ),
    preview,
  );

  function edited(next: PacketFields): void {
    touched = true;
    fields = next;
    line.set(composePacketLine(fields));
    showPorts();
    check();
  }

  function check(): void {
    host.check(line.value());
  }

  function showFields(): void {
    for (const id of Object.keys(inputs) as (keyof typeof inputs)[]) {
      if (inputs[id].value() !== fields[id]) inputs[id].set(fields[id]);
    }
    showChoosers();
    showPorts();
  }

  function showChoosers(): void {
    chooser.replaceChildren(
      dropdown({
        id: 'packet-direction',
        label: t('Where it starts'),
        choices: directions(),
        selected: fields.direction,
        onChange: (value) => edited({ ...fields, direction: value === 'in' || value === 'out' ? value : '' }),
      }),
      dropdown({
        id: 'packet-protocol',
        label: t('Protocol'),
        choices: protocols,
        selected: fields.protocol,
        onChange: (protocol) => edited({ ...fields, protocol }),
      }),
    );
  }

  function showPorts(): void {
    for (const { element: port } of [inputs.sourcePort, inputs.destinationPort])
      port.hidden = !hasPorts(fields);
  }

  function showPreview(): void {
    preview.replaceChildren(
      ...(last?.packet === undefined
        ? []
        : [
            packetDiagram(last.packet, {
              open,
              decrypted: true,
              label: t('Packet being built'),
              toggle: (title) => {
                open = open.includes(title) ? open.filter((other) => other !== title) : [...open, title];
                showPreview();
                document.getElementById(`box-${titleId(title)}`)?.focus();
              },
            }),
          ]),
    );
  }

  /** Of the first box with this title. */
  function titleId(title: string): string {
    return last?.packet?.boxes.find((box) => box.title === title)?.id ?? '';
  }

  showFields();
  return {
    element,
    begin: (text) => {
      if (touched || text === line.value()) return;
      line.set(text);
      const split = splitPacketLine(text);
      if (split !== undefined) {
        fields = split;
        showFields();
      }
      check();
    },
    checked: (text, result) => {
      // An answer about what is no longer there.
      if (text !== line.value()) return;
      last = result;
      line.setInvalid(
        result.problems.some(({ severity }) => severity === 'error'),
        problemsId,
      );
      problems.replaceChildren(...result.problems.map((problem) => problemItem(problem, text)));
      showPreview();
    },
  };
}

function problemItem({ severity, message, start, end }: PacketProblem, line: string): HTMLElement {
  const sign = severitySign(severity);
  const at = line.slice(start, end);
  return html(
    'li',
    { class: `finding finding-${severity}` },
    html('strong', { class: 'sign' }, icon(sign.icon), ` ${sign.word} `),
    at === '' ? undefined : html('code', {}, at),
    ` ${message}`,
  );
}
