/** The pictures of the documentation: what is linked is there, what is there is linked, and none is too big to load. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'docs/images');
const pages = ['README.md', 'docs/features.md', 'docs/exports.md'].map((name) => join(root, name));

const linked = pages.flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#]+\.webp)\)/g)].map(([, target]) => ({
    page: relative(root, page),
    file: resolve(dirname(page), target!),
  })),
);
const pictures = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.webp'))
  .map((name) => join(folder, name));

it('are there where pages link them', () => {
  expect(linked.length).toBeGreaterThan(60);
  expect(linked.filter(({ file }) => !existsSync(file))).toEqual([]);
});

it('are linked', () => {
  const known = new Set(linked.map(({ file }) => file));
  expect(pictures.filter((file) => !known.has(file)).map((file) => relative(folder, file))).toEqual([]);
});

it('stay small', () => {
  const bytes = (file: string) => statSync(file).size;
  const ofLanguages = pictures.filter((file) => file.includes('/languages/'));
  expect(ofLanguages.filter((file) => bytes(file) > 48_000).map((file) => relative(folder, file))).toEqual(
    [],
  );
  expect(pictures.reduce((sum, file) => sum + bytes(file), 0)).toBeLessThan(2 * 1024 * 1024);
});
