import { describe, expect, it } from 'vitest';
import { setkeyDialect } from '../../server/src/dialects/setkey';
import { applyEdits } from '../../server/src/text/edit';
import { codesOf, databaseOf, problemsOf } from './support';

describe('what stands where nothing can be read', () => {
  it('an unknown command, with the one that was meant', () => {
    expect(problemsOf('spdflush;\nspadd 10.0.0.0/8 10.1.0.0/16 any -P out none;\n')).toEqual([
      '2:1-6 error setkey/unknown-command: Expected a command (`add`, `get`, `delete`, `deleteall`, `flush`, `dump`, `spdadd`, `spdupdate`, `spddelete`, `spdflush` or `spddump`), but found `spadd`. Did you mean `spdadd`?',
    ]);
  });

  it('a statement without `;`: the next line that begins with a command is read for itself', () => {
    expect(problemsOf('spdflush\nflush;\nspdadd 10.0.0.1 10.0.0.2 any -P out none\nspdflush;\n')).toEqual([
      '1:1-9 error setkey/missing-semicolon: This statement has no `;`. setkey would read what follows as a part of it; write `;` behind the last word.',
      '3:37-41 error setkey/missing-semicolon: This statement has no `;`. setkey would read what follows as a part of it; write `;` behind the last word.',
    ]);
  });

  it('a statement cut short names what is missing', () => {
    expect(problemsOf('add 10.0.0.1 10.0.0.2 esp;')).toEqual([
      '1:23-26 error setkey/expected-spi: Expected the SPI, a decimal or `0x` number behind `esp`, but `;` comes here.',
    ]);
    expect(problemsOf('spdadd 10.0.0.1')).toEqual([
      '1:8-16 error setkey/expected-address: Expected the address or network of the receivers behind `10.0.0.1`, but the statement ends here.',
    ]);
  });

  it('a backslash at the end of a line, once for each, and nothing else', () => {
    expect(problemsOf('spdadd 10.0.0.1 10.0.0.2 any \\\n -P out none;\n')).toEqual([
      '1:30-31 error setkey/line-continuation: setkey has no line continuation and stops at a `\\`. A statement goes on over lines by itself until its `;`; remove the backslash.',
    ]);
  });

  it('a comment inside the policy, which setkey does not skip there', () => {
    const code = 'error setkey/comment-in-policy at # why';
    expect(codesOf('spdadd 10.0.0.1 10.0.0.2 any -P out # why\n none;')).toEqual([code]);
    expect(codesOf('spdadd 10.0.0.1 10.0.0.2 any # why\n -P out none; # why\n')).toEqual([]);
  });

  it('a string that its line does not close, and a lone `;`', () => {
    expect(codesOf('add 10.0.0.1 10.0.0.2 ah 1000 -A hmac-md5 "0123456789abcdef;\nflush;')).toEqual([
      'error setkey/open-string at "0123456789abcdef;',
    ]);
    expect(codesOf('flush;;')).toEqual(['error setkey/empty-statement at ;']);
  });
});

