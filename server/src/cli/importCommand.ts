/** `gatewalk import`: packets of a capture, of tcpdump lines or of a dump as sample packets. */
import { importPackets } from '../interop/importPackets';
import { type CommandIo, type ExitCode, exit, UsageError } from './io';
import { styleFor } from './style';

export async function importCommand(io: CommandIo, path: string): Promise<ExitCode> {
  const content = await io.readBytes?.(path);
  if (content === undefined) throw new UsageError(`${path} can't be read: there is no such file.`);
  const { records, problems } = importPackets(content);
  const style = styleFor(io.colours);
  for (const { title, notation, losses } of records) {
    io.out(`${style('dim', `# ${title}`)}\n`);
    if (losses.length > 0) io.out(`${style('dim', `#   not in the line: ${losses.join('; ')}`)}\n`);
    io.out(`${notation}\n`);
  }
  for (const { message } of problems) io.error(`${message}\n`);
  if (records.length === 0) throw new UsageError(`${path} holds no packet that can be read.`);
  return exit.fine;
}
