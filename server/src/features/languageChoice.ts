/** In which language a file is read, and why: three languages share the name `ipsec.conf`. */
import type { DialectResult } from '../../../protocol/src/requests';
import type { SourceFile } from '../analysis/sourceFile';
import { dialects } from '../dialects';

export function languageChoice(file: SourceFile): DialectResult {
  const choices = dialects.map(({ id, title }) => ({ id, title }));
  const { dialect, name } = file;
  if (dialect === undefined)
    return {
      why: `Neither the name ${name} nor the content belongs to a language that Gatewalk knows.`,
      choices,
    };
  const claims = (d: (typeof dialects)[number]) =>
    d.fileNames.includes(name) || d.fileEndings.some((ending) => name.endsWith(ending));
  const sure = dialect.detect(name, file.text.slice(0, 8192));
  const byContent = sure >= 0.6 ? ', and its content agrees' : '';
  const why = !claims(dialect)
    ? sure >= 0.6
      ? `The content reads as ${dialect.title}.`
      : `You chose ${dialect.title} for this file.`
    : dialects.some((d) => d !== dialect && claims(d)) || sharedNames.has(name)
      ? `${name} is a name that several languages use; ${sure >= 0.3 ? `the content reads as ${dialect.title}` : `nothing in the content speaks against ${dialect.title}`}.`
      : `The name ${name} belongs to ${dialect.title}${byContent}.`;
  return { id: dialect.id, title: dialect.title, why, choices };
}

/** Other products have files of these names, too. */
const sharedNames = new Set(['ipsec.conf']);
