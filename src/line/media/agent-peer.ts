import { callback, checkArgument, instance, rule, words } from '../../base/check.js';
import { Fence } from '../../base/listener/fence.js';
import { listenerError, warn } from '../../base/listener/fenced-emitter.js';
import { CHANNELS, SAMPLE_RATE } from '../../base/pcm.js';
import type { Clock } from '../../base/time/clock.js';
import type { Dialect } from '../dialect/dialect.js';
import type { MediaAudio, MediaEvent, MediaFormat } from '../dialect/media-event.js';
import type { MediaConnection } from './media-connection.js';
import { MediaSession } from './media-session.js';
import { ToVoice } from './to-voice.js';

/** Application side of a call in any dialect. It receives events and sends events. */
export interface AgentPeer {
  /** Format of the audio of the session. Known after `start`. */
  readonly format: MediaFormat;
  /**
   * Sends an event. Audio with a rate other than that of `format` is converted.
   *
   * @returns false when the dialect cannot carry it, or the session is not open.
   * @throws ERR_INVALID_ARG for a value that is not an event of a session.
   */
  say(event: MediaEvent): boolean;
  /**
   * Sets the listener of the events of the call: `start` is the first, `end` the last. Only the last listener counts.
   * An error that it throws ends the call, and becomes a warning of the process.
   */
  listen(listener: (event: MediaEvent) => void): void;
  /** Ends the call's session. */
  end(reason?: string): void;
}

const SAMPLES = instance(Int16Array);
/** Accepts an event that an agent may send. Which of them are possible depends on the dialect. */
const EVENT = rule('a session event: { type, ... }', (value) => {
  const { type, samples, sampleRate, channels } = Object(value);
  if (type !== 'audio') return typeof type === 'string';
  return SAMPLES.accepts(samples) && SAMPLE_RATE.accepts(sampleRate) && CHANNELS.accepts(channels);
});

/**
 * Makes the application side of a connection, and gives it to `agent` before the first message.
 *
 * @throws the error that `agent` throws. When `agent` rejects, the call ends, and the process is warned.
 */
export function serveAgent(
  connection: MediaConnection,
  agent: (peer: AgentPeer) => unknown,
  given: {
    readonly dialect: Dialect;
    readonly variant: string | undefined;
    readonly format: MediaFormat;
    readonly clock: Clock;
  },
): void {
  const spoken = new SpokenAudio();
  // Sends the rest of the audio before an event that refers to the audio before it.
  const sayRest = () => {
    const rest = spoken.rest();
    if (rest) session.send(rest);
  };
  let listener: (event: MediaEvent) => void = () => undefined;
  const fence = new Fence((error, name) => {
    warn(listenerError(name, error));
    session.end();
  });
  const tell = (event: MediaEvent) => void fence.run('listen', () => listener(event));
  const session: MediaSession = new MediaSession({
    ...given,
    ...{ connection, role: 'application' },
    listener: {
      started: tell,
      event: tell,
      ended: ({ reason, error }) => {
        const why = reason ?? error?.message;
        tell({ type: 'end', ...(why !== undefined && { reason: why }) });
      },
    },
  });
  const begun = agent({
    get format() {
      return session.format;
    },
    say: (event) => {
      checkArgument('event', event, EVENT);
      if (event.type === 'audio') return session.send(spoken.in(session.format, event));
      if (event.type === 'mark' || event.type === 'clear') sayRest();
      return session.send(event);
    },
    listen: (given) => {
      checkArgument('listener', given, callback);
      listener = given;
    },
    end: (reason) => {
      if (reason !== undefined) checkArgument('reason', reason, words);
      sayRest();
      session.end(reason);
    },
  });
  void fence.run('agent', () => begun);
  session.open();
}

/** Converts audio of an agent to the format of its session. */
class SpokenAudio {
  #stage: { readonly to: number; readonly toRate: ToVoice } | undefined;
  #last: MediaAudio | undefined;

  in({ sampleRate }: MediaFormat, audio: MediaAudio): MediaAudio {
    if (this.#stage?.to !== sampleRate) this.#stage = { to: sampleRate, toRate: new ToVoice(sampleRate) };
    this.#last = { ...audio, samples: this.#stage.toRate.push(audio), sampleRate, channels: 1 };
    return this.#last;
  }

  /** Returns the end of the audio so far, which the resampler still holds. The next audio does not continue it. */
  rest(): MediaAudio | undefined {
    const samples = this.#stage?.toRate.flush();
    return samples?.length && this.#last ? { ...this.#last, samples } : undefined;
  }
}
