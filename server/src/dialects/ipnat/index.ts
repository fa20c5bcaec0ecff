/** ipnat.conf(5): IPFilter's address translation rules, loaded with ipnat(8). */
import { parseStatements } from '../../syntax/statement';
import type { Dialect } from '../dialect';
import { signatureAt } from '../signature';
import { namesOf } from '../statementNames';
import { detectIpnat } from './detect';
import { expectedInIpnat, formatIpnat, hintsOfIpnat, ipnatTokens } from './editor';
import { explainIpnat, symbolOfIpnat } from './explain';
import { ipnatForms } from './forms';
import { ipnatGrammar } from './grammar';
import { relowerIpnat, relowerIpnatInPieces } from './relower';
import { ipnatSnippets } from './snippets';
import type { IpnatTree } from './tree';
import { ipnatVocabulary } from './vocabulary';

export const ipnatDialect: Dialect<IpnatTree> = {
  id: 'ipnat',
  title: 'IPFilter NAT rules',
  lineComment: '#',
  fileNames: ['ipnat.conf', 'ipnat.rules'],
  fileEndings: ['.ipnat'],
  detect: detectIpnat,
  vocabulary: ipnatVocabulary,
  parse: (text, previous) => parseStatements(ipnatGrammar, text, previous),
  lower: relowerIpnat,
  lowerInPieces: relowerIpnatInPieces,
  tokens: ipnatTokens,
  names: namesOf,
  expected: expectedInIpnat,
  symbol: symbolOfIpnat,
  explain: explainIpnat,
  format: formatIpnat,
  hints: hintsOfIpnat,
  snippets: ipnatSnippets,
  signature: ({ text }, offset) => signatureAt(ipnatForms, text, offset),
};
