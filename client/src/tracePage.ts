/**
 * The trace view's page. The policy lets in our own script and style sheet; nothing is loaded from anywhere else,
 * and no inline style or script runs without the page's nonce. The toolkit makes a style element of its own and
 * looks for that nonce in `csp-nonce`.
 */
import { Uri, type Webview } from 'vscode';

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
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta property="csp-nonce" content="${nonce}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Gatewalk trace</title>
    <link rel="stylesheet" href="${style}">
  </head>
  <body>
    <main id="trace" aria-busy="true"></main>
    <script nonce="${nonce}" src="${script}"></script>
  </body>
</html>`;
}

/** The Web Crypto API is there in Node and in a browser's worker. */
function randomNonce(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
}
