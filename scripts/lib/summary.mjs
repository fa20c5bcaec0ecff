/** The end of `npm test`: what failed and what was skipped, by name, and the closing line with the counts. */

const namesShown = 30;

/**
 * Prints the summary of `{ part: results }` and returns the exit code. With `GATEWALK_REQUIRE_E2E=1` a skipped
 * end-to-end test counts as a failure.
 */
export function summarize(parts) {
  const all = Object.values(parts).flat();
  const failed = all.filter(({ outcome }) => outcome === 'failed');
  const skipped = all.filter(({ outcome }) => outcome === 'skipped');
  list('Skipped', skipped);
  list('Failed', failed);
  const skippedE2e = (parts['end to end'] ?? []).some(({ outcome }) => outcome === 'skipped');
  const e2eMissing = skippedE2e && process.env.GATEWALK_REQUIRE_E2E === '1';
  if (e2eMissing) print('\nGATEWALK_REQUIRE_E2E=1, and end-to-end tests were skipped: that is a failure.');
  const counts = Object.entries(parts).map(([name, results]) => `${name} ${results.length}`);
  const passed = all.length - failed.length - skipped.length;
  print(`\n${passed} passed, ${failed.length} failed, ${skipped.length} skipped (${counts.join(', ')})`);
  return failed.length > 0 || e2eMissing ? 1 : 0;
}

function list(title, results) {
  if (results.length === 0) return;
  print(`\n${title}:`);
  for (const { name, message } of results.slice(0, namesShown))
    print(`  ${name}${message ? `\n    ${message}` : ''}`);
  if (results.length > namesShown) print(`  and ${results.length - namesShown} more`);
}

function print(text) {
  process.stdout.write(`${text}\n`);
}
