import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The reference material beside the checkout (recorded answers of real engines), when it is there. */
export const sharedFolder = resolve(
  process.env['GATEWALK_SHARED'] ?? resolve(import.meta.dirname, '../../../shared'),
);

export function hasShared(path = ''): boolean {
  return existsSync(resolve(sharedFolder, path));
}

export function readShared(path: string): string {
  return readFileSync(resolve(sharedFolder, path), 'utf8');
}
