/** Where things are in the checkout. Everything a script makes lies in `dist`, `out` or `.vscode-test`, all ignored by git. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const out = path.join(root, 'out');
export const cache = path.join(root, '.vscode-test');
export const vsix = path.join(root, 'gatewalk.vsix');
export const fromRoot = (...parts) => path.join(root, ...parts);
