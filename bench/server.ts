/**
 * The server as its users have it: a process of its own, asked over JSON-RPC, with one long file open. How long
 * answers take, an edit's diagnostics included, and how much memory the process has when all is worked out and after
 * many edits in many places.
 */
import { generateIpfConf, generateIpnatConf, generateSetkeyConf } from './generate';
import { type Measured, measure } from './measure';
import { type Figure, report } from './report';
import { type ServerProcess, startServerProcess } from './serverProcess';

const program = 'dist/cli.js';
const files = [
  { name: 'ipf.conf', languageId: 'ipf', text: generateIpfConf(100_000) },
  { name: 'ipnat.conf', languageId: 'ipnat', text: generateIpnatConf(100_000) },
  { name: 'setkey.conf', languageId: 'setkey', text: generateSetkeyConf(10_000) },
];
const residentTarget = 400;

const results: Measured[] = [];
const figures: Figure[] = [];

const starts: number[] = [];
for (let i = 0; i < 7; i++) {
  const server = await startServerProcess(program);
  starts.push(server.startMilliseconds);
  server.stop();
}
starts.sort((a, b) => a - b);
results.push({
  name: 'start of the process to the answer to initialize',
  medianMilliseconds: starts[3]!,
  leastMilliseconds: starts[0]!,
  mostMilliseconds: starts[6]!,
  runs: starts.length,
});

for (const file of files) await measureFile(file);
report('server', results, {}, figures);

async function measureFile({ name, languageId, text }: (typeof files)[number]): Promise<void> {
  const uri = `file:///bench/${name}`;
  const lines = text.split('\n');
  const lineCount = lines.length - 1;
  const title = (what: string) => `${name}, ${lineCount.toLocaleString('en')} lines: ${what}`;
  const server = await startServerProcess(program);
  const ask = (method: string, params: object) =>
    server.client.sendRequest(method, { textDocument: { uri }, ...params });

  const opening = server.nextDiagnostics();
  const start = performance.now();
  server.open(uri, languageId, text);
  await opening;
  const opened = performance.now() - start;
  results.push({
    name: title('opened to diagnostics'),
    medianMilliseconds: opened,
    leastMilliseconds: opened,
    mostMilliseconds: opened,
    runs: 1,
  });
  await server.settled();
  note(title('resident, opened and worked out'), (await server.memory()).residentMegabytes, residentTarget);
  note(title('heap in use'), (await server.memoryInUse()).heapMegabytes);

  const middle = lineCount >> 1;
  const position = { line: middle, character: 5 };
  const whole = { start: { line: middle, character: 0 }, end: { line: middle + 100, character: 0 } };
  const requests: readonly [what: string, method: string, params: object, target?: number][] = [
    ['hover', 'textDocument/hover', { position }, 50],
    ['completion', 'textDocument/completion', { position }, 50],
    ['definition', 'textDocument/definition', { position: definitionPlace(lines) }, 50],
    ['semantic tokens of 100 lines', 'textDocument/semanticTokens/range', { range: whole }],
    ['inlay hints of 100 lines', 'textDocument/inlayHint', { range: whole }],
    ['semantic tokens of everything', 'textDocument/semanticTokens/full', {}],
    ['outline', 'textDocument/documentSymbol', {}],
    ['folding ranges', 'textDocument/foldingRange', {}],
  ];
  for (const [what, method, params, targetMilliseconds] of requests)
    results.push(
      await measure(
        title(what),
        {
          runs: targetMilliseconds === undefined ? 3 : 15,
          warmUp: 1,
          ...(targetMilliseconds !== undefined && { targetMilliseconds }),
        },
        () => params,
        (asked) => ask(method, asked),
      ),
    );

  // A word that is wrong, and right again: each is a change of what is published, near the beginning, as no more than
  // the first thousand problems are.
  let isWrong = false;
  const early = 300;
  results.push(
    await measure(
      title('one-line edit to diagnostics'),
      { runs: 14, warmUp: 2, targetMilliseconds: 100 },
      () => undefined,
      async () => {
        const next = server.nextDiagnostics();
        if (isWrong) server.edit(uri, early, 0, 2, '');
        else server.edit(uri, early, 0, 0, '~~');
        isWrong = !isWrong;
        await next;
      },
    ),
  );
  let { resultId } = (await ask('textDocument/semanticTokens/full', {})) as { resultId: string };
  results.push(
    await measure(
      title('semantic tokens as a change, after a one-line edit'),
      { runs: 15, targetMilliseconds: 30 },
      async () => {
        server.edit(uri, middle, 0, 0, ' ');
        // The edit itself is another figure.
        await ask('textDocument/hover', { position });
      },
      async () => {
        const delta = await ask('textDocument/semanticTokens/full/delta', { previousResultId: resultId });
        ({ resultId } = delta as { resultId: string });
      },
    ),
    await measure(
      title('hover while findings are worked out'),
      { runs: 6, warmUp: 1 },
      async () => {
        server.edit(uri, middle, 0, 0, ' ');
        await new Promise((resolve) => setTimeout(resolve, 600));
      },
      () => ask('textDocument/hover', { position }),
    ),
  );
  await editEverywhere(server, uri, lineCount, 100);
  note(title('resident after 100 edits'), (await server.memory()).residentMegabytes, residentTarget);
  await editEverywhere(server, uri, lineCount, 900);
  note(title('resident after 1,000 edits'), (await server.memory()).residentMegabytes, residentTarget);
  await server.settled();
  note(title('resident at rest behind them'), (await server.memory()).residentMegabytes, residentTarget);
  note(title('heap in use behind them'), (await server.memoryInUse()).heapMegabytes);
  const peak = server.peakResidentMegabytes();
  if (peak !== undefined) note(title('the most that was resident'), peak);
  server.stop();
}

/** A group that is defined, where there is one. */
function definitionPlace(lines: readonly string[]): { line: number; character: number } {
  const line = lines.findLastIndex((l) => l.includes('group 100'));
  return line < 0 ? { line: 0, character: 5 } : { line, character: lines[line]!.indexOf('group 100') + 7 };
}

/** In a line of its own each time, and waited for as by somebody who types. */
async function editEverywhere(
  server: ServerProcess,
  uri: string,
  lineCount: number,
  count: number,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const line = (i * 7919 + 13) % lineCount;
    server.edit(uri, line, 0, 0, ' ');
    await server.client.sendRequest('textDocument/completion', {
      textDocument: { uri },
      position: { line, character: 3 },
    });
  }
}

function note(name: string, value: number, target?: number): void {
  figures.push({ name, value, unit: 'MB', ...(target !== undefined && { target }) });
}
