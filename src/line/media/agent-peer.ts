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

/** An application's side of a call, whatever the dialect: it hears events, and says some. */
export interface AgentPeer {
  /** Audio of the session. Known once `start` has come. */
  readonly format: MediaFormat;
  /**
   * Says something. Audio of another rate than that of `format` is converted.
   *
   * @returns false when the dialect cannot say it, or the session is not open.
   * @throws ERR_INVALID_ARG for what is no event of a session.
   */
  say(event: MediaEvent): boolean;
  /**
   * Takes what the call tells: `start` first, `end` last. The last listener counts. What it throws ends the call, and
   * becomes a warning of the process.
   */
  listen(listener: (event: MediaEvent) => void): void;
  /** Ends the call's session. */
  end(reason?: string): void;
}

const SAMPLES = instance(Int16Array);
/** Accepts what an agent may say; the dialect knows which of it. */
const EVENT = rule('an event of a session: { type, ... }', (value) => {
  const { type, samples, sampleRate, channels } = Object(value);
  if (type !== 'audio') return typeof type === 'string';
  return SAMPLES.accepts(samples) && SAMPLE_RATE.accepts(sampleRate) && CHANNELS.accepts(channels);
});

/**
 * Makes the application's side of a connection, and gives it to `agent` before anything comes.
 *
 * @throws what `agent` throws; of what it rejects with, the process is warned, and the call ends.
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
  // Before what counts by the audio in front of it.
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

/** Makes audio that an agent says that of its session. */
class SpokenAudio {
  #stage: { readonly to: number; readonly toRate: ToVoice } | undefined;
  #last: MediaAudio | undefined;

  in({ sampleRate }: MediaFormat, audio: MediaAudio): MediaAudio {
    if (this.#stage?.to !== sampleRate) this.#stage = { to: sampleRate, toRate: new ToVoice(sampleRate) };
    this.#last = { ...audio, samples: this.#stage.toRate.push(audio), sampleRate, channels: 1 };
    return this.#last;
  }

  /** End of the audio so far, which a filter has kept; what comes next does not belong to it. */
  rest(): MediaAudio | undefined {
    const samples = this.#stage?.toRate.flush();
    return samples?.length && this.#last ? { ...this.#last, samples } : undefined;
  }
}
