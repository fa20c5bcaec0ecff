/** Small drawings in the colour of the text around them. Each stands beside the word it means, never alone. */
import { svg } from './elements';
import { type IconName, iconPaths } from './iconPaths';

export function icon(name: IconName): SVGElement {
  return svg(
    'svg',
    { class: `icon icon-${name}`, viewBox: '0 0 16 16', 'aria-hidden': 'true' },
    iconPath(name),
  );
}

/** Only the lines, to be placed in a larger drawing. */
export function iconPath(name: IconName): SVGElement {
  return svg('path', { d: iconPaths[name] });
}
