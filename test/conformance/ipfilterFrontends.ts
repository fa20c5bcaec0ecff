import { runIpf } from '../../server/src/frontends/ipf';
import { runIpftest } from '../../server/src/frontends/ipftest';
import { runIpmon } from '../../server/src/frontends/ipmon';
import { runIpnat } from '../../server/src/frontends/ipnat';
import { runIppool } from '../../server/src/frontends/ippool';
import type { SuiteFrontends } from './ipfilterSuite';

export const ipfilterFrontends: SuiteFrontends = {
  ipf: runIpf,
  ipnat: runIpnat,
  ippool: runIppool,
  ipftest: runIpftest,
  ipmon: runIpmon,
};
