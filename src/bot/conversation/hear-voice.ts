import { during } from '../../base/during.js';
import { VoiceDetector, type VoiceEvent } from '../../voice/level/voice-detector.js';
import type { CallContext } from '../call-context.js';
import { EchoGuard } from './echo-guard.js';

/** Speech of at least this length counts as a voice; a cough is shorter. */
export const VOICE_ONSET_MS = 200;

/** Receives the caller's voice without the echo of the bot's speech, and the events of its beginning and end. */
export interface CallerListener {
  /** Default: only events are received. */
  readonly onSamples?: (samples: Int16Array) => void;
  readonly onEvent: (event: VoiceEvent) => void;
  readonly onError: (error: unknown) => void;
}

/** Listens to the caller's voice; returns a function that stops it. */
export function hearVoice(context: CallContext, hangoverMs: number, listener: CallerListener): () => void {
  const undo: (() => void)[] = [];
  let stopped = false;
  const stop = () => {
    stopped = true;
    for (const each of undo.splice(0)) each();
  };
  const listen = (detector: VoiceDetector) => {
    undo.push(() => detector[Symbol.dispose]());
    if (stopped) return stop();
    const guard = context.onSent && new EchoGuard();
    if (guard && context.onSent)
      undo.push(context.onSent((samples, position) => guard.play(samples, position)));
    undo.push(
      context.ear.listen((samples, position) => {
        for (const part of guard?.clean(samples, position) ?? [samples]) {
          if (stopped) return;
          listener.onSamples?.(part);
          for (const event of detector.push(part)) if (!stopped) listener.onEvent(event);
        }
      }),
    );
  };
  during(context.clock, VoiceDetector.create({ onsetMs: VOICE_ONSET_MS, hangoverMs }))
    .then(listen)
    .catch((error: unknown) => {
      stop();
      listener.onError(error);
    });
  return stop;
}
