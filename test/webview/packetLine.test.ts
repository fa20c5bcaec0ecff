import { describe, expect, it } from 'vitest';
import { composePacketLine, emptyPacket, splitPacketLine } from '../../webview/src/packetLine';

describe('the form and the one-line notation', () => {
  it.each([
    'out on fxp0 tcp 10.1.0.5:40000 > 198.51.100.7:80 S',
    'icmp 10.1.0.5 > 10.2.0.1 echo',
    'udp [2001:db8::1]:53 > [2001:db8::2]:4000',
    'udp 2001:db8::1 > 2001:db8::2',
    'esp 192.0.2.1 > 192.0.2.2 spi 0x2710 seq 1',
    'in on fxp1 udp 10.1.0.5 > 10.2.0.1 frag 1480 len 100',
  ])('say the same: %s', (line) => {
    const fields = splitPacketLine(line);
    expect(fields && composePacketLine(fields)).toBe(line);
  });

  it('take a line apart', () => {
    expect(splitPacketLine('web: out on fxp0 tcp [2001:db8::1]:40000 > 198.51.100.7:80 S seq 7')).toEqual({
      direction: 'out',
      interface: 'fxp0',
      protocol: 'tcp',
      source: '2001:db8::1',
      sourcePort: '40000',
      destination: '198.51.100.7',
      destinationPort: '80',
      words: 'S seq 7',
    });
  });

  it('leave a packet in braces to the line', () => {
    expect(
      splitPacketLine('ipencap 192.0.2.1 > 192.0.2.2 { tcp 10.1.0.5:4 > 10.2.0.1:80 S }'),
    ).toBeUndefined();
  });

  it('leave a half-typed line alone', () => {
    expect(splitPacketLine('tcp 10.1.0.5:40000')).toBeUndefined();
  });

  it('write ports only where the protocol has them', () => {
    const fields = { ...emptyPacket, source: '10.1.0.5', sourcePort: '7', destination: '10.2.0.1' };
    expect(composePacketLine({ ...fields, protocol: 'udp' })).toBe('udp 10.1.0.5:7 > 10.2.0.1');
    expect(composePacketLine({ ...fields, protocol: 'icmp' })).toBe('icmp 10.1.0.5 > 10.2.0.1');
  });
});
