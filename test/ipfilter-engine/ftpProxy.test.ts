import { describe, expect, it } from 'vitest';
import { filterOf, natOf, packet, sentence, TestGateway } from './gateway';
import { carried, checksumErrors, numbers, payload } from './proxyHarness';

const CLIENT = '10.0.0.1:4000';
const SERVER = '198.51.100.7:21';
const OUTSIDE = '203.0.113.9:4000';

/** A client inside, logged in: its next byte is 125, the server's 956. */
function loggedIn(): TestGateway {
  const gateway = new TestGateway({
    filter: filterOf(
      'block in all',
      'pass out quick proto tcp from any to any port = 21 flags S keep state',
      'block out all',
    ),
    nat: natOf('map em0 10.0.0.0/8 -> 203.0.113.9/32 proxy port ftp ftp/tcp'),
  });
  gateway.out(`tcp ${CLIENT} > ${SERVER} S seq 100`);
  gateway.in(`tcp ${SERVER} > ${OUTSIDE} SA seq 900 ack 101`);
  gateway.out(`tcp ${CLIENT} > ${SERVER} A seq 101 ack 901`);
  gateway.in(`tcp ${SERVER} > ${OUTSIDE} PA seq 901 ack 101 ${payload('220 Hello.\r\n')}`);
  gateway.out(`tcp ${CLIENT} > ${SERVER} PA seq 101 ack 913 ${payload('USER me\r\n')}`);
  gateway.in(`tcp ${SERVER} > ${OUTSIDE} PA seq 913 ack 110 ${payload('331 Password?\r\n')}`);
  gateway.out(`tcp ${CLIENT} > ${SERVER} PA seq 110 ack 928 ${payload('PASS secret!!\r\n')}`);
  gateway.in(`tcp ${SERVER} > ${OUTSIDE} PA seq 928 ack 125 ${payload('230 You are logged in now.\r\n')}`);
  return gateway;
}

function say(gateway: TestGateway, line: string, seq = 125, ack = 956) {
  return gateway.out(`tcp ${CLIENT} > ${SERVER} PA seq ${seq} ack ${ack} ${payload(line)}`);
}

function answer(gateway: TestGateway, line: string, seq = 956, ack = 125) {
  return gateway.in(`tcp ${SERVER} > ${OUTSIDE} PA seq ${seq} ack ${ack} ${payload(line)}`);
}

