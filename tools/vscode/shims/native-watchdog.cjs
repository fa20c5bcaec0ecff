/**
 * Stands in for @vscode/native-watchdog, a compiled module: ends the extension host when the server that
 * started it is gone.
 */
'use strict';

const lookEveryMilliseconds = 1000;
const exitCodeOfAnOrphan = 87;

exports.start = (serverProcessId) => {
  const timer = setInterval(() => {
    try {
      process.kill(serverProcessId, 0);
    } catch {
      process.exit(exitCodeOfAnOrphan);
    }
  }, lookEveryMilliseconds);
  timer.unref();
};

exports.exit = (code) => process.exit(code ?? 0);
