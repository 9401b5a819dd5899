import { join } from 'node:path';
import { z } from 'zod';
import { socketFolder } from '../../files/socket-folder.js';
import { type ControlArguments, type ControlCommand, controlCommands } from './control-commands.js';

/** One request: the name of a command as `do`, and its arguments. */
export type ControlRequest = {
  [C in ControlCommand]: {
    readonly id?: number | undefined;
    readonly do: C;
  } & (ControlArguments<C> extends Record<string, never> ? unknown : ControlArguments<C>);
}[ControlCommand];

/**
 * Requests to a service over its control socket: one JSON object per line. The answer is a line with the same `id`:
 * `{"id":1,"ok":true,"result":...}` or `{"id":1,"ok":false,"error":...}`, with an error as {@link ControlError}. After
 * `tail` lines `{"event":...}` follow until the connection is closed.
 */
export const controlRequestSchema = z.discriminatedUnion(
  'do',
  controlCommands().map(({ name, takes }) =>
    takes.extend({ id: z.number().optional(), do: z.literal(name) }),
  ) as unknown as [z.core.$ZodTypeDiscriminable],
) as unknown as z.ZodType<ControlRequest>;

/** The default socket of a service, in a folder of the user. */
export function defaultSocket(): string {
  return join(socketFolder(), 'serve.sock');
}
