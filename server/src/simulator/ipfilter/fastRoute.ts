/** Packets that a rule sends elsewhere, or copies of them: what leaves by `to` and `dup-to`. */
import { decodePacket } from '../../packet/decode';
import type { RouteTarget } from '../../policy/filter';
import { CONDITION } from '../packetFacts';
import { type Passage, routeOf } from './filterResult';
import type { FilterStage } from './filterStage';
import type { Translator } from './nat';
import type { StateTable } from './stateTable';

/** What a packet that leaves by another interface meets there. */
interface RoutedThrough {
  readonly states: StateTable;
  readonly filterStage: FilterStage;
  readonly translates: boolean;
  readonly translator: Translator;
}

export class FastRoute {
  constructor(private readonly engine: RoutedThrough) {}

  /** `to` and `dup-to` of the rule that decided. */
  follow(passage: Passage): void {
    const route = routeOf(passage.rule, passage.info);
    if (route?.duplicateTo !== undefined) this.sendBy(passage, route.duplicateTo);
    if (route?.to !== undefined && this.isDefined(route.to)) {
      this.sendBy(passage, route.to);
      passage.taken = true;
    }
  }

  /** `ipf_fastroute`: what leaves by another interface is seen going out there, by state and translation. */
  private sendBy(passage: Passage, target: RouteTarget): void {
    const { info } = passage;
    const { out, interface: own } = info;
    const name = this.interfaceOf(passage, target);
    if (name === undefined) return;
    info.conditions &= ~CONDITION.state;
    if (info.family === 4) info.writeWord(info.start + 10, 0);
    let lost = false;
    if (!out) {
      info.interface = name;
      info.out = true;
      this.engine.filterStage.account(passage);
      if (passage.decision.answer === undefined) this.engine.states.check(info, () => true);
      if (this.engine.translates) {
        const outcome = this.engine.translator.leave(info, undefined);
        lost = outcome.kind === 'failed';
        if (outcome.kind === 'translated' && info.family === 4) info.writeWord(info.start + 10, 0);
      }
    }
    if (!lost)
      passage.sent.push({ packet: decodePacket(info.bytes.slice()), interface: name, direction: 'out' });
    info.interface = own;
    info.out = out;
  }

  private isDefined({ list }: RouteTarget): boolean {
    return list === undefined || this.engine.translator.lists.has('ipf', list);
  }

  /** Where a `to` sends: its interface, or a node of a destination list, the same for all packets of a state. */
  private interfaceOf(passage: Passage, target: RouteTarget): string | undefined {
    if (target.list === undefined) return target.interface;
    const known = passage.state?.nextHops.get(target);
    if (known !== undefined) return known;
    const chosen = this.engine.translator.lists.select('ipf', target.list, passage.info)?.interface;
    if (chosen !== undefined) passage.state?.nextHops.set(target, chosen);
    return chosen;
  }
}
