/** The controls above the trace: which packet, forward or reply, on which platform. */
import type { Actions } from './actions';
import { checkbox, dropdown } from './controls';
import { html } from './elements';
import type { ShownTrace } from './viewState';

/** The value of "each gateway's own platform"; no platform has an empty id. */
const ownPlatform = '';

export function toolbar(state: ShownTrace, actions: Actions): HTMLElement {
  const { request, trace } = state;
  return html(
    'header',
    { class: 'toolbar' },
    html(
      'div',
      { class: 'controls' },
      dropdown({
        id: 'packet',
        label: 'Packet',
        choices: state.packets.map(({ name }) => ({ value: name, label: name })),
        selected: request.packet,
        onChange: (packet) => actions.walk({ packet }),
      }),
      dropdown({
        id: 'platform',
        label: 'Platform',
        choices: [
          { value: ownPlatform, label: 'as in the files' },
          ...state.platforms.map(({ id, title }) => ({ value: id, label: title })),
        ],
        selected: request.platform ?? ownPlatform,
        onChange: (platform) => actions.walk({ platform: platform === ownPlatform ? undefined : platform }),
      }),
      checkbox({
        id: 'reply',
        label: 'Reply',
        checked: request.reply,
        onChange: (reply) => actions.walk({ reply }),
      }),
    ),
    html('code', { class: 'notation' }, trace.notation),
  );
}
