/** Finds a Chromium or Chrome for the end-to-end tests. */
import { Failure } from './failure.mjs';
import { findOnPath, isExecutable } from './processes.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const places = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/usr/lib/chromium/chromium',
  '/snap/bin/chromium',
  '/opt/google/chrome/chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  `${process.env.HOME ?? ''}/Applications/Google Chrome.app/Contents/MacOS/Google Chrome`,
];

export const howToGetChromium =
  'install Chromium (Debian: apt-get install chromium), or name one: GATEWALK_CHROMIUM=/path/to/chromium';

/** The browser's path, undefined when there is none. A wrong `GATEWALK_CHROMIUM` is an error, not a skip. */
export function findChromium() {
  const named = process.env.GATEWALK_CHROMIUM;
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named;
    throw new Failure(`GATEWALK_CHROMIUM names ${named}, which is not a program that can be run.`);
  }
  return names.map(findOnPath).find((found) => found !== undefined) ?? places.find(isExecutable);
}
