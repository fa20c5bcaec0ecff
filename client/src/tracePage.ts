/**
 * The trace view's page. The policy lets in our own script and style sheet; nothing is loaded from anywhere else,
 * and no inline style or script runs without the page's nonce. The toolkit makes a style element of its own and
 * looks for that nonce in `csp-nonce`. The texts of the page's language come along as a block of data, which no
 * browser runs.
 */
import { env, l10n, Uri, type Webview } from 'vscode';

export function tracePage(webview: Webview, distFolder: Uri): string {
  const script = webview.asWebviewUri(Uri.joinPath(distFolder, 'webview.js'));
  const style = webview.asWebviewUri(Uri.joinPath(distFolder, 'webview.css'));
  const nonce = randomNonce();
  const policy = [
    "default-src 'none'",
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escapeHtml(pageLanguage())}">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta property="csp-nonce" content="${nonce}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(l10n.t('Gatewalk trace'))}</title>
    <link rel="stylesheet" href="${style}">
  </head>
  <body>
    <main id="trace" aria-busy="true"></main>
    <script nonce="${nonce}" type="application/json" id="texts">${jsonForScript(l10n.bundle ?? null)}</script>
    <script nonce="${nonce}" src="${script}"></script>
  </body>
</html>`;
}

/** Without translated texts the page is English, whatever the editor's language is. */
function pageLanguage(): string {
  return l10n.bundle === undefined ? 'en' : env.language;
}

/** Nothing in it can end the script element or begin a comment there. */
function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** The Web Crypto API is there in Node and in a browser's worker. */
function randomNonce(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
}
