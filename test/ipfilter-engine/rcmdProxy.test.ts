import { describe, expect, it } from 'vitest';
import { filterOf, natOf, TestGateway } from './gateway';
import { payload } from './proxyHarness';

function connected(rule: string): TestGateway {
  const gateway = new TestGateway({
    filter: filterOf(
      'block in all',
      'pass out quick proto tcp from any to any port = 514 flags S keep state',
      'block out all',
    ),
    nat: natOf(rule),
  });
  gateway.out('tcp 10.0.0.1:1009 > 198.51.100.7:514 S seq 100');
  gateway.in('tcp 198.51.100.7:514 > 203.0.113.9:1009 SA seq 900 ack 101');
  return gateway;
}

const RULE = 'map em0 10.0.0.0/8 -> 203.0.113.9/32 proxy port shell rcmd/tcp';
const FROM_CLIENT = 'tcp 10.0.0.1:1009 > 198.51.100.7:514 PA ack 901';
const BACK = 'tcp 198.51.100.7:1023 > 203.0.113.9:1008 S seq 1';

describe('the rcmd proxy', () => {
  it('lets the server connect to the port for errors that the client names', () => {
    const gateway = connected(RULE);
    expect(gateway.in(BACK).verdict).toBe('block');
    const named = gateway.out(`${FROM_CLIENT} seq 101 ${payload('1008\0')}`);
    expect([named.verdict, named.uncertain]).toEqual(['pass', undefined]);
    const back = gateway.in(BACK);
    expect(back.verdict).toBe('pass');
    expect(back.packet.bytes.slice(16, 20)).toEqual(Uint8Array.of(10, 0, 0, 1));
    expect(gateway.out('tcp 10.0.0.1:1008 > 198.51.100.7:1023 SA seq 7 ack 2').verdict).toBe('pass');
  });

  it('looks only at the first number', () => {
    const gateway = connected(RULE);
    gateway.out(`${FROM_CLIENT} seq 101 ${payload('1007\0')}`);
    gateway.out(`${FROM_CLIENT} seq 106 ${payload('1008\0')}`);
    expect(gateway.in(BACK).verdict).toBe('block');
  });
});
