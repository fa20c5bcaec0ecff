import { describe, expect, it } from 'vitest';
import { filterOf, natOf, TestGateway } from './gateway';

const CLIENT = '198.51.100.7:1511';
const SERVER = '203.0.113.1:1723';

/** A control message of RFC 2637, cut after the call ids. */
function message(kind: number): string {
  const words = [16, 1, 0x1a2b, 0x3c4d, kind, 0, 0x4000, 0x1331];
  return `payload 0x${words.map((word) => word.toString(16).padStart(4, '0')).join('')}`;
}

function gatewayWithTunnelTo(): TestGateway {
  return new TestGateway({
    filter: filterOf(
      'block in all',
      'pass in quick proto tcp from any to any port = 1723 keep state',
      'block out all',
    ),
    nat: natOf('rdr em0 203.0.113.1/32 port 1723 -> 10.0.0.5 port 1723 tcp proxy pptp'),
  });
}

function connect(gateway: TestGateway): void {
  gateway.in(`tcp ${CLIENT} > ${SERVER} S seq 100`);
  gateway.out(`tcp 10.0.0.5:1723 > ${CLIENT} SA seq 900 ack 101`);
}

describe('the pptp proxy', () => {
  it('lets the tunnel pass both ways once the call is answered', () => {
    const gateway = gatewayWithTunnelTo();
    connect(gateway);
    gateway.in(`tcp ${CLIENT} > ${SERVER} PA seq 101 ack 901 ${message(7)}`);
    expect(gateway.in('gre 198.51.100.7 > 203.0.113.1 len 16').verdict).toBe('block');
    gateway.out(`tcp 10.0.0.5:1723 > ${CLIENT} PA seq 901 ack 117 ${message(8)}`);
    expect(gateway.in('gre 198.51.100.7 > 203.0.113.1 len 16').verdict).toBe('pass');
    expect(gateway.out('gre 10.0.0.5 > 198.51.100.7 len 16').verdict).toBe('pass');
    expect(gateway.in('gre 198.51.100.8 > 203.0.113.1 len 16').verdict).toBe('block');
  });

  it('takes an answer without a request for nothing', () => {
    const gateway = gatewayWithTunnelTo();
    connect(gateway);
    gateway.out(`tcp 10.0.0.5:1723 > ${CLIENT} PA seq 901 ack 101 ${message(8)}`);
    expect(gateway.in('gre 198.51.100.7 > 203.0.113.1 len 16').verdict).toBe('block');
  });

  it('drops a packet that is bad', () => {
    const gateway = gatewayWithTunnelTo();
    const bad = gateway.in(`tcp ${CLIENT} > ${SERVER} SU seq 100`);
    expect([bad.verdict, bad.dropCode]).toEqual(['drop', 15]);
  });

  it('drops what comes before its turn', () => {
    const gateway = gatewayWithTunnelTo();
    connect(gateway);
    const early = gateway.in(`tcp ${CLIENT} > ${SERVER} PA seq 117 ack 901 ${message(7)}`);
    expect([early.verdict, early.dropCode]).toEqual(['drop', 15]);
  });
});
