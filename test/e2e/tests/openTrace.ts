import type { FrameLocator } from 'playwright-core';
import type { Workbench } from '../workbench';

/** Opens the trace of a sample packet by its CodeLens. */
export async function openTrace(workbench: Workbench, packet: string): Promise<FrameLocator> {
  await workbench.goTo('gatewalk.yaml', `${packet}:`);
  const tab = workbench.locator(`.tab[aria-label^="Trace: ${packet}"]`);
  await workbench.clickCodeLens(`Walk ${packet}`, async () => (await tab.count()) > 0);
  return workbench.traceView();
}
