/** The command line's words: commands, options, help. What each does stands in its own file. */
import { Command, CommanderError, Option } from 'commander';
import { version } from '../../../package.json';
import { platforms } from '../platforms';
import { type CheckFormat, checkCommand } from './checkCommand';
import { dropInHelp } from './dropIn';
import { type ExportFormat, type ExportOptions, exportCommand, exportFormats } from './exportCommand';
import { findCommand } from './findCommand';
import { type FormatOptions, formatCommand } from './formatCommand';
import { importCommand } from './importCommand';
import { type CommandIo, type ExitCode, exit, UsageError } from './io';
import { type TestFormat, testCommand } from './testCommand';
import { type WalkOptions, walkCommand } from './walkCommand';

/** Runs one command line (without the program's own name) and answers with its exit code. */
export async function runCommandLine(args: readonly string[], io: CommandIo): Promise<number> {
  let code: ExitCode = exit.fine;
  const program = new Command('gatewalk')
    .description('Walk a packet through a gateway: packet filter, NAT and IPsec, in the system’s true order.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.error(text) })
    .showHelpAfterError('(gatewalk --help shows how it is used)')
    .addHelpText('after', editorHelp)
    .addHelpText('after', dropInHelp())
    .addHelpText('after', exitCodeHelp);
  program
    .command('walk')
    .description('show which rules a packet meets, in which order, and what it looks like after each')
    .argument('<dir>', 'gateway folder: with a gatewalk.yaml, or policy files that lie together')
    .option('--packet <name|line>', "a sample packet, or one line: 'tcp 10.1.0.5:40000 > 198.51.100.7:80 S'")
    .option('--reply', 'walk the answer back, too')
    .option('--platform <id>', `take every gateway as: ${platforms.map((p) => p.id).join(', ')}`)
    .option('--compare <id>', 'walk it under a second order of stages, too, and show what differs and why')
    .option('--json', 'write JSON (docs/walk.schema.json); all packets: an array')
    .addOption(
      new Option('--export <format>', 'write one packet’s walk for others to read').choices(exportFormats),
    )
    .option('--step <number>', 'with --export: the step whose packet is drawn')
    .option('-o, --output <file>', 'with --export: the file to write')
    .addHelpText('after', exitCodeHelp)
    .action(
      async (path: string, options: WalkOptions & ExportOptions & { readonly export?: ExportFormat }) => {
        code =
          options.export === undefined
            ? await walkCommand(io, path, options)
            : await exportCommand(io, path, options.export, options);
      },
    );
  program
    .command('pcap')
    .description('write the walk as pcapng, one interface per network, and its keys for Wireshark')
    .argument('<dir>', 'gateway folder')
    .option('--packet <name|line>', 'a sample packet, or one line')
    .option('--reply', 'the answer instead of the packet')
    .option('--platform <id>', 'take every gateway as this system')
    .requiredOption('-o, --output <file>', 'the file to write')
    .addHelpText('after', exitCodeHelp)
    .action(async (path: string, options: ExportOptions) => {
      code = await exportCommand(io, path, 'pcapng', options);
    });
  program
    .command('import')
    .description('turn pcap, pcapng, tcpdump lines, hex or ipftest packets into sample packets')
    .argument('<file>', 'what to read')
    .addHelpText('after', exitCodeHelp)
    .action(async (path: string) => {
      code = await importCommand(io, path);
    });
  program
    .command('find')
    .description('find a packet that the rule at a line decides about, and walk it')
    .argument('<file>', 'policy file')
    .argument('<line>', 'line of the rule, counted from 1')
    .addHelpText('after', exitCodeHelp)
    .action(async (path: string, line: string) => {
      code = await findCommand(io, path, line);
    });
  program
    .command('check')
    .description('show what is wrong with policy files')
    .argument('<path...>', 'files, or folders to look through')
    .addOption(
      new Option('--format <format>', 'how to write it').choices(['text', 'json', 'sarif']).default('text'),
    )
    .addHelpText('after', exitCodeHelp)
    .action(async (paths: string[], options: { readonly format: CheckFormat }) => {
      code = await checkCommand(io, paths, options.format);
    });
  program
    .command('test')
    .description('check the expectations of gatewalk.yaml')
    .argument('<dir>', 'gateway folder')
    .addOption(
      new Option('--format <format>', 'how to write it').choices(['text', 'json', 'junit']).default('text'),
    )
    .addHelpText('after', exitCodeHelp)
    .action(async (path: string, options: { readonly format: TestFormat }) => {
      code = await testCommand(io, path, options.format);
    });
  program
    .command('fmt')
    .description('write policy files in their usual form; what has errors stays as it is')
    .argument('<path...>', 'files, or folders to look through')
    .option('--check', 'change nothing, only name the files that would be changed')
    .addHelpText('after', exitCodeHelp)
    .action(async (paths: string[], options: FormatOptions) => {
      code = await formatCommand(io, paths, options);
    });
  program
    .command('mcp')
    .description(
      'serve walk, find, check and test to assistants (Model Context Protocol on standard input and output)',
    )
    .action(async () => {
      // Loaded only here: no other command waits for the protocol library.
      const { serveMcp } = await import('../mcp/server');
      await serveMcp(io, runCommandLine);
    });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit.fine : exit.wrongUse;
    if (!(error instanceof UsageError)) throw error;
    io.error(`gatewalk: ${error.message}\n`);
    return exit.wrongUse;
  }
}

/** Started by the entry point, which hands the rest of the line to the server. */
const editorHelp = `
For editors other than VS Code:
  lsp --stdio                the language server (Language Server Protocol)`;

const exitCodeHelp = `
Exit codes:
  0  fine
  1  findings (errors or warnings), no packet found, failed expectations, files that fmt --check would change
  2  wrong use, or input that can't be read`;
