/** Shows a rule in its file: scrolled to, selected, and marked until the selection moves elsewhere. */
import * as vscode from 'vscode';
import { revealCommand } from '../../protocol/src/requests';
import type { PlaceView } from '../../protocol/src/traceView';

const mark = vscode.window.createTextEditorDecorationType({
  isWholeLine: true,
  backgroundColor: new vscode.ThemeColor('editor.rangeHighlightBackground'),
  borderColor: new vscode.ThemeColor('focusBorder'),
  borderStyle: 'solid',
  borderWidth: '0 0 0 3px',
  overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.rangeHighlightForeground'),
  overviewRulerLane: vscode.OverviewRulerLane.Full,
});

export function registerReveal(context: vscode.ExtensionContext): void {
  context.subscriptions.push(
    mark,
    vscode.commands.registerCommand(revealCommand, (place: PlaceView) => reveal(place, { takeFocus: true })),
    vscode.window.onDidChangeTextEditorSelection(({ textEditor, kind }) => {
      // Our own selection comes without a kind; the user's comes from keyboard or mouse.
      if (kind !== undefined && kind !== vscode.TextEditorSelectionChangeKind.Command)
        clearMarks([textEditor]);
    }),
  );
}

/** Opens the file beside a trace rather than over it, and leaves the focus with the trace unless told otherwise. */
export async function reveal(place: PlaceView, { takeFocus }: { takeFocus: boolean }): Promise<void> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(place.uri));
  const range = document.validateRange(
    new vscode.Range(place.line, place.startCharacter, place.endLine, place.endCharacter),
  );
  clearMarks(vscode.window.visibleTextEditors);
  const editor = await vscode.window.showTextDocument(document, {
    viewColumn: columnOf(document),
    preserveFocus: !takeFocus,
    selection: range,
  });
  editor.setDecorations(mark, [range]);
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** Where the file is shown already; else where some text is shown; else the first column. */
function columnOf(document: vscode.TextDocument): vscode.ViewColumn {
  const editors = vscode.window.visibleTextEditors.filter(({ viewColumn }) => viewColumn !== undefined);
  const showing = editors.find((editor) => editor.document === document) ?? editors[0];
  return showing?.viewColumn ?? vscode.ViewColumn.One;
}

function clearMarks(editors: readonly vscode.TextEditor[]): void {
  for (const editor of editors) editor.setDecorations(mark, []);
}
