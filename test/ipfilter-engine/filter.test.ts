import { describe, expect, it } from 'vitest';
import { filterOf, sentence, TestGateway } from './gateway';

const SYN = 'tcp 10.0.0.1:4000 > 198.51.100.7:80 S seq 100';

describe('rules decide', () => {
  it('the last one that matches, unless one is quick', () => {
    const last = new TestGateway({ filter: filterOf('block in all', 'pass in proto tcp all') });
    expect(last.in(SYN).verdict).toBe('pass');
    const quick = new TestGateway({ filter: filterOf('block in quick all', 'pass in proto tcp all') });
    expect(quick.in(SYN).verdict).toBe('block');
  });

  it('and when none matches, the default passes', () => {
    const gateway = new TestGateway({ filter: filterOf('block in proto udp all') });
    const result = gateway.in(SYN);
    expect(result.verdict).toBe('pass');
    expect(result.origins).toEqual([]);
    expect(sentence(result)).toBe('No rule matched; the default is to pass.');
  });

  it('a group replaces what its head said, the lack of quick included', () => {
    const gateway = new TestGateway({
      filter: filterOf('block in quick all head 7', 'pass in proto tcp all group 7', 'block in all'),
    });
    // The group's rule is not quick, so the list goes on and its last rule decides.
    expect(gateway.in(SYN).verdict).toBe('block');
    const alone = new TestGateway({
      filter: filterOf('block in quick all head 7', 'pass in quick proto tcp all group 7', 'block in all'),
    });
    expect(alone.in(SYN).verdict).toBe('pass');
    expect(alone.in('udp 10.0.0.1:5 > 198.51.100.7:6').verdict).toBe('block');
  });

  it('skip 0 leaves out none, and decides nothing', () => {
    const gateway = new TestGateway({ filter: filterOf('pass in all', 'skip 0 in all') });
    expect(gateway.in(SYN).verdict).toBe('pass');
  });

  it('skip leaves out the next rules', () => {
    const rules = ['pass in all', 'skip 1 in proto tcp all', 'block in all'];
    const gateway = new TestGateway({ filter: filterOf(...rules) });
    expect(gateway.in(SYN).verdict).toBe('pass');
    expect(gateway.in('udp 10.0.0.1:5 > 198.51.100.7:6').verdict).toBe('block');
  });

  it('and the deciding rule is named first, with what the sender gets', () => {
    const gateway = new TestGateway({
      filter: filterOf('block in all', 'block return-rst in quick proto tcp all'),
    });
    const result = gateway.in(SYN);
    expect(result.answer?.kind).toBe('rst');
    expect(result.origins[0]?.start).toBe('block in all\n'.length);
  });
});

describe('state', () => {
  const RULES = ['block in all', 'pass out quick proto tcp all flags S keep state', 'block out all'];

  it('lets answers in that are in the window, and no others', () => {
    const gateway = new TestGateway({ filter: filterOf(...RULES) });
    expect(gateway.in('tcp 198.51.100.7:80 > 10.0.0.1:4000 SA seq 900 ack 101').verdict).toBe('block');
    expect(gateway.out(SYN).verdict).toBe('pass');
    const answer = gateway.in('tcp 198.51.100.7:80 > 10.0.0.1:4000 SA seq 900 ack 101');
    expect(answer.verdict).toBe('pass');
    expect(answer.entry).toContain('198.51.100.7');
    expect(gateway.in('tcp 198.51.100.7:80 > 10.0.0.1:4000 A seq 5000000 ack 101').verdict).toBe('block');
    expect(gateway.in('tcp 198.51.100.7:81 > 10.0.0.1:4000 A seq 901 ack 101').verdict).toBe('block');
  });

  it('lets ICMP errors in about its packets only', () => {
    const gateway = new TestGateway({ filter: filterOf(...RULES) });
    gateway.out(SYN);
    const about = (line: string) => `icmp 192.0.2.9 > 10.0.0.1 unreachable/3 { ${line} }`;
    expect(gateway.in(about(SYN)).verdict).toBe('pass');
    expect(gateway.in(about('tcp 10.0.0.1:4001 > 198.51.100.7:80 S seq 100')).verdict).toBe('block');
  });

  it('blocks what its rule would pass when the table is full', () => {
    const gateway = new TestGateway({
      filter: filterOf('pass out proto udp all keep state'),
      tunables: { stateMaximum: 1 },
    });
    expect(gateway.out('udp 10.0.0.1:1000 > 198.51.100.7:53').verdict).toBe('pass');
    const refused = gateway.out('udp 10.0.0.2:1000 > 198.51.100.7:53');
    expect(refused.verdict).toBe('drop');
    expect(refused.dropCode).toBe(5);
    expect(sentence(refused)).toContain('the state table is full');
  });
});

