import type { Speakable } from '../bot/prompt/speakable.js';
import type { ServiceConfig } from './config/service-config.js';

/** Something to be said as a configuration has it: a file, a text, or the name of a recording. */
export type Spoken = NonNullable<NonNullable<ServiceConfig['answeringMachine']>['greeting']>;

/** The same as bots take it. */
export function speakableOf(spoken: Spoken | undefined): Speakable | undefined {
  if (typeof spoken === 'string') return { file: spoken };
  return spoken && ('prompt' in spoken ? spoken.prompt : spoken);
}