describe('addresses', () => {
  it('an octet larger than 255, a mask larger than 32 or 128', () => {
    expect(problemsOf('spdadd 10.0.256.0/24 10.0.0.0/33 any -P out none;')).toEqual([
      '1:8-18 error setkey/bad-address: `10.0.256.0` is not an IPv4 address: `256` is larger than 255, the most one part can be.',
      '1:31-33 error setkey/prefix-length: The prefix length of an IPv4 address must be between 0 and 32; `33` is not.',
    ]);
    expect(codesOf('spdadd 2001:db8::/129 ::1 any -P out none;')).toEqual([
      'error setkey/prefix-length at 129',
    ]);
    expect(codesOf('spdadd 1:2:3 ::1 any -P out none;')).toEqual(['error setkey/bad-address at 1:2:3']);
  });

  it('two families in one entry, and a family that `-4` or `-6` rules out', () => {
    expect(problemsOf('spdadd 10.0.0.1 2001:db8::1 any -P out none;')).toEqual([
      '1:17-28 error setkey/mixed-families: Both addresses must be of one family: `10.0.0.1` is IPv4, `2001:db8::1` is IPv6.',
    ]);
    expect(codesOf('add 10.0.0.1 ::1 esp 1000 -E null;')).toEqual(['error setkey/mixed-families at ::1']);
    expect(codesOf('spdadd -6 10.0.0.1 10.0.0.2 any -P out none;')).toEqual([
      'error setkey/mixed-families at 10.0.0.1',
    ]);
    expect(codesOf('spdadd 10.0.0.1 10.0.0.2 any -P out ipsec esp/tunnel/10.0.0.1-::1/require;')).toEqual([
      'error setkey/mixed-families at ::1',
    ]);
  });

  it('a host name is a warning, and the entry takes no part', () => {
    expect(codesOf('spdadd gw.example.org 10.0.0.2 any -P out discard;')).toEqual([
      'warning setkey/host-name at gw.example.org',
    ]);
  });

  it('a short address is read as inet_aton reads it', () => {
    expect(problemsOf('spdadd 10.1 10.0.0.2 any -P out none;')).toEqual([
      '1:8-12 warning setkey/short-address: `10.1` is read as 10.0.0.1: the last number of a short address fills what is left. Write all four numbers.',
    ]);
  });

  it('ports: a number too large, an unknown service with the one that was meant', () => {
    expect(codesOf('spdadd 10.0.0.1[65536] 10.0.0.2 tcp -P out none;')).toEqual([
      'error setkey/port-range at 65536',
    ]);
    expect(codesOf('spdadd 10.0.0.1 10.0.0.2[htpp] tcp -P out none;')).toEqual([
      'warning setkey/unknown-service at htpp',
    ]);
    expect(codesOf('spdadd 10.0.0.1 10.0.0.2[80 tcp -P out none;')).toEqual([
      'error setkey/expected-bracket at tcp',
    ]);
  });
});