describe('state options', () => {
  it('newisn: what the numbers become is not known, and said', () => {
    const gateway = new TestGateway({ filter: filterOf('pass out quick proto tcp all keep state (newisn)') });
    expect(gateway.out(SYN).uncertain).toBe(
      'not modelled: the sequence numbers that `newisn` gives the connection',
    );
    const plain = new TestGateway({ filter: filterOf('pass out quick proto tcp all keep state') });
    expect(plain.out(SYN).uncertain).toBeUndefined();
  });

  it('newisn: an arriving packet that begins the connection is not changed', () => {
    const gateway = new TestGateway({ filter: filterOf('pass in quick proto tcp all keep state (newisn)') });
    expect(gateway.in(SYN).uncertain).toBeUndefined();
    expect(gateway.out('tcp 198.51.100.7:80 > 10.0.0.1:4000 SA seq 900 ack 101').uncertain).toContain(
      'newisn',
    );
  });

  it('log first: a second state of the same flow is made where one is met by another way', () => {
    const rule = (log: string) => filterOf('block out all', `pass out ${log}quick proto udp all keep state`);
    const twice = (log: string) => {
      const gateway = new TestGateway({ filter: rule(log) });
      const line = 'udp 10.0.0.1:1000 > 198.51.100.7:53';
      return [gateway.out(line, 'em0').verdict, gateway.out(line, 'em1').verdict];
    };
    expect(twice('')).toEqual(['pass', 'block']);
    expect(twice('log first ')).toEqual(['pass', 'pass']);
  });

  it('a packet in the queue for authentication makes none', () => {
    const gateway = new TestGateway({
      filter: filterOf('block out all', 'auth in quick proto udp all keep state'),
    });
    const asked = gateway.in('udp 198.51.100.7:53 > 10.0.0.1:1000');
    expect([asked.decision.action, asked.dropCode]).toEqual(['auth', 9]);
    expect(gateway.out('udp 10.0.0.1:1000 > 198.51.100.7:53').verdict).toBe('block');
  });
});

describe('packets as IPFilter reads them', () => {
  it('a fragment too short for its header is short, a later one has no ports', () => {
    const gateway = new TestGateway({
      filter: filterOf(
        'pass in all',
        'block in quick all with short',
        'block in proto udp from any to any port = 53',
      ),
    });
    expect(gateway.in('udp 10.0.0.1:9 > 10.0.0.2:53').verdict).toBe('block');
    expect(gateway.in('udp 10.0.0.1 > 10.0.0.2 frag 1480 len 100').verdict).toBe('pass');
    expect(gateway.in('tcp 10.0.0.1 > 10.0.0.2 frag 8 len 40').verdict).toBe('block');
  });

  it('later fragments follow the first with keep frags', () => {
    const gateway = new TestGateway({
      filter: filterOf('block in all', 'pass in quick proto udp from any to any port = 53 keep frags'),
    });
    const body = 'udp 10.0.0.1 > 10.0.0.2 id 77 frag 1480 len 100';
    expect(gateway.in(body).verdict).toBe('block');
    expect(gateway.in('udp 10.0.0.1:9 > 10.0.0.2:53 id 77 mf len 1472').verdict).toBe('pass');
    expect(gateway.in(body).verdict).toBe('pass');
    expect(gateway.in('udp 10.0.0.1 > 10.0.0.2 id 78 frag 1480 len 100').verdict).toBe('block');
  });
});

describe('what is not modelled', () => {
  it('is said when it could change the verdict', () => {
    const filter = filterOf('block in all', 'pass in from pool/7 to any');
    const result = new TestGateway({ filter }).in(SYN);
    expect(result.uncertain).toContain('pool/7 is not defined');
    expect(sentence(result)).toContain('Uncertain');
  });

  it('and is not said when every outcome is the same', () => {
    const filter = filterOf('block in all', 'block in from pool/7 to any');
    expect(new TestGateway({ filter }).in(SYN).uncertain).toBeUndefined();
  });
});
