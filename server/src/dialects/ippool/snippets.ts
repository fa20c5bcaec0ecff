// biome-ignore-all lint/suspicious/noTemplateCurlyInString: tab stops of snippets look like templates.
import type { StatementSnippet } from '../dialect';

export const ippoolSnippets: readonly StatementSnippet[] = [
  {
    label: 'table (tree)',
    insert: 'table role = ${1:ipf} type = tree name = ${2:friends}\n\t{ ${3:10.1.0.0/24}; };',
    detail: 'networks, the longest prefix decides',
  },
  {
    label: 'table (hash)',
    insert: 'table role = ${1:ipf} type = hash name = ${2:hosts} size = ${3:31}\n\t{ ${4:10.1.0.10/32}; };',
    detail: 'single addresses',
  },
];
