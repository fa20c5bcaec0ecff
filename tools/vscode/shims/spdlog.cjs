/**
 * Stands in for @vscode/spdlog, a compiled module that `npm ci --ignore-scripts` leaves without its binary.
 * VS Code writes its log files, and through them the Output panel, with it. Only what VS Code calls is here.
 */
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const levelNames = ['trace', 'debug', 'info', 'warning', 'error', 'critical'];
let initialLevel = levelNames.indexOf('info');

class Logger {
  constructor(_kind, name, file) {
    this.name = name;
    this.level = initialLevel;
    this.messageOnly = false;
    fs.mkdirSync(path.dirname(file), { recursive: true });
    this.descriptor = fs.openSync(file, 'a');
  }

  trace(message) {
    this.#write(0, message);
  }
  debug(message) {
    this.#write(1, message);
  }
  info(message) {
    this.#write(2, message);
  }
  warn(message) {
    this.#write(3, message);
  }
  error(message) {
    this.#write(4, message);
  }
  critical(message) {
    this.#write(5, message);
  }

  getLevel() {
    return this.level;
  }
  setLevel(level) {
    this.level = level;
  }
  setPattern() {
    this.messageOnly = false;
  }
  clearFormatters() {
    this.messageOnly = true;
  }
  flush() {}
  drop() {
    if (this.descriptor === undefined) return;
    fs.closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  #write(level, message) {
    if (this.descriptor === undefined || level < this.level) return;
    const time = new Date().toISOString().replace('T', ' ').replace('Z', '');
    const line = this.messageOnly ? message : `${time} [${levelNames[level]}] ${message}\n`;
    fs.writeSync(this.descriptor, line);
  }
}

// One assignment each, because VS Code imports this as an ES module and Node finds the names by these lines.
exports.version = 0;
exports.Logger = Logger;
exports.setLevel = (level) => {
  initialLevel = level;
};
exports.setFlushOn = () => {};
exports.createRotatingLogger = async (name, file) => new Logger('rotating', name, file);
exports.createAsyncRotatingLogger = async (name, file) => new Logger('rotating_async', name, file);
