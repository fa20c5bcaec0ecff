import { describe, expect, it } from 'vitest';
import { filterOf, natOf, TestGateway } from './gateway';

const CLIENT = '198.51.100.7:900';

function words(...values: readonly number[]): string {
  return `payload 0x${values.map((value) => value.toString(16).padStart(8, '0')).join('')}`;
}

/** Asks for the UDP port of NFS (program 100003, version 3). */
function request(id: number, procedure = 3): string {
  return words(id, 0, 2, 100000, 2, procedure, 0, 0, 0, 0, 100003, 3, 17, 0);
}

function reply(id: number, port: number): string {
  return words(id, 1, 0, 0, 0, 0, port);
}

function gatewayWithPortmapper(): TestGateway {
  return new TestGateway({
    filter: filterOf('block in all', 'pass in quick proto udp from any to any port = 111 keep state'),
    nat: natOf('rdr em0 203.0.113.1/32 port 111 -> 10.0.0.5 port 111 udp proxy rpcbu'),
  });
}

describe('the rpcbu proxy', () => {
  it('lets everybody who asked through to the port that the answer tells', () => {
    const gateway = gatewayWithPortmapper();
    gateway.in(`udp ${CLIENT} > 203.0.113.1:111 ${request(77)}`);
    expect(gateway.in(`udp ${CLIENT} > 203.0.113.1:2049 len 8`).verdict).toBe('block');
    const told = gateway.out(`udp 10.0.0.5:111 > ${CLIENT} ${reply(77, 2049)}`);
    expect([told.verdict, told.uncertain]).toEqual(['pass', undefined]);
    for (const port of [901, 902]) {
      const through = gateway.in(`udp 198.51.100.7:${port} > 203.0.113.1:2049 len 8`);
      expect(through.verdict).toBe('pass');
      expect(through.packet.bytes.slice(16, 20)).toEqual(Uint8Array.of(10, 0, 0, 5));
    }
    expect(gateway.in('udp 198.51.100.8:901 > 203.0.113.1:2049 len 8').verdict).toBe('block');
  });

  it('drops other requests, and answers that nobody asked for', () => {
    const gateway = gatewayWithPortmapper();
    const dump = gateway.in(`udp ${CLIENT} > 203.0.113.1:111 ${request(77, 4)}`);
    expect([dump.verdict, dump.dropCode]).toEqual(['drop', 15]);
    gateway.in(`udp ${CLIENT} > 203.0.113.1:111 ${request(77)}`);
    expect(gateway.out(`udp 10.0.0.5:111 > ${CLIENT} ${reply(78, 2049)}`).verdict).toBe('drop');
  });

  it('expects nothing when the service is not registered', () => {
    const gateway = gatewayWithPortmapper();
    gateway.in(`udp ${CLIENT} > 203.0.113.1:111 ${request(77)}`);
    expect(gateway.out(`udp 10.0.0.5:111 > ${CLIENT} ${reply(77, 0)}`).verdict).toBe('pass');
    expect(gateway.in(`udp ${CLIENT} > 203.0.113.1:2049 len 8`).verdict).toBe('block');
  });
});