describe('associations', () => {
  const sa = (rest: string) => codesOf(`add 10.0.0.1 10.0.0.2 ${rest};`);

  it("a key of the wrong length is the kernel's refusal", () => {
    expect(problemsOf('add 10.0.0.1 10.0.0.2 ah 1000 -A hmac-sha1 "0123456789012345678";')).toEqual([
      '1:44-65 error setkey/key-length: `hmac-sha1` takes a key of 160 bits (20 bytes); this one has 152 bits (19 bytes). setkey reads the line, but the kernel refuses the SA: Invalid argument.',
    ]);
    expect(problemsOf('add 10.0.0.1 10.0.0.2 esp 1000 -E aes-cbc 0x0011;')).toEqual([
      '1:43-49 error setkey/key-length: `aes-cbc` takes a key of 128, 192 or 256 bits; this one has 16 bits (2 bytes). setkey reads the line, but the kernel refuses the SA: Invalid argument.',
    ]);
    expect(sa('esp 1000 -E blowfish-cbc "12345"')).toEqual([]);
    expect(sa('esp 1000 -E blowfish-cbc "1234"')).toEqual(['error setkey/key-length at "1234"']);
  });

  it('an unknown algorithm, with the one that was meant', () => {
    expect(problemsOf('add 10.0.0.1 10.0.0.2 esp 1000 -E aes-cbd 0x00;')).toEqual([
      '1:35-42 error setkey/unknown-algorithm: Expected an encryption algorithm, but found `aes-cbd`. Did you mean `aes-cbc`?',
    ]);
    expect(sa('ah 1000 -A hmac-md6 "x"')).toEqual(['error setkey/unknown-algorithm at hmac-md6']);
    expect(sa('ipcomp 1000 -C gzip')).toEqual(['error setkey/unknown-algorithm at gzip']);
  });

  it('hex digits: an odd number is read with a zero in front, a letter that is none is not read', () => {
    expect(sa(`esp 1000 -E des-cbc 0x123456789abcdef`)).toEqual([
      'warning setkey/key-odd-digits at 0x123456789abcdef',
    ]);
    expect(sa('esp 1000 -E des-cbc 0x0123456789abcdeg')).toEqual([
      'error setkey/key-digits at 0x0123456789abcdeg',
    ]);
    expect(sa('esp 1000 -E des-cbc')).toEqual(['error setkey/expected-key at des-cbc']);
  });

  it('SPI: reserved, too large, of TCP, of IPComp', () => {
    expect(problemsOf('add 10.0.0.1 10.0.0.2 esp 255 -E null;')).toEqual([
      '1:27-30 error setkey/spi-range: SPIs 0 to 255 are reserved (RFC 4303 section 2.1); use 256 or more. setkey reads the line, but the kernel refuses the SA: Invalid argument.',
    ]);
    expect(sa('esp 256 -E null')).toEqual([]);
    expect(sa('esp 0x100000000 -E null')).toEqual(['error setkey/spi-range at 0x100000000']);
    expect(sa('tcp 1000 -A tcp-md5 "secret"')).toEqual(['error setkey/spi-range at 1000']);
    expect(sa('tcp 0x1000 -A tcp-md5 "secret"')).toEqual([]);
    expect(sa('ipcomp 70000 -C deflate')).toEqual(['error setkey/spi-range at 70000']);
    expect(sa('ipcomp 70000 -C deflate -R')).toEqual([]);
  });

  it('algorithms that do not fit the protocol', () => {
    expect(sa('esp 1000 -A hmac-md5 "0123456789abcdef"')).toEqual([
      'error setkey/algorithm-mismatch at hmac-md5',
    ]);
    expect(sa('ah 1000 -E null')).toEqual(['error setkey/algorithm-mismatch at null']);
    expect(sa('ipcomp 1000 -E null')).toEqual(['error setkey/algorithm-mismatch at null']);
    expect(sa('esp 1000 -C deflate')).toEqual(['error setkey/algorithm-mismatch at deflate']);
    expect(sa('esp-old 1000 -E des-deriv "12345678"')).toEqual([
      'error setkey/algorithm-mismatch at des-deriv',
    ]);
    expect(sa('esp 1000 -E des-32iv "12345678"')).toEqual(['error setkey/algorithm-mismatch at des-32iv']);
    expect(sa('esp-old 1000 -r 4 -E des-32iv "12345678"')).toEqual(['error setkey/replay-window at 4']);
    expect(sa('ah 1000 -A tcp-md5 "k"')).toEqual(['error setkey/algorithm-mismatch at tcp-md5']);
  });

  it('options behind the algorithms', () => {
    expect(sa('esp 1000 -E null -m tunnel')).toEqual(['error setkey/option-order at -m']);
    expect(sa('esp 1000 -A null -E null')).toEqual(['error setkey/option-order at -E']);
  });

  it('one SPI twice: the same SA is refused, another one cannot be told apart', () => {
    const first = 'add 10.0.0.1 10.0.0.2 esp 1000 -E null;\n';
    expect(problemsOf(`${first}add 10.0.0.1 10.0.0.2 esp 1000 -E null;\n`)).toEqual([
      '2:27-31 error setkey/duplicate-sa: There is an ESP SA to 10.0.0.2 with SPI 1000 already. setkey reads the line, but the kernel refuses it: File exists. Give this one another SPI.',
    ]);
    expect(codesOf(`${first}add 10.0.0.9 10.0.0.2 esp 1000 -E null;\n`)).toEqual([
      'warning setkey/duplicate-sa at 1000',
    ]);
    expect(codesOf(`${first}delete 10.0.0.1 10.0.0.2 esp 1000;\n${first}`)).toEqual([]);
    expect(codesOf(`${first}flush;\n${first}`)).toEqual([]);
    expect(codesOf(`${first}add 10.0.0.2 10.0.0.1 esp 1000 -E null;\n`)).toEqual([]);
  });
});

