/** A small network with a file of every language, for tests of what goes across files. */
export const folder = 'file:///site';
export const uris = {
  network: `${folder}/gatewalk.yaml`,
  ipf: `${folder}/A/ipf.conf`,
  ipnat: `${folder}/A/ipnat.conf`,
  ippool: `${folder}/A/ippool.conf`,
  ipsec: `${folder}/A/ipsec.conf`,
} as const;

export const texts: Readonly<Record<keyof typeof uris, string>> = {
  network: [
    'networks:',
    '  inside: 10.1.0.0/24',
    '  Z: internet',
    'gateways:',
    '  A:',
    '    platform: netbsd',
    '    interfaces:',
    '      fxp0: 10.1.0.1/24',
    '      fxp1: { address: 192.0.2.1/24, network: Z }',
    '    routes:',
    '      default: 192.0.2.254',
    '    policy: [A/ipf.conf, A/ipnat.conf, A/ippool.conf, A/ipsec.conf]',
    'hosts:',
    '  client: 10.1.0.10',
    'packets:',
    '  web: tcp 10.1.0.10:40000 > 198.51.100.7:80 S',
    '  from-outside: in on fxp1 tcp 198.51.100.9:40000 > 192.0.2.1:22 S',
    'expect:',
    '  - packet: web',
    '    delivered to: Z',
    '',
  ].join('\n'),
  ipf: [
    'block in on fxp1 all head 100',
    'pass in quick on fxp1 proto tcp from pool/friends to any port = 22 flags S keep state group 100',
    'pass out quick on fxp1 proto tcp from any to any flags S keep state',
    'pass in quick on fxp0 from {10.1.0.10,10.1.0.11} to any',
    'block out   all',
    '',
  ].join('\n'),
  ipnat: 'map fxp1 10.1.0.0/24 -> 0/32 portmap tcp/udp 10000:20000\n',
  ippool: 'table role = ipf type = tree name = friends\n\t{ 198.51.100.0/24; };\n',
  ipsec: 'spdadd 10.1.0.0/24 10.9.0.0/24 any -P out ipsec esp/tunnel/192.0.2.1-203.0.113.1/require;\n',
};

export const files: ReadonlyMap<string, string> = new Map(
  Object.entries(uris).map(([name, uri]) => [uri, texts[name as keyof typeof uris]]),
);

/** Line and character of the first `words` in a text, `by` characters further. */
export function at(name: keyof typeof uris, words: string, by = 0): { line: number; character: number } {
  const offset = texts[name].indexOf(words);
  if (offset < 0) throw new Error(`${name} does not hold “${words}”`);
  const before = texts[name].slice(0, offset + by).split('\n');
  return { line: before.length - 1, character: before.at(-1)!.length };
}