describe('the ftp proxy', () => {
  it('writes the outside address into PORT, and lets the server connect', () => {
    const gateway = loggedIn();
    const port = say(gateway, 'PORT 10,0,0,1,15,161\r\n');
    expect(carried(port)).toBe('PORT 203,0,113,9,15,161\r\n');
    expect(checksumErrors(port)).toBe(0);
    expect(port.uncertain).toBeUndefined();
    const data = gateway.in('tcp 198.51.100.7:20 > 203.0.113.9:4001 S seq 1');
    expect(data.verdict).toBe('pass');
    expect(data.packet.bytes.slice(16, 20)).toEqual(Uint8Array.of(10, 0, 0, 1));
    expect(gateway.out('tcp 10.0.0.1:4001 > 198.51.100.7:20 SA seq 7 ack 2').verdict).toBe('pass');
    // One connection was announced, from any port, and it has come.
    expect(gateway.in('tcp 198.51.100.7:30 > 203.0.113.9:4001 S seq 1').verdict).toBe('block');
  });

  it('moves the numbers of later segments by what the line grew', () => {
    const gateway = loggedIn();
    say(gateway, 'PORT 10,0,0,1,15,161\r\n');
    const later = say(gateway, 'NLST\r\n', 147);
    expect(numbers(later)).toEqual([150, 956]);
    expect(checksumErrors(later)).toBe(0);
    const acknowledged = answer(gateway, '200 Good.\r\n', 956, 156);
    expect(numbers(acknowledged)).toEqual([956, 153]);
    expect(checksumErrors(acknowledged)).toBe(0);
  });

  it('says in its trace what it wrote and expects', () => {
    const gateway = loggedIn();
    say(gateway, 'NOOP\r\n');
    const line = `tcp ${CLIENT} > ${SERVER} PA seq 131 ack 956 ${payload('PORT 10,0,0,1,15,161\r\n')}`;
    const translated = gateway.engine.natOut(packet(line), { interface: 'em0', direction: 'out' });
    expect(sentence(translated)).toContain(
      'The ftp proxy writes `PORT 203,0,113,9,15,161` into the segment and expects the server to connect to port 4001.',
    );
  });

  it('expects nothing before the login', () => {
    const gateway = new TestGateway({
      filter: filterOf('block in all', 'pass out quick proto tcp all flags S keep state'),
      nat: natOf('map em0 10.0.0.0/8 -> 203.0.113.9/32 proxy port ftp ftp/tcp'),
    });
    gateway.out(`tcp ${CLIENT} > ${SERVER} S seq 100`);
    gateway.in(`tcp ${SERVER} > ${OUTSIDE} SA seq 900 ack 101`);
    const port = say(gateway, 'PORT 10,0,0,1,15,161\r\n', 101, 901);
    expect(carried(port)).toBe('PORT 10,0,0,1,15,161\r\n');
    expect(gateway.in('tcp 198.51.100.7:20 > 203.0.113.9:4001 S seq 1').verdict).toBe('block');
  });

  it('leaves a PORT with the address of another host as it is', () => {
    const gateway = loggedIn();
    const port = say(gateway, 'PORT 10,0,0,2,15,161\r\n');
    expect([port.verdict, carried(port)]).toEqual(['pass', 'PORT 10,0,0,2,15,161\r\n']);
    expect(gateway.in('tcp 198.51.100.7:20 > 203.0.113.9:4001 S seq 1').verdict).toBe('block');
  });

  it("rewrites a PORT of the system's, and expects nothing and moves no numbers", () => {
    const gateway = loggedIn();
    const port = say(gateway, 'PORT 10,0,0,1,3,255\r\n');
    expect(carried(port)).toBe('PORT 203,0,113,9,3,255\r\n');
    expect(gateway.in('tcp 198.51.100.7:20 > 203.0.113.9:1023 S seq 1').verdict).toBe('block');
    expect(numbers(say(gateway, 'NLST\r\n', 146))).toEqual([146, 956]);
  });

  it('expects a connection once when PORT is sent again', () => {
    const gateway = loggedIn();
    const first = say(gateway, 'PORT 10,0,0,1,15,161\r\n');
    const sessions = gateway.engine.translator.sessions.sessions.length;
    const again = say(gateway, 'PORT 10,0,0,1,15,161\r\n');
    expect([carried(again), numbers(again)]).toEqual([carried(first), numbers(first)]);
    expect(gateway.engine.translator.sessions.sessions).toHaveLength(sessions);
  });

  it('reads EPRT', () => {
    const gateway = loggedIn();
    const port = say(gateway, 'EPRT |1|10.0.0.1|4001|\r\n');
    expect(carried(port)).toBe('EPRT |1|203.0.113.9|4001|\r\n');
    expect(gateway.in('tcp 198.51.100.7:20 > 203.0.113.9:4001 S seq 1').verdict).toBe('pass');
  });

  it('lets the client connect where the answer to PASV says', () => {
    const gateway = loggedIn();
    say(gateway, 'PASV\r\n');
    answer(gateway, '227 Entering Passive Mode (198,51,100,7,15,162)\r\n', 956, 131);
    expect(gateway.out('tcp 10.0.0.1:4001 > 198.51.100.7:4003 S seq 1').verdict).toBe('block');
    const data = gateway.out('tcp 10.0.0.1:4001 > 198.51.100.7:4002 S seq 1');
    expect(data.verdict).toBe('pass');
    expect(data.packet.bytes.slice(12, 16)).toEqual(Uint8Array.of(203, 0, 113, 9));
  });

  it('drops data that leaves a gap', () => {
    const gateway = loggedIn();
    const early = say(gateway, 'NLST\r\n', 130);
    expect([early.verdict, early.dropCode]).toEqual(['drop', 15]);
    expect(sentence(early)).toBe(
      'The ftp proxy of map em0 10.0.0.0/8 -> 203.0.113.9/32 proxy port 21 ftp/tcp drops the packet: ' +
        'its data does not follow on what came before.',
    );
  });

  it('gives up the connection before when the next is announced', () => {
    const gateway = loggedIn();
    say(gateway, 'PORT 10,0,0,1,15,161\r\n');
    gateway.in('tcp 198.51.100.7:20 > 203.0.113.9:4001 S seq 1');
    say(gateway, 'PORT 10,0,0,1,15,162\r\n', 147);
    const reply = gateway.out('tcp 10.0.0.1:4001 > 198.51.100.7:20 SA seq 7 ack 2');
    expect(reply.verdict).toBe('pass');
    expect(reply.uncertain).toBe(
      'not modelled: when this state goes, which its proxy has given up for a newer connection',
    );
  });
});

describe('the ftp proxy of a redirection', () => {
  it('writes the outside address into the answer to PASV', () => {
    const gateway = new TestGateway({
      nat: natOf('rdr em0 203.0.113.1/32 port 21 -> 10.0.0.5 port 21 tcp proxy ftp'),
    });
    const client = '198.51.100.7:4000';
    const inside = '10.0.0.5:21';
    gateway.in(`tcp ${client} > 203.0.113.1:21 S seq 100`);
    gateway.out(`tcp ${inside} > ${client} SA seq 900 ack 101`);
    gateway.in(`tcp ${client} > 203.0.113.1:21 PA seq 101 ack 901 ${payload('USER me\r\n')}`);
    gateway.out(`tcp ${inside} > ${client} PA seq 901 ack 110 ${payload('230 Come in.\r\n')}`);
    gateway.in(`tcp ${client} > 203.0.113.1:21 PA seq 110 ack 915 ${payload('PASV\r\n')}`);
    const reply = gateway.out(
      `tcp ${inside} > ${client} PA seq 915 ack 116 ${payload('227 Entering Passive Mode (10,0,0,5,15,162)\r\n')}`,
    );
    expect(carried(reply)).toBe('227 Entering Passive Mode (203,0,113,1,15,162)\r\n');
    expect(checksumErrors(reply)).toBe(0);
    const data = gateway.in('tcp 198.51.100.7:4001 > 203.0.113.1:4002 S seq 1');
    expect(data.packet.bytes.slice(16, 20)).toEqual(Uint8Array.of(10, 0, 0, 5));
  });
});