describe('policies', () => {
  const policy = (text: string) =>
    codesOf(`spdadd 10.0.0.1 10.0.0.2 any -P ${text};`).filter((c) => !c.includes('without-sa'));

  it('the short requests are complete, `esp` and `esp/` are not', () => {
    for (const request of [
      'esp/transport',
      'esp/transport/',
      'esp/transport//require',
      'esp/tunnel/10.0.0.1-10.0.0.2',
      'esp/tunnel/10.0.0.1-10.0.0.2/',
      'esp/transport/10.0.0.1-10.0.0.2/use',
      'esp/tunnel/10.0.0.1[4500]-10.0.0.2[4500]/require',
      'esp / tunnel / 10.0.0.1 - 10.0.0.2 / require',
      'esp/transport//require ah/transport//require',
      'esp/transport/ ah/transport',
    ])
      expect([request, policy(`out ipsec ${request}`)]).toEqual([request, []]);
    expect(policy('out ipsec esp')).toEqual(['error setkey/incomplete-request at esp']);
    expect(policy('out ipsec esp/')).toEqual(['error setkey/unknown-mode at /']);
    expect(policy('out ipsec esp/transport//')).toEqual(['error setkey/unknown-level at /']);
  });

  it('unknown direction, action, protocol, mode and level at their words', () => {
    expect(policy('outt none')).toEqual(['error setkey/expected-direction at outt']);
    expect(policy('out discrad')).toEqual(['error setkey/expected-action at discrad']);
    expect(policy('out ipsec epp/transport')).toEqual(['error setkey/unknown-protocol at epp']);
    expect(policy('out ipsec esp/transprot//use')).toEqual(['error setkey/unknown-mode at transprot']);
    expect(policy('out ipsec esp/transport//requires')).toEqual(['error setkey/unknown-level at requires']);
    expect(problemsOf('spdadd ::1 ::2 any -P out ipsec esp/transport//requires;')).toEqual([
      '1:48-56 error setkey/unknown-level: Expected the level (`default`, `use`, `require` or `unique`), but found `requires`. Did you mean `require`?',
    ]);
  });

  it('a tunnel without its ends', () => {
    expect(problemsOf('spdadd ::1 ::2 any -P out ipsec esp/tunnel//require;')).toEqual([
      '1:37-43 error setkey/tunnel-endpoints: A tunnel needs its two ends. Expected `tunnel/SOURCE-DESTINATION`, such as `tunnel/192.0.2.1-192.0.2.2`.',
    ]);
    expect(policy('out ipsec esp/tunnel/10.0.0.1[4500]-10.0.0.2/require')).toEqual([
      'error setkey/tunnel-endpoints at 10.0.0.2',
    ]);
  });

  it('`me-any` goes out, `any-me` comes in', () => {
    expect(policy('out ipsec esp/transport/me-any/use')).toEqual([]);
    expect(policy('in ipsec esp/transport/any-me/use')).toEqual([]);
    expect(policy('in ipsec esp/transport/me-any/use')).toEqual(['error setkey/tunnel-endpoints at me-any']);
  });

  it('what the kernel does not take, or takes otherwise than it reads', () => {
    expect(policy('out ipsec')).toEqual(['error setkey/missing-request at ipsec']);
    expect(policy('out')).toEqual(['warning setkey/missing-action at out']);
    expect(policy('out none esp/transport')).toEqual(['warning setkey/useless-request at esp/transport']);
    expect(policy('out bypass')).toEqual(['warning setkey/socket-policy at bypass']);
    expect(policy('out prio high none')).toEqual(['warning setkey/priority at prio high']);
    expect(policy('out ipsec esp/transport//unique:0')).toEqual(['error setkey/unique-id at unique:0']);
    expect(policy('out ipsec esp/transport//unique:28000')).toEqual([
      'warning setkey/unique-id at unique:28000',
    ]);
  });

  it('the same entry twice: the kernel keeps the first; spdupdate replaces it', () => {
    const entry = 'spdadd 10.0.0.1 10.0.0.2 any -P out none;\n';
    expect(codesOf(entry + entry)).toEqual(['error setkey/duplicate-policy at spdadd']);
    expect(codesOf(entry + entry.replace('spdadd', 'spdupdate'))).toEqual([]);
    expect(codesOf(entry + entry.replace('out', 'in'))).toEqual([]);
  });

  it('upper protocols: an unknown name, more behind one that takes nothing, ICMP types', () => {
    const upper = (text: string) => codesOf(`spdadd 10.0.0.1 10.0.0.2 ${text} -P out none;`);
    expect(upper('tpc')).toEqual(['error setkey/unknown-protocol at tpc']);
    expect(upper('256')).toEqual(['error setkey/unknown-protocol at 256']);
    expect(upper('tcp 80')).toEqual(['error setkey/expected-policy at 80']);
    expect(upper('icmp 8,0')).toEqual([]);
    expect(upper('icmp 8')).toEqual(['warning setkey/icmp-type at 8']);
    expect(upper('icmp6 300,0')).toEqual(['error setkey/icmp-type at 300,0']);
    expect(upper('gre 1.2.3.4')).toEqual([]);
  });

  it('a request that no SA of the file serves is a note, and says what then happens', () => {
    const out = 'spdadd 10.0.1.0/24 10.0.2.0/24 any -P out ipsec esp/tunnel/20.0.0.1-20.0.0.2/require;\n';
    expect(problemsOf(out)).toEqual([
      '1:49-85 hint setkey/policy-without-sa: This file has no ESP SA from 20.0.0.1 to 20.0.0.2 in tunnel mode. Until a key daemon (racoon) brings one, `require` drops the packets.',
    ]);
    expect(problemsOf(`add 20.0.0.2 20.0.0.1 esp 1000 -E null;\n${out}`)).toEqual([
      '2:49-85 information setkey/policy-without-sa: This file has no ESP SA from 20.0.0.1 to 20.0.0.2 in tunnel mode. Until a key daemon (racoon) brings one, `require` drops the packets.',
    ]);
    expect(codesOf(`add 20.0.0.1 20.0.0.2 esp 1000 -E null;\n${out}`)).toEqual([]);
    expect(codesOf(`add 20.0.0.1 20.0.0.2 esp 1000 -m transport -E null;\n${out}`)).toHaveLength(1);
    const unique = 'spdadd ::1 ::2 any -P out ipsec esp/transport//unique:7;\n';
    expect(codesOf(`add ::1 ::2 esp 1000 -u 7 -E null;\n${unique}`)).toEqual([]);
    expect(codesOf(`add ::1 ::2 esp 1000 -u 8 -E null;\n${unique}`)).toHaveLength(1);
  });

  it('statements behind `exit` are never carried out', () => {
    expect(codesOf('exit;\nspdflush;\n')).toEqual(['hint setkey/after-exit at spdflush;']);
  });
});

