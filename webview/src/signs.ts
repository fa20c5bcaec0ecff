/** What the words of a walk are to a person, each with its drawing: outcomes, verdicts, severities, links, nodes. */
import type {
  FindingView,
  StepOutcome,
  TopologyLink,
  TopologyNode,
  VerdictView,
} from '../../protocol/src/traceView';
import type { IconName } from './iconPaths';
import { t } from './l10n';

export interface Sign {
  readonly icon: IconName;
  readonly word: string;
}

export function outcomeSign(outcome: StepOutcome): Sign {
  switch (outcome) {
    case 'continue':
      return { icon: 'arrow', word: t('went on') };
    case 'pass':
      return { icon: 'check', word: t('passed') };
    case 'changed':
      return { icon: 'pencil', word: t('changed') };
    case 'skipped':
      return { icon: 'skip', word: t('skipped') };
    case 'dropped':
      return { icon: 'cross', word: t('dropped') };
    case 'delivered':
      return { icon: 'flag', word: t('delivered') };
    case 'sent':
      return { icon: 'send', word: t('sent') };
  }
}

export const verdictIcons: Readonly<Record<VerdictView['kind'], IconName>> = {
  delivered: 'flag',
  dropped: 'cross',
  lost: 'cross',
  looped: 'loop',
  uncertain: 'question',
};

/** `Delivered at y`; a walk that ended at no node, such as one that nothing could send, is just `Lost`. */
export function verdictTitle({ kind, node }: Pick<VerdictView, 'kind' | 'node'>): string {
  const somewhere = node !== '';
  switch (kind) {
    case 'delivered':
      return somewhere ? t('Delivered at {0}', node) : t('Delivered');
    case 'dropped':
      return somewhere ? t('Dropped at {0}', node) : t('Dropped');
    case 'lost':
      return somewhere ? t('Lost at {0}', node) : t('Lost');
    case 'looped':
      return somewhere ? t('Looped at {0}', node) : t('Looped');
    case 'uncertain':
      return somewhere ? t('Uncertain at {0}', node) : t('Uncertain');
  }
}

/** Said of the node where the walk ended. */
export function endedHere(kind: VerdictView['kind']): string {
  switch (kind) {
    case 'delivered':
      return t('ended here: delivered');
    case 'dropped':
      return t('ended here: dropped');
    case 'lost':
      return t('ended here: lost');
    case 'looped':
      return t('ended here: looped');
    case 'uncertain':
      return t('ended here: uncertain');
  }
}

export function severitySign(severity: FindingView['severity']): Sign {
  switch (severity) {
    case 'error':
      return { icon: 'cross', word: t('Error') };
    case 'warning':
      return { icon: 'warning', word: t('Warning') };
    case 'information':
      return { icon: 'info', word: t('Information') };
    case 'hint':
      return { icon: 'info', word: t('Hint') };
  }
}

/** How a packet crossed a link. */
export function crossedWord(crossed: TopologyLink['crossed']): string {
  switch (crossed) {
    case 'clear':
      return t('in clear');
    case 'encrypted':
      return t('encrypted');
    case 'no':
      return t('not crossed');
  }
}

export function nodeKindWord(kind: TopologyNode['kind']): string {
  switch (kind) {
    case 'host':
      return t('host');
    case 'gateway':
      return t('gateway');
    case 'network':
      return t('network');
    case 'internet':
      return t('internet');
  }
}
