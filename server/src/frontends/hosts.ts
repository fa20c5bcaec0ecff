import { type Address, address4 } from '../policy/address';

/**
 * Names that IPFilter's programs know without asking a resolver (`-R`): the host file's `localhost`, and the one
 * that its own tests use (`gethost`, lib/gethost.c).
 */
export const SUITE_HOSTS: ReadonlyMap<string, Address> = new Map([
  ['localhost', address4(0x7f000001)],
  ['test.host.dots', address4(0xfedcba98)],
]);
