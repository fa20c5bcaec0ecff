/** setkey(8): the SPD and SAD language of KAME, as NetBSD, FreeBSD and ipsec-tools read it. */
import { type ParsedStatement, parseStatements, type StatementGrammar } from '../../syntax/statement';
import type { Dialect, NameUse } from '../dialect';
import { signatureAt } from '../signature';
import { namesOf, sharedNames } from '../statementNames';
import { detectSetkey } from './detect';
import { expectedAt } from './expected';
import { explainStatement, hintsOf, symbolOf } from './explain';
import { formatStatement } from './format';
import { setkeyForms } from './forms';
import { statementEnd } from './lexer';
import { lowerSetkey, lowerSetkeyInPieces } from './lower';
import { parseSetkeyStatement } from './parser';
import type { SetkeyTree } from './tree';
import { setkeyVocabulary } from './vocabulary';

const grammar: StatementGrammar<SetkeyTree> = {
  statementEnd,
  parseStatement: parseSetkeyStatement,
  summarize: (statement) => sharedNames(readNames(statement)),
};

export const setkeyDialect: Dialect<SetkeyTree> = {
  id: 'setkey',
  title: 'setkey policies',
  lineComment: '#',
  fileNames: ['setkey.conf', 'ipsec.conf', 'ipsec-tools.conf'],
  fileEndings: ['.setkey'],
  detect: detectSetkey,
  vocabulary: setkeyVocabulary,
  parse: (text, previous) => parseStatements(grammar, text, previous),
  lower: lowerSetkey,
  lowerInPieces: lowerSetkeyInPieces,
  tokens: (statement) => statement.tree.tokens,
  names: namesOf,
  expected: expectedAt,
  symbol: symbolOf,
  explain: explainStatement,
  format: formatStatement,
  hints: hintsOf,
  signature: ({ text }, offset) => signatureAt(setkeyForms, text, offset),
};

/** An SA is known by its SPI: `add` defines it, `get` and `delete` refer to it. */
function readNames(statement: ParsedStatement<SetkeyTree>): readonly NameUse[] {
  const { command } = statement.tree;
  switch (command.kind) {
    case 'add':
    case 'get':
    case 'delete': {
      if (command.spi === undefined) return [];
      const { start, end } = command.spi;
      return [
        {
          kind: 'SPI',
          name: String(command.spi.value),
          role: command.kind === 'add' ? 'definition' : 'reference',
          range: { start, end },
        },
      ];
    }
    default:
      return [];
  }
}
