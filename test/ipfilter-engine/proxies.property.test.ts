import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePacket } from '../../server/src/packet/decode';
import { MODELLED_PROXIES } from '../../server/src/policy/nat';
import { filterOf, natOf, packet, TestGateway } from './gateway';
import { payload } from './proxyHarness';

/** Pieces of what proxies read, and anything between. */
const data = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'USER me',
        'PASS x',
        'PORT ',
        'EPRT |1|',
        '10,0,0,1,',
        '227 Entering Passive Mode (',
        '229 ',
      ),
      fc.constantFrom(
        'PASV\r\n',
        'EPSV\r\n',
        '230 ok\r\n',
        '331 \r\n',
        '\r\n',
        '220-',
        '1008\0',
        '|',
        ')',
        '4,1',
      ),
      fc.string({ maxLength: 12, unit: 'binary-ascii' }),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(''));

const RULES: Readonly<Record<string, string>> = {
  ftp: 'map em0 10.0.0.0/8 -> 203.0.113.9/32 proxy port 21 ftp/tcp',
  rcmd: 'map em0 10.0.0.0/8 -> 203.0.113.9/32 proxy port 21 rcmd/tcp',
  pptp: 'map em0 10.0.0.0/8 -> 203.0.113.9/32 proxy port 21 pptp/tcp',
  rpcbu: 'rdr em0 203.0.113.9/32 port 111 -> 10.0.0.1 port 111 udp proxy rpcbu',
};

describe('proxies', () => {
  it.each([...MODELLED_PROXIES])('%s takes anything, and what passes is a whole packet', (proxy) => {
    const filter = filterOf('pass in all', 'pass out all keep state');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), data), { maxLength: 8 }), (segments) => {
        const gateway = new TestGateway({ filter, nat: natOf(RULES[proxy]!) });
        const sent = { client: 101, server: 901 };
        gateway.out('tcp 10.0.0.1:4000 > 198.51.100.7:21 S seq 100');
        gateway.in('tcp 198.51.100.7:21 > 203.0.113.9:4000 SA seq 900 ack 101');
        for (const [fromServer, text] of segments) {
          const words = text === '' ? '' : payload(text);
          const { client, server } = sent;
          const result =
            proxy === 'rpcbu'
              ? fromServer
                ? gateway.out(`udp 10.0.0.1:111 > 198.51.100.7:900 ${words}`)
                : gateway.in(`udp 198.51.100.7:900 > 203.0.113.9:111 ${words}`)
              : fromServer
                ? gateway.in(`tcp 198.51.100.7:21 > 203.0.113.9:4000 PA seq ${server} ack ${client} ${words}`)
                : gateway.out(`tcp 10.0.0.1:4000 > 198.51.100.7:21 PA seq ${client} ack ${server} ${words}`);
          if (fromServer) sent.server += text.length;
          else sent.client += text.length;
          const { bytes } = result.packet;
          expect(decodePacket(bytes).bytes.length).toBe((bytes[2]! << 8) | bytes[3]!);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('has a rule here for every one that is said to be modelled', () => {
    expect(Object.keys(RULES).sort()).toEqual([...MODELLED_PROXIES].sort());
    for (const rule of Object.values(RULES)) {
      const { uncertain } = new TestGateway({ nat: natOf(rule) }).engine.natOut(
        packet('tcp 10.0.0.1:4000 > 198.51.100.7:21 S'),
        { interface: 'em0', direction: 'out' },
      );
      expect(uncertain).toBeUndefined();
    }
  });
});
