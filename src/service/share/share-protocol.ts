import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { JackfieldError } from '../../base/errors.js';
import { isAlive } from '../../base/process-alive.js';
import { removeFile } from '../../files/private-file.js';
import { makeFolder } from '../../files/whole-file.js';
import { defaultSocket } from '../control/control-protocol.js';

/**
 * The request for a voice, a line of JSON: that of the call whose other party is redirected to a port of the process
 * that is asked. It is answered by a line, which {@link sharedVoiceSchema} describes or `{"ok":false,"error":...}`; then
 * lines of {@link sharedFrameSchema} follow, until the call is over or the connection is closed.
 */
export const shareRequestSchema = z.strictObject({
  do: z.literal('voice'),
  port: z.number().int().min(1).max(65_535),
  speak: z
    .boolean()
    .describe('True to be the one who speaks: nobody else may, until the connection is closed.'),
});
export type ShareRequest = z.infer<typeof shareRequestSchema>;

/** The answer to a request that is granted. */
export const sharedVoiceSchema = z.strictObject({
  ok: z.literal(true),
  object: z.string().describe('The object that the voice is of: CALL 7.'),
});

/** Samples of one leg: 16-bit, little-endian, 16 kHz, mono; or its end. */
export const sharedFrameSchema = z.union([
  z.strictObject({
    leg: z.enum(['remote', 'local']).describe('What the other party says, or what is said to it.'),
    position: z.number().int().min(0).describe('Of the first sample. What is missing between two was lost.'),
    pcm: z.base64(),
  }),
  z.strictObject({ leg: z.enum(['remote', 'local']), end: z.literal(true) }),
]);
export type SharedFrame = z.infer<typeof sharedFrameSchema>;

/** A request that is refused. */
export const shareRefusalSchema = z.strictObject({
  ok: z.literal(false),
  error: z.strictObject({ code: z.enum(['ERR_TAKEN', 'ERR_INVALID_ARG']), message: z.string() }),
});

/** Longest line, in characters: several seconds of samples. */
export const MAX_SHARE_LINE = 500_000;

const NAME = /^voice-(\d{1,10})\.sock$/;

/** The socket on which this process shares the voices that it has. */
export async function ownShareSocket(): Promise<string> {
  const folder = dirname(defaultSocket());
  await makeFolder(folder);
  await checkOwn(folder);
  await removeLeft(folder);
  return join(folder, `voice-${process.pid}.sock`);
}

/** The sockets of other processes of this user. */
export async function shareSockets(): Promise<readonly string[]> {
  const folder = dirname(defaultSocket());
  const names = await readdir(folder).catch((): string[] => []);
  if (names.length === 0) return [];
  await checkOwn(folder);
  return names
    .filter((name) => NAME.test(name) && name !== `voice-${process.pid}.sock`)
    .map((name) => join(folder, name));
}

/** Removes sockets of processes that were killed. */
async function removeLeft(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number(NAME.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) await removeFile(join(folder, name));
  }
}

/** Somebody else's folder may have anybody's sockets in it. @throws ERR_FILE. */
async function checkOwn(folder: string): Promise<void> {
  const { uid, mode } = await stat(folder);
  const own = process.getuid?.();
  if (own === undefined || (uid === own && (mode & 0o022) === 0)) return;
  throw new JackfieldError(
    'ERR_FILE',
    `${folder} must belong to this user, who alone may write there: voices of calls are shared in it.`,
  );
}
