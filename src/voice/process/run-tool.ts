import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { type ToolOptions, ToolProcess } from './tool-process.js';

export interface ToolRun extends ToolOptions {
  readonly tool: string;
  readonly args: readonly string[];
  /** Written to its standard input. */
  readonly input?: string;
  /** Longest standard output, in bytes. Default 256 MiB. */
  readonly maxBytes?: number;
}

/**
 * Runs a program to its end, without a shell, and returns its standard output.
 *
 * @throws ERR_TOOL (or the code of the options) when it is missing, fails or writes too much; ERR_ABORTED.
 */
export async function runTool(run: ToolRun): Promise<Buffer> {
  const { tool, args, input, maxBytes = 2 ** 28, ...options } = run;
  const process = await ToolProcess.start(tool, args, options);
  const output: Buffer[] = [];
  let length = 0;
  try {
    process.endInput(input);
    for await (const chunk of process.output()) {
      length += chunk.length;
      if (length > maxBytes) {
        throw new JackfieldError(
          options.code ?? 'ERR_TOOL',
          `${printable(tool)} wrote more than ${maxBytes} bytes.`,
        );
      }
      output.push(chunk);
    }
    await process.exit();
  } finally {
    await process.stop();
  }
  return Buffer.concat(output);
}
