import { expectMatch } from '../expect';
import type { E2eTest } from '../runner';

export const hoverTests: readonly E2eTest[] = [
  {
    name: 'hovering the map rule of A shows the X to Z walk with the source changing from X to A',
    async run(session) {
      const { workbench } = session;
      await workbench.goTo('A/ipnat.conf', 'map fxp1');
      const hover = await workbench.hover('map fxp1', 'x-to-z');
      expectMatch(hover, /10\.1\.0\.10:40001 > 198\.51\.100\.80:80/, 'the hover (before the map rule)');
      expectMatch(hover, /192\.0\.2\.1:\d+ > 198\.51\.100\.80:80/, 'the hover (after the map rule)');
      await workbench.scrollHoverTo('▶');
      await session.screenshot('hover-map');
    },
  },
  {
    name: 'hovering the spdadd line of A shows the X to Y walk with inner and outer headers',
    async run({ workbench }) {
      await workbench.goTo('A/ipsec.conf', 'spdadd 10.1.0.0/24');
      const hover = await workbench.hover('spdadd 10.1.0.0/24', /10\.1\.0\.10:40000 > 10\.2\.0\.20:80/);
      expectMatch(hover, /10\.1\.0\.10:40000 > 10\.2\.0\.20:80/, 'the hover (inner headers)');
      expectMatch(hover, /192\.0\.2\.1 > 203\.0\.113\.1/, 'the hover (outer headers)');
      expectMatch(hover, /esp/i, 'the hover');
    },
  },
];
