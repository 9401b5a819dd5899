import { invalidArgument } from '../../base/errors.js';
import type { AfterCalls, AfterCallsContext, AfterCallsSettings } from '../masking/after-calls.js';
import type { AfterCallsOptions } from '../masking/after-calls-options.js';
import type { RecordCallOptions } from '../record-options.js';

/** Loaded before the first call, and only when recordings are processed after calls. */
let loaded: Pick<typeof import('../masking/after-calls.js'), 'AfterCalls'> | undefined;

/** Checks the combination of a recorder's options for the processing after calls. @throws ERR_INVALID_ARG */
export function checkAfterCalls(
  { transcriber, mask }: AfterCallsOptions,
  catalogue: boolean,
  identity: string | undefined,
  encryptTo: RecordCallOptions['encryptTo'],
): void {
  if (!catalogue)
    throw invalidArgument('catalogue', 'true when recordings are processed after calls', catalogue);
  if ((mask?.phrases ?? []).length > 0 && !transcriber) {
    const text = 'given when phrases are masked, because phrases are found in the transcript';
    throw invalidArgument('afterCalls.transcriber', text, transcriber);
  }
  if (mask && encryptTo && identity === undefined)
    throw invalidArgument('identity', 'given when encrypted recordings are masked', identity);
}

/** Loads the modules for {@link workAfterCalls}, and waits until the engine is ready. @throws errors of its `ready`. */
export async function loadAfterCalls({ transcriber }: AfterCallsOptions): Promise<void> {
  loaded ??= await import('../masking/after-calls.js');
  await transcriber?.ready?.();
}

/** Creates the processing after calls; undefined when there is nothing to do. */
export function workAfterCalls(
  settings: AfterCallsSettings | undefined,
  context: AfterCallsContext,
): AfterCalls | undefined {
  return settings && loaded && new loaded.AfterCalls(settings, context);
}
