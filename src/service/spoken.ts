import type { Speakable } from '../bot/prompt/speakable.js';
import type { ServiceConfig } from './config/service-config.js';

/** Something to say, in the form of a configuration: a file, a text, or the name of a prompt. */
export type Spoken = NonNullable<NonNullable<ServiceConfig['answeringMachine']>['greeting']>;

/** Converts it to the form that bots use. */
export function speakableOf(spoken: Spoken | undefined): Speakable | undefined {
  if (typeof spoken === 'string') return { file: spoken };
  return spoken && ('prompt' in spoken ? spoken.prompt : spoken);
}
