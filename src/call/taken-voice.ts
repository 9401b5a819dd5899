import { JackfieldError } from '../base/errors.js';
import { type PortHolder, portHolder } from '../base/port-holder.js';
import type { Call } from '../control/state/call.js';
import type { StreamTarget } from '../protocol/stream-target.js';

/** An endpoint that does not say where a stream leads is not waited for any longer, in milliseconds. */
const ASK_TIMEOUT_MS = 1000;

/**
 * Sees to it that nobody else has redirected what the other party says: an endpoint has one redirection of each
 * stream, and a second one would take it away. A port that nobody holds any more, of a program that was killed, counts
 * as free; so does one on systems that do not tell who holds it.
 *
 * @throws ERR_TAKEN, with who has it.
 */
export async function checkFree(call: Call, { signal }: { readonly signal: AbortSignal }): Promise<void> {
  const holder = await holderOf(call, undefined, signal);
  if (holder)
    throw takenError(call, holder, 'Have it listen there (`listeners`, `record`), or end that first.');
}

/**
 * Finds whether a stream that has ended was taken by somebody else's redirection.
 *
 * @param own The port that it led to.
 * @returns the error that says who has it; undefined when nobody has.
 */
export async function takenFrom(call: Call, own: number): Promise<JackfieldError | undefined> {
  if (call.over) return undefined;
  const holder = await holderOf(call, own);
  return holder && takenError(call, holder, 'Two programs cannot answer one call: end one of them.');
}

async function holderOf(
  call: Call,
  own: number | undefined,
  signal?: AbortSignal,
): Promise<PortHolder | undefined> {
  const options = { timeoutMs: ASK_TIMEOUT_MS, ...(signal && { signal }) };
  const targets = await call.output.get(options).catch((): StreamTarget[] => []);
  for (const target of targets) {
    if (target.kind !== 'port' || target.port === own) continue;
    const holder = await portHolder(target.port);
    if (holder) return holder;
  }
  return undefined;
}

function takenError(call: Call, { port, who }: PortHolder, advice: string): JackfieldError {
  const text = `The voice of call ${call.id} is redirected to port ${port}, of ${who}. ${advice}`;
  return new JackfieldError('ERR_TAKEN', text);
}
