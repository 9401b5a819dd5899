import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const call = z.number().int().min(0).describe('Id of the call, as `calls` gives it.');
const account = z.string().optional().describe('Account of the call, where several have calls.');
const request = <T extends string, S extends z.core.$ZodLooseShape>(name: T, shape: S) =>
  z.strictObject({ id: z.number().optional(), do: z.literal(name), ...shape });

/**
 * Requests to a service over its control socket: one JSON object a line. Each is answered by a line with its `id`:
 * `{"id":1,"ok":true,"result":...}` or `{"id":1,"ok":false,"error":{"code":"ERR_...","message":"..."}}`. After `tail`
 * lines `{"event":...}` follow until the connection is closed.
 */
export const controlRequestSchema = z.discriminatedUnion('do', [
  request('status', {}),
  request('calls', {}),
  request('hangup', { call, account }),
  request('hold', { call, account }),
  request('resume', { call, account }),
  request('say', { call, account, text: z.string().min(1).max(2000) }),
  request('record-pause', { call, account }),
  request('record-resume', { call, account }),
  request('drain', {}),
  request('reload', {}),
  request('tail', {}),
]);

/** One request. */
export type ControlRequest = z.infer<typeof controlRequestSchema>;

/** The socket of a service that is given none: in a folder of this user. */
export function defaultSocket(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return runtime
    ? join(runtime, 'jackfield', 'serve.sock')
    : join(tmpdir(), `jackfield-${userInfo().username}`, 'serve.sock');
}
