import { freebsd } from './freebsd';
import { linux } from './linux';
import { netbsd } from './netbsd';
import { netbsd2000 } from './netbsd2000';
import { openbsd } from './openbsd';
import type { Platform } from './platform';

/** All platforms, in the order menus show them. A new system is one file and one line here. */
export const platforms: readonly Platform[] = [netbsd, netbsd2000, freebsd, openbsd, linux];

export function platformById(id: string): Platform | undefined {
  return platforms.find((p) => p.id === id);
}
