// biome-ignore-all lint/suspicious/noTemplateCurlyInString: tab stops of snippets look like templates.
import type { StatementSnippet } from '../dialect';

export const ipfSnippets: readonly StatementSnippet[] = [
  {
    label: 'pass out ... keep state',
    insert:
      'pass out quick on ${1:fxp0} proto tcp from ${2:any} to ${3:any} port = ${4:80} flags S keep state',
    detail: 'connections to the outside, with their replies',
  },
  {
    label: 'pass in ... keep state',
    insert:
      'pass in quick on ${1:fxp0} proto tcp from ${2:any} to ${3:192.0.2.1} port = ${4:22} flags S keep state',
    detail: 'connections to a service',
  },
  {
    label: 'block return-rst',
    insert: 'block return-rst in quick on ${1:fxp0} proto tcp from ${2:any} to ${3:any}',
    detail: 'refuses TCP with a reset',
  },
  {
    label: 'block in all, block out all',
    insert: 'block in all\nblock out all',
    detail: 'nothing passes that no later rule lets through',
  },
  {
    label: 'head and group',
    insert:
      'block in on ${1:fxp0} all head ${2:100}\npass in quick proto ${3:tcp} from any to any port = ${4:80} group ${2:100}',
    detail: 'a group of rules for one interface',
  },
];
