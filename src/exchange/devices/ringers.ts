import type { Fence } from '../../base/listener/fence.js';
import { PTIME_MS } from '../../base/pcm.js';
import type { CancelTimer, Clock } from '../../base/time/clock.js';
import { FRAME_SAMPLES } from '../../switch/party.js';
import { toneSamples } from '../../voice/tone/tone-samples.js';
import type { ClientFiles } from '../client-files.js';
import { BUILT_IN_RINGTONE, type ExchangeUser } from '../exchange-user.js';
import type { FileSource } from '../voice/file-stream.js';
import type { SoundCard } from './sound-card.js';

/** Silence between two repeats of the ring tone, in frames. */
const PAUSE_FRAMES = 2000 / PTIME_MS;

let builtIn: Int16Array | undefined;

/** The part of the exchange that {@link Ringers} uses. */
export interface RingersContext {
  readonly clock: Clock;
  readonly files: ClientFiles;
  readonly fence: Fence;
}

/** Plays the ring tones of all users. All ringing calls of one user share one ring. */
export class Ringers {
  readonly #context: RingersContext;
  readonly #ringing = new Map<ExchangeUser, { readonly calls: Set<object>; readonly ring: Ring }>();

  constructor(context: RingersContext) {
    this.#context = context;
  }

  /** Records that a call has started or stopped ringing at a user. */
  set(user: ExchangeUser, call: object, rings: boolean): void {
    const known = this.#ringing.get(user);
    if (!rings) {
      if (!known?.calls.delete(call) || known.calls.size > 0) return;
      this.#ringing.delete(user);
      known.ring.stop();
    } else if (known) known.calls.add(call);
    else {
      const cards = cardsOf(user);
      if (cards.length === 0 || !user.ringtone.on) return;
      const ring = new Ring(user.ringtone.file, cards, this.#context);
      this.#ringing.set(user, { calls: new Set([call]), ring });
    }
  }
}

/** A sound card that rings. */
type RingingCard = Pick<SoundCard, 'play'>;

/** Gives the sound cards that ring: that of RINGER, and the built-in speaker if PCSPEAKER is on. */
function cardsOf({ settings, parameters }: ExchangeUser): RingingCard[] {
  const { soundCard, pcSpeaker } = settings;
  const own = soundCard.ring && { play: (frame: Int16Array) => soundCard.ring?.(frame) };
  const { ringer = own } = settings;
  const speaker = parameters.get('PCSPEAKER') === 'ON' ? pcSpeaker : undefined;
  return [ringer, speaker].filter((card) => card !== undefined);
}

/** A ring tone that is repeated until it is stopped. */
class Ring {
  readonly #context: RingersContext;
  readonly #file: string;
  readonly #cards: readonly RingingCard[];
  #cancelTimer: CancelTimer | undefined;
  #due: number;
  #stopped = false;
  #pause = 0;
  /** File that is played; undefined for the built-in tone. */
  #source: FileSource | undefined;
  /** Position in the built-in tone, in samples. */
  #at = 0;

  constructor(file: string, cards: readonly RingingCard[], context: RingersContext) {
    this.#file = file;
    this.#cards = cards;
    this.#context = context;
    this.#due = context.clock.now();
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
    void this.#close();
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#cancelTimer = this.#context.clock.timerAt(this.#due, () => this.#tick());
    this.#due += PTIME_MS;
  }

  async #tick(): Promise<void> {
    const frame = new Int16Array(FRAME_SAMPLES);
    try {
      await this.#fill(frame);
      // The ringing may have been stopped while the file was opened.
      if (this.#stopped) return await this.#close();
      for (const card of this.#cards) card.play(frame);
      this.#schedule();
    } catch (error) {
      this.#context.fence.tell(error, 'ringer');
      this.stop();
    }
  }

  async #fill(frame: Int16Array): Promise<void> {
    if (this.#pause > 0) {
      this.#pause--;
      return;
    }
    this.#source ??= await this.#open();
    if (this.#source) await this.#source.read(frame);
    else this.#fillBuiltIn(frame);
    if (this.#source ? this.#source.over : this.#at === 0) {
      await this.#close();
      this.#pause = PAUSE_FRAMES;
    }
  }

  /** Opens the file. If it can no longer be read, the built-in tone is used. */
  async #open(): Promise<FileSource | undefined> {
    if (this.#file === BUILT_IN_RINGTONE) return undefined;
    return this.#context.files
      .source(this.#file, (error) => this.#context.fence.tell(error, 'ringer'))
      .catch(() => undefined);
  }

  #fillBuiltIn(frame: Int16Array): void {
    builtIn ??= toneSamples({ frequency: [440, 480], durationMs: 1000, levelDbfs: -18 });
    const part = builtIn.subarray(this.#at, this.#at + frame.length);
    frame.set(part);
    this.#at += frame.length;
    if (this.#at >= builtIn.length) this.#at = 0;
  }

  async #close(): Promise<void> {
    const source = this.#source;
    this.#source = undefined;
    await source?.close();
  }
}
