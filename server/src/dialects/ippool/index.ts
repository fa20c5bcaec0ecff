/** ippool.conf(5): tables of addresses that IPFilter's rules look up, loaded with ippool(8). */
import { parseStatements } from '../../syntax/statement';
import type { Dialect } from '../dialect';
import { signatureAt } from '../signature';
import { namesOf } from '../statementNames';
import {
  expectedInIppool,
  explainIppool,
  formatIppool,
  hintsOfIppool,
  ippoolTokens,
  linksOfIppool,
  symbolOfIppool,
} from './editor';
import { ippoolForms } from './forms';
import { ippoolGrammar } from './grammar';
import { lowerIppool } from './lower';
import { ippoolSnippets } from './snippets';
import type { IppoolTree } from './tree';
import { ippoolVocabulary } from './vocabulary';

export const ippoolDialect: Dialect<IppoolTree> = {
  id: 'ippool',
  title: 'IPFilter address pools',
  lineComment: '#',
  fileNames: ['ippool.conf'],
  fileEndings: ['.ippool'],
  detect: (_fileName, head) => (HEAD.test(head) ? 0.9 : 0),
  vocabulary: ippoolVocabulary,
  parse: (text, previous) => parseStatements(ippoolGrammar, text, previous),
  lower: lowerIppool,
  tokens: ippoolTokens,
  names: namesOf,
  expected: expectedInIppool,
  symbol: symbolOfIppool,
  explain: explainIppool,
  format: formatIppool,
  hints: hintsOfIppool,
  snippets: ippoolSnippets,
  links: linksOfIppool,
  signature: ({ text }, offset) => signatureAt(ippoolForms, text, offset),
};

const HEAD = /^[ \t]*(?:table\s+role\s*=|pool\s+(?:ipf|nat|auth|count|all)\/|group-map\s+(?:in|out)\s)/im;
