import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { type ControlArguments, type ControlCommand, controlCommands } from './control-commands.js';
import { Refusal } from './refusal.js';

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

/** A refused request, over the socket and over HTTP. */
export const controlErrorSchema = z.strictObject({
  code: z.string().describe('As in the documentation: ERR_INVALID_ARG and so on.'),
  message: z.string().describe('What came, or what went wrong.'),
  expected: z.string().describe('What would have been right.'),
});
/** An error as it is told to a client. */
export type ControlError = z.infer<typeof controlErrorSchema>;

/** Makes of a thrown error what a client is told. @param expected Text for what the request should have been. */
export function controlError(error: unknown, expected: string): ControlError {
  const code = error instanceof JackfieldError ? error.code : 'ERR_INVALID_STATE';
  return {
    code,
    message: messageOf(error),
    expected: error instanceof Refusal && error.expected !== undefined ? error.expected : expected,
  };
}

/** Text for the issues of a request that does not fit its schema. */
export function issuesText(issues: readonly z.core.$ZodIssue[]): string {
  return issues
    .map(({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`)
    .join('; ');
}

/** The socket of a service that is given none: in a folder of this user. */
export function defaultSocket(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return runtime
    ? join(runtime, 'jackfield', 'serve.sock')
    : join(tmpdir(), `jackfield-${userInfo().username}`, 'serve.sock');
}
