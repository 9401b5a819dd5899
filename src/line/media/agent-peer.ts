import { callback, checkArgument } from '../../base/check.js';
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
   */
  say(event: MediaEvent): boolean;
  /** Takes what the call tells: `start` first, `end` last. The last listener counts. */
  listen(listener: (event: MediaEvent) => void): void;
  /** Ends the call's session. */
  end(reason?: string): void;
}

/** Makes the application's side of a connection, and gives it to `agent` before anything comes. */
export function serveAgent(
  connection: MediaConnection,
  agent: (peer: AgentPeer) => void,
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
  const session: MediaSession = new MediaSession({
    ...given,
    ...{ connection, role: 'application' },
    listener: {
      started: (start) => listener(start),
      event: (event) => listener(event),
      ended: ({ reason, error }) => {
        const why = reason ?? error?.message;
        listener({ type: 'end', ...(why !== undefined && { reason: why }) });
      },
    },
  });
  agent({
    get format() {
      return session.format;
    },
    say: (event) => {
      if (event.type === 'audio') return session.send(spoken.in(session.format, event));
      if (event.type === 'mark' || event.type === 'clear') sayRest();
      return session.send(event);
    },
    listen: (given) => {
      checkArgument('listener', given, callback);
      listener = given;
    },
    end: (reason) => {
      sayRest();
      session.end(reason);
    },
  });
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
