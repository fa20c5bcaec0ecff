/** Which table of ippool.conf a rule means, and what becomes of rules that name one which is not there. */
import { describe, expect, it } from 'vitest';
import { ippoolDialect } from '../../server/src/dialects/ippool';
import { runIpftest } from '../../server/src/frontends/ipftest';
import { summarizePacket } from '../../server/src/packet/decode';
import { formatAddress } from '../../server/src/policy/address';
import type { AddressPool } from '../../server/src/policy/policy';
import { filterOf, natOf, sentence, TestGateway } from './gateway';

const SYN = 'tcp 10.0.0.1:4000 > 198.51.100.7:80 S seq 100';

function poolsOf(...lines: readonly string[]): readonly AddressPool[] {
  return ippoolDialect.lower(ippoolDialect.parse(`${lines.join('\n')}\n`), { file: 'ippool.conf' }).policy
    .pools!;
}

function verdict(rule: string, ...pools: readonly string[]): string {
  const result = new TestGateway({ filter: filterOf(rule), pools: poolsOf(...pools) }).in(SYN);
  return result.uncertain === undefined ? result.verdict : 'uncertain';
}

describe('a table that a filter rule names', () => {
  const rule = 'block in from pool/inside to any';

  it('is found whatever its role, when it is a tree', () => {
    expect(verdict(rule, 'pool nat/tree (name inside;) { 10.0.0.0/8; };')).toBe('block');
    expect(verdict(rule, 'pool all/tree (name inside;) { 10.0.0.0/8; };')).toBe('block');
  });

  it('is the one for all before one for filters, unless it was refused as the second of its name', () => {
    const all = 'pool all/tree (name inside;) { 192.0.2.0/24; };';
    const own = 'pool ipf/tree (name inside;) { 10.0.0.0/8; };';
    expect(verdict(rule, all, own)).toBe('pass');
    expect(verdict(rule, own, all)).toBe('block');
  });

  it('must be for filters, when it is a hash', () => {
    const hash = 'block in from hash/inside to any';
    expect(verdict(hash, 'pool ipf/hash (name inside;) { 10.0.0.0/8; };')).toBe('block');
    expect(verdict(hash, 'pool nat/hash (name inside;) { 10.0.0.0/8; };')).toBe('uncertain');
    expect(verdict(hash, 'pool all/hash (name inside;) { 10.0.0.0/8; };')).toBe('uncertain');
  });

  it('keeps the first of two entries for one network', () => {
    expect(verdict(rule, 'pool ipf/tree (name inside;) { 10.0.0.0/8; !10.0.0.0/8; };')).toBe('block');
    expect(verdict(rule, 'pool ipf/tree (name inside;) { !10.0.0.0/8; 10.0.0.0/8; };')).toBe('pass');
  });
});

describe('a destination list', () => {
  const rule = 'rewrite in on em0 from any to 203.0.113.0/24 -> src 0/0 dst dstlist/servers;';

  function destinations(pool: string, ...lines: readonly string[]): string[] {
    const gateway = new TestGateway({ nat: natOf(rule), pools: poolsOf(pool) });
    return lines.map((line) => {
      const result = gateway.in(line);
      return result.verdict === 'pass' ? formatAddress(summarizePacket(result.packet)!.destination) : 'drop';
    });
  }

  const from = (host: number) => `udp 198.51.100.${host}:9 > 203.0.113.9:53`;

  it('takes turns, from the first again after a node of the other family', () => {
    const mixed =
      'pool nat/dstlist (name servers; policy round-robin;) { 10.0.0.1; 2001:db8::1; 10.0.0.3; };';
    expect(destinations(mixed, from(1), from(2), from(3), from(4))).toEqual([
      '10.0.0.1',
      'drop',
      '10.0.0.1',
      'drop',
    ]);
  });

  it('chooses nothing without a policy', () => {
    expect(destinations('pool nat/dstlist (name servers;) { 10.0.0.1; };', from(1))).toEqual(['drop']);
  });

  it('is not the one of its name for filters', () => {
    const gateway = new TestGateway({
      nat: natOf(rule),
      pools: poolsOf('pool ipf/dstlist (name servers; policy round-robin;) { 10.0.0.1; };'),
    });
    expect(gateway.in(from(1)).uncertain).toBe('dstlist/servers is not defined');
  });
});

describe('a NAT rule with a table that is not there', () => {
  const rule = 'map em0 from pool/inside to any -> 203.0.113.1/32';

  it('is said to be in doubt in a walk', () => {
    const gateway = new TestGateway({ nat: natOf(rule) });
    const result = gateway.engine.natOut(gateway.out(SYN).packet, { interface: 'em0', direction: 'out' });
    expect(result.uncertain).toBe('pool/inside is not defined');
    expect(sentence(result)).toContain('may take the packet: pool/inside is not defined.');
  });

  it('is refused by ipftest, as a filter rule is', () => {
    const files: Record<string, string> = {
      nat: `${rule}\n`,
      filter: 'block out from pool/inside to any\n',
      packets: 'out on em0 10.0.0.1 198.51.100.7\n',
    };
    const read = (path: string) => Buffer.from(files[path]!);
    for (const load of [
      ['-N', 'nat'],
      ['-r', 'filter'],
    ]) {
      const { stdout, stderr } = runIpftest(['-F', 'text', ...load, '-i', 'packets'], { read });
      expect(stdout).toMatch(/^(?:nomatch)? > em0 .* 10\.0\.0\.1 > 198\.51\.100\.7\n/);
      expect(stderr).toBe('');
    }
  });
});
