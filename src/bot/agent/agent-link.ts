import { VOICE_FORMAT } from '../../base/pcm.js';
import { MediaSink } from '../../line/fork/media-sink.js';
import type { MediaSession } from '../../line/media/media-session.js';

/** Caller's audio that may wait for the agent, in milliseconds. */
export const MAX_BUFFERED_MS = 400;

/**
 * Connects a call to its agent. The caller's voice and keys go to the current session. Keys pressed between two
 * sessions wait for the next one. While a tool has the call, the agent neither hears nor is heard.
 */
export class AgentLink {
  /** Takes the caller's voice. */
  readonly sink = new MediaSink(VOICE_FORMAT, ['inbound'], MAX_BUFFERED_MS);
  readonly #keys: string[] = [];
  #session: MediaSession | undefined;
  #isAway = false;

  /** True while a tool has the call. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** Switches to a new session. Returns the keys that were pressed before it was there. */
  open(session: MediaSession): string[] {
    this.#session = session;
    session.open();
    if (!this.#isAway) this.sink.attach(session);
    return this.#keys.splice(0);
  }

  /** Sends an event to the agent. Returns false when there is no open session. */
  send(event: Parameters<MediaSession['send']>[0]): boolean {
    return this.#session?.send(event) ?? false;
  }

  /** Sends a key to the agent, or keeps it for the next session. Returns true when it was sent now. */
  press(digit: string): boolean {
    if (this.#session?.isOpen) return this.#session.send({ type: 'dtmf', digit });
    this.#keys.push(digit);
    return false;
  }

  /** Detaches the caller's voice from a session that is over. The voice waits for the next session. */
  lose(): void {
    this.sink.attach(undefined);
  }

  /** Gives the call to a tool. */
  leave(): void {
    this.#isAway = true;
    this.sink.attach(undefined);
  }

  comeBack(): void {
    this.#isAway = false;
    this.sink.attach(this.#session);
  }

  end(): void {
    this.#session?.end();
  }
}