describe('fixes', () => {
  const fixed = (text: string): string => {
    const statement = setkeyDialect.parse(text).statements[0]!;
    const fix = statement.problems.flatMap((p) => p.fixes ?? [])[0];
    return fix === undefined ? text : applyEdits(text, fix.edits);
  };

  it('leave a statement without that problem', () => {
    expect(fixed('spdfulsh;')).toBe('spdflush;');
    expect(fixed('spdflush # now')).toBe('spdflush; # now');
    expect(fixed('spdadd ::1 ::2 any \\\n -P out none;')).toBe('spdadd ::1 ::2 any \n -P out none;');
    expect(fixed('spdadd ::1 ::2[htps] tcp -P out none;')).toBe('spdadd ::1 ::2[https] tcp -P out none;');
  });
});

describe('what means something else than it seems', () => {
  it('ports without esp-udp, and policies of direction fwd', () => {
    expect(codesOf('add 10.0.0.1[4500] 10.0.0.2[4500] esp 1000 -E null;')).toEqual([
      'warning setkey/ports-without-udp at 4500',
    ]);
    expect(problemsOf('spdadd ::1 ::2 any -P fwd none;')).toEqual([
      '1:23-26 information setkey/forward-policy: Only Linux has policies of direction `fwd`. The setkey of NetBSD and FreeBSD reads `fwd` as `in`.',
    ]);
  });
});

describe('what setkey’s lexer does', () => {
  it('stops at a carriage return, which is said once', () => {
    expect(codesOf('flush;\r\nspdflush;\r\n')).toEqual(['error setkey/stray-blank at \r']);
    expect(codesOf('# comment\r\nflush;\n')).toEqual([]);
    expect(codesOf('add 1.1.1.1 2.2.2.2 esp 999 -E des-cbc "1234\f678";\n')).toEqual([]);
  });

  it('reads an option and its value without a blank between them', () => {
    const text =
      'add 1.1.1.1 2.2.2.2 esp 999 -mtunnel -u5 -r4 -lh100 -fzero-pad -Edes-cbc "12345678";\nspdadd 1.1.1.1 2.2.2.2 any -Pout none;\n';
    expect(codesOf(text)).toEqual([]);
    const { associations, policies } = databaseOf(text);
    expect(associations[0]).toMatchObject({ mode: 'tunnel', uniqueId: 5, replayWindow: 4, padding: 'zero' });
    expect(policies[0]).toMatchObject({ direction: 'out', action: 'none' });
    expect(codesOf('add 1.1.1.1 2.2.2.2 esp 999 -mode tunnel -E null;\n')).not.toEqual([]);
  });
});
