import { type Address, address4 } from '../../policy/address';

/** `localhost`, which every host file has. Other names depend on the machine that loads the file. */
export const WELL_KNOWN_HOSTS: ReadonlyMap<string, Address> = new Map([['localhost', address4(0x7f000001)]]);
