/**
 * Hovers link to rules as `command:gatewalk.reveal?…` and to walks as `command:gatewalk.walk?…`. VS Code runs
 * commands only from Markdown that is trusted; ours is trusted with these two commands, which only show
 * something, because hovers quote text of files that others wrote.
 */
import { type Hover, MarkdownString } from 'vscode';
import type { HoverMiddleware } from 'vscode-languageclient';
import { revealCommand, walkCommand } from '../../protocol/src/requests';

export const ownLinks = { enabledCommands: [revealCommand, walkCommand] };

export const allowOwnLinks: NonNullable<HoverMiddleware['provideHover']> = async (
  document,
  position,
  token,
  next,
) => {
  const hover = await next(document, position, token);
  if (hover) trust(hover);
  return hover;
};

function trust(hover: Hover): void {
  for (const content of hover.contents) {
    if (content instanceof MarkdownString) content.isTrusted = ownLinks;
  }
}
