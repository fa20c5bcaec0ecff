/** One line per stage: which function answers for it. */
import type { StageContext, StageResult } from '../stage';
import { NEXT } from '../stage';
import { type DeliverOptions, deliver } from './deliver';
import { filterStage, natStage } from './filter';
import { ipsecCheck, ipsecIn } from './ipsecIn';
import { ipsecLookup, ipsecOut, ipsecTransform } from './ipsecOut';
import { decrementTtl, fragmentStage, reassembleStage, routeIn, routeOut } from './routing';
import { transmit } from './tunnelInterface';

export function runStage(context: StageContext, options: DeliverOptions): StageResult {
  switch (context.step.stage) {
    case 'filter':
      return filterStage(context);
    case 'nat':
      return natStage(context);
    case 'ipsec-out':
      return ipsecOut(context);
    case 'ipsec-lookup':
      return ipsecLookup(context);
    case 'ipsec-transform':
      return ipsecTransform(context);
    case 'ipsec-in':
      return ipsecIn(context);
    case 'ipsec-check':
      return ipsecCheck(context);
    case 'route-in':
      return routeIn(context);
    case 'ttl':
      return decrementTtl(context);
    case 'route-out':
      return routeOut(context);
    case 'fragment':
      return fragmentStage(context);
    case 'reassemble':
      return reassembleStage(context);
    case 'deliver':
      return deliver(context, options);
    case 'transmit':
      return transmit(context);
  }
}

export { NEXT };
