/**
 * IPFilter's engine: how long rules take to load, and how many packets a second pass rules that almost never
 * match. Beside them stand the figures of the C engine on the same class of machine, one thread (a linear scan):
 * 1,000 rules 29 ms to load and 57,600 packets/s, 10,000 rules 0.89 s and 6,700 packets/s.
 */
import { dialects } from '../server/src/dialects';
import { buildPacket } from '../server/src/packet/build';
import type { Packet } from '../server/src/packet/packet';
import { address4 } from '../server/src/policy/address';
import type { FilterProgram } from '../server/src/policy/filter';
import { createIpfilterEngine } from '../server/src/simulator/ipfilter/engine';
import { type Measured, measure } from './measure';
import { report } from './report';

const ipf = dialects.find((d) => d.id === 'ipf')!;

/** Last-match rules for addresses that the packets do not have, between a first and a last that decide. */
function rules(count: number): string {
  const lines = ['block in all'];
  for (let i = 2; i < count; i++) {
    const net = `172.${16 + ((i >> 8) & 15)}.${i & 255}`;
    const port = 1024 + (i % 60000);
    lines.push(
      i % 3 === 0
        ? `pass in on fxp0 proto tcp from ${net}.0/24 to any port = ${port}`
        : i % 3 === 1
          ? `block in on fxp0 proto udp from any to ${net}.${i % 250}/32`
          : `block in on fxp0 from ${net}.${i % 250}/32 to any`,
    );
  }
  lines.push('pass in on fxp0 proto tcp from 10.0.0.0/8 to any port = 80');
  return `${lines.join('\n')}\n`;
}

function load(text: string): FilterProgram {
  return ipf.lower(ipf.parse(text), { file: 'ipf.conf' }).policy.filter!;
}

const packets: readonly Packet[] = Array.from({ length: 1000 }, (_, i) =>
  buildPacket({
    source: address4(0x0a000000 + i * 257),
    destination: address4(0xc6336400 + (i % 200)),
    protocol: i % 2 === 0 ? 6 : 17,
    sourcePort: 1024 + i,
    destinationPort: i % 4 === 0 ? 80 : 53,
    ...(i % 2 === 0 ? { tcpFlags: 2 } : {}),
  }),
);

const hook = { interface: 'fxp0', direction: 'in' } as const;
const results: Measured[] = [];
const rates: Record<string, number> = {};
for (const [count, wanted] of [
  [10, undefined],
  [1000, 500_000],
  [10_000, 60_000],
] as const) {
  const text = rules(count);
  results.push(
    await measure(
      `load ${count} rules`,
      { runs: 9, ...(count === 10_000 ? { targetMilliseconds: 300 } : {}) },
      () => `${text}# ${Math.random()}\n`,
      (fresh) => createIpfilterEngine({ filter: load(fresh) }).filter(packets[0]!, hook),
    ),
  );
  const engine = createIpfilterEngine({ filter: load(text) });
  const times = await measure(
    `1,000 packets through ${count} rules`,
    {
      runs: 60,
      warmUp: 20,
      ...(wanted === undefined ? {} : { targetMilliseconds: Math.round(1_000_000 / wanted) }),
    },
    () => packets,
    (all) => {
      for (const packet of all) engine.filter(packet, hook);
    },
  );
  results.push(times);
  rates[`${count} rules`] = Math.round(1_000_000 / times.medianMilliseconds);
}
for (const [name, rate] of Object.entries(rates))
  console.log(`${name.padEnd(48)} ${rate.toLocaleString('en')} packets/s`);
report('engine', results, {
  packetsPerSecond: rates,
  cEngine: { '1000 rules': 57_600, '10000 rules': 6_700 },
});
