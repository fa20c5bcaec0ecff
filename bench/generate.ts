/** A big ipf.conf as a site that lists addresses has it: groups per interface, single hosts, ports, comments. */
export function generateIpfConf(lineCount: number): string {
  const lines = [
    '# packet: web: in on fxp0 tcp 10.1.0.5:40000 > 198.51.100.7:80 S',
    'block in on fxp0 all head 100',
    'pass out quick on fxp1 proto tcp all flags S keep state',
  ];
  const random = generator(2001);
  // An odd factor permutes the numbers below 2^24: every line has an address of its own, as ipf refuses twins.
  const address = () => {
    const host = Math.imul(lines.length, 40503) & 0xffffff;
    return `${11 + (random() % 180)}.${host >>> 16}.${(host >>> 8) & 255}.${host & 255}`;
  };
  while (lines.length < lineCount - 1) {
    const kind = random() % 10;
    const port = 1 + (random() % 65535);
    if (kind === 0) lines.push(`# host ${lines.length}`);
    else if (kind < 4) lines.push(`block in quick on fxp0 from ${address()} to any group 100`);
    else if (kind < 7)
      lines.push(
        `pass in on fxp0 proto tcp from ${address()} to any port = ${port} flags S keep state group 100`,
      );
    else if (kind < 9)
      lines.push(
        `block return-icmp(port-unr) in log quick on fxp1 proto udp from any to ${address()} port = ${port}`,
      );
    else lines.push(`pass out quick on fxp1 proto icmp from ${address()} to any icmp-type echo keep state`);
  }
  lines.push(
    'pass in quick on fxp0 proto tcp from 10.1.0.0/24 to any port = 80 flags S keep state group 100',
  );
  return `${lines.join('\n')}\n`;
}

/** Translations of single hosts in the three usual forms. */
export function generateIpnatConf(lineCount: number): string {
  return numberedLines(lineCount, (i, address) => {
    switch (i % 3) {
      case 0:
        return `map fxp0 ${address}/32 -> 192.0.2.${i % 250}/32 portmap tcp/udp 10000:20000`;
      case 1:
        return `rdr fxp0 192.0.2.${i % 250}/32 port ${1 + (i % 60000)} -> ${address} port 80 tcp`;
      default:
        return `map fxp0 from ${address}/32 to any port = ${1 + (i % 60000)} -> 192.0.2.1/32`;
    }
  });
}

/** One tunnel with a policy for each of very many hosts. */
export function generateSetkeyConf(lineCount: number): string {
  return numberedLines(
    lineCount,
    (_, address) =>
      `spdadd 10.1.0.0/24 ${address}/32 any -P out ipsec esp/tunnel/192.0.2.1-203.0.113.1/require;`,
  );
}

function numberedLines(count: number, write: (i: number, address: string) => string): string {
  const lines = Array.from({ length: count }, (_, i) =>
    write(i, `10.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}`),
  );
  return `${lines.join('\n')}\n`;
}

/** A linear congruential generator with a fixed seed: every run measures the same file. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
}
