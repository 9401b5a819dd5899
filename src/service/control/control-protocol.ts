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
 * Requests to a service over its control socket: one JSON object a line. Each is answered by a line with its `id`:
 * `{"id":1,"ok":true,"result":...}` or `{"id":1,"ok":false,"error":...}`, with an error as {@link ControlError}.
 * After `tail` lines `{"event":...}` follow until the connection is closed.
 */
export const controlRequestSchema = z.discriminatedUnion(
  'do',
  controlCommands().map(({ name, takes }) =>
    takes.extend({ id: z.number().optional(), do: z.literal(name) }),
  ) as unknown as [z.core.$ZodTypeDiscriminable],
) as unknown as z.ZodType<ControlRequest>;

/** The socket of a service that is given none: in a folder of this user. */
export function defaultSocket(): string {
  return join(socketFolder(), 'serve.sock');
}
