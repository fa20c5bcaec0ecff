/**
 * How long the core takes on a file of 100,000 lines, without a protocol around it (that is `server.ts`). `npm run
 * bench` prints medians and writes them to `bench/results/editor.json`; nothing here fails on a slow machine.
 */
import { Workspace } from '../server/src/analysis/workspace';
import { completion } from '../server/src/features/completion';
import { diagnostics } from '../server/src/features/diagnostics';
import { hover } from '../server/src/features/hover';
import { definitions, references } from '../server/src/features/names';
import { policyFile } from '../server/src/features/places';
import { deadStatements, semanticTokens } from '../server/src/features/semanticTokens';
import { TokenCache } from '../server/src/lsp/tokenCache';
import { finish } from '../server/src/text/work';
import { generateIpfConf } from './generate';
import { measure } from './measure';
import { report } from './report';

const uri = 'file:///bench/ipf.conf';
const lineCount = 100_000;
const text = generateIpfConf(lineCount);
/** Where the edits happen: a rule in the middle. */
const middle = text.indexOf('\nblock in quick', text.length >> 1) + 1;
const lastRule = text.lastIndexOf('pass in quick');

const diagnose = (workspace: Workspace) => {
  const snapshot = workspace.snapshot();
  return diagnostics(snapshot.problemsOf(uri), []);
};

const results = [
  await measure(
    'first parse',
    { runs: 7, targetMilliseconds: 1000 },
    () => new Workspace(),
    (workspace) => {
      workspace.setFile(uri, text);
      // Statements are read when they are asked.
      for (const { problems } of workspace.snapshot().files.get(uri)!.parse!.statements)
        if (problems.length > 0) throw new Error('The file is to have no problems.');
    },
  ),
  await measure(
    'opening: first parse to diagnostics',
    { runs: 7 },
    () => new Workspace(),
    (workspace) => {
      workspace.setFile(uri, text);
      return diagnose(workspace);
    },
  ),
];

const workspace = new Workspace();
workspace.setFile(uri, text);
diagnose(workspace);
const edited = (turn: number) =>
  `${text.slice(0, middle)}block in  quick${' '.repeat(turn)}${text.slice(middle + 14)}`;
results.push(
  await measure(
    'one-line edit to diagnostics',
    { runs: 25, warmUp: 5, targetMilliseconds: 50 },
    edited,
    (next) => {
      workspace.setFile(uri, next);
      return diagnose(workspace);
    },
  ),
  await measure('one-line edit to all findings', { runs: 5, warmUp: 1 }, edited, (next) => {
    workspace.setFile(uri, next);
    diagnose(workspace);
    return workspace.snapshot().findingsOf(uri);
  }),
);
workspace.setFile(uri, text);
results.push(
  await measure(
    'hover with trace, nothing edited',
    { runs: 25, targetMilliseconds: 50 },
    () => workspace.snapshot(),
    (snapshot) => expectWalk(hover(snapshot, uri, lastRule + 2)),
  ),
  await measure(
    'hover with trace after an edit',
    { runs: 15, warmUp: 3, targetMilliseconds: 50 },
    (turn) => {
      workspace.setFile(uri, edited(turn));
      diagnose(workspace);
      return workspace.snapshot();
    },
    (snapshot) =>
      expectWalk(hover(snapshot, uri, snapshot.files.get(uri)!.text.lastIndexOf('pass in quick') + 2)),
  ),
  await measure(
    'completion',
    { runs: 25, targetMilliseconds: 50 },
    () => workspace.snapshot(),
    (snapshot) => completion(snapshot, uri, middle + 6),
  ),
  await measure(
    'semantic tokens of 100 lines',
    { runs: 25 },
    () => workspace.snapshot(),
    (snapshot) => semanticTokens(snapshot, uri, { start: middle, end: middle + 8000 }),
  ),
);

// Offsets count in the unedited text.
workspace.setFile(uri, text);
const group = text.lastIndexOf('group 100') + 'group 1'.length;
results.push(
  await measure(
    'definition of a group',
    { runs: 25, targetMilliseconds: 50 },
    () => workspace.snapshot(),
    (snapshot) => {
      if (definitions(snapshot, uri, group).length !== 1) throw new Error('The group has no definition.');
    },
  ),
  await measure(
    'all uses of a group of half the file',
    { runs: 7 },
    () => workspace.snapshot(),
    (snapshot) => references(snapshot, uri, group, true),
  ),
);

const tokens = new TokenCache();
const policyNow = () => policyFile(workspace.snapshot(), uri)!;
results.push(
  await measure(
    'semantic tokens of everything',
    { runs: 5 },
    () => policyNow(),
    (policy) => finish(tokens.full(policy, new Set())),
  ),
);
let resultId = finish(tokens.full(policyNow(), new Set())).resultId!;
results.push(
  await measure(
    'semantic tokens as a change, after a one-line edit',
    { runs: 25, warmUp: 5, targetMilliseconds: 30 },
    (turn) => {
      workspace.setFile(uri, edited(turn + 1));
      diagnose(workspace);
      return policyNow();
    },
    (policy) => {
      const answer = finish(tokens.delta(policy, deadStatements(policy, []), resultId));
      if (!('edits' in answer)) throw new Error('A change was expected, not everything.');
      resultId = answer.resultId!;
    },
  ),
);

report('editor', results, { lineCount });

function expectWalk(found: ReturnType<typeof hover>): void {
  if (found?.markdown.some((part) => part.includes('▶')) !== true) {
    throw new Error('The hover shows no walk through the rule, so its time means nothing.');
  }
}
