/** ipf.conf(5): IPFilter's packet filter rules, as NetBSD, FreeBSD, Solaris and old OpenBSD load them with ipf(8). */
import { parseStatements } from '../../syntax/statement';
import type { Dialect } from '../dialect';
import { signatureAt } from '../signature';
import { namesOf } from '../statementNames';
import { detectIpf } from './detect';
import { expectedInIpf, formatIpf, hintsOfIpf, ipfTokens } from './editor';
import { explainIpf, symbolOfIpf } from './explain';
import { ipfForms } from './forms';
import { ipfGrammar } from './grammar';
import { relowerIpf, relowerIpfInPieces } from './relower';
import { ipfSnippets } from './snippets';
import { tablesOfIpf } from './tables';
import type { IpfTree } from './tree';
import { ipfVocabulary } from './vocabulary';

export const ipfDialect: Dialect<IpfTree> = {
  id: 'ipf',
  title: 'IPFilter rules',
  lineComment: '#',
  fileNames: ['ipf.conf', 'ipf6.conf', 'ipf.rules', 'ipf6.rules'],
  fileEndings: ['.ipf'],
  detect: detectIpf,
  vocabulary: ipfVocabulary,
  parse: (text, previous) => parseStatements(ipfGrammar, text, previous),
  lower: relowerIpf,
  lowerInPieces: relowerIpfInPieces,
  tokens: ipfTokens,
  names: namesOf,
  expected: expectedInIpf,
  symbol: symbolOfIpf,
  explain: explainIpf,
  format: formatIpf,
  hints: hintsOfIpf,
  tableCandidates: tablesOfIpf,
  snippets: ipfSnippets,
  signature: ({ text }, offset) => signatureAt(ipfForms, text, offset),
};
