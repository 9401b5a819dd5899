import { JackfieldError } from '../../base/errors.js';
import { VOICE_FORMAT } from '../../base/pcm.js';
import type { MediaAudio } from '../../line/dialect/media-event.js';
import { ToVoice } from '../../line/media/to-voice.js';
import type { Player } from '../../stream/player.js';

/** Amount of one item of the agent's speech that was heard before it was cut. */
export interface HeardItem {
  /** Name that the agent gave the item; empty when it has none. */
  readonly item: string;
  /** Milliseconds that were heard, exact to the sample; never more than `receivedMs`. */
  readonly heardMs: number;
  /** Milliseconds received from the agent. */
  readonly receivedMs: number;
}

/** Receives notices about an agent's speech. */
export interface SpeechListener {
  /** Everything before a mark was heard, or was cleared. Marks come in order. */
  marked(name: string, heard: boolean): void;
  /** The queue is full and the newest audio is dropped. Called once until there is room again. */
  overflowed(): void;
}

/** Most audio that may wait to be played, in samples: 10 minutes. An agent may send a whole answer at once. */
const MAX_WAITING = 600 * VOICE_FORMAT.sampleRate;
/** Most names kept of items that were cut and may still arrive. */
const MAX_CUT = 32;

/** One item of the agent's speech: all audio of one name. */
interface Item {
  readonly name: string;
  /** Milliseconds received. */
  receivedMs: number;
  /** Samples queued in all, samples sent, and samples still waiting. */
  queued: number;
  left: number;
  waiting: number;
}

/** A mark and, once known, its position on the player's time line. */
interface Mark {
  readonly name: string;
  at?: number;
  isCleared?: true;
}

/**
 * Plays an agent's audio to the caller. It counts the samples of each item that were sent. A sent sample counts as
 * heard, since it cannot be taken back. No clock is used. Clearing drops at once the samples that were not sent yet.
 */
export class AgentSpeech {
  readonly #player: Player;
  readonly #listener: SpeechListener;
  readonly #toVoice = new ToVoice();
  #items: Item[] = [];
  #marks: Mark[] = [];
  /** Resolves to the end of the last playback. */
  #last: Promise<number> | undefined;
  readonly #cut = new Set<string>();
  #waiting = 0;
  #end = 0;
  #heard = 0;
  #isFull = false;

  constructor(player: Player, listener: SpeechListener) {
    this.#player = player;
    this.#listener = listener;
  }

  /** True while audio waits or is on its way to the caller. */
  get isSpeaking(): boolean {
    return this.#waiting > 0 || this.#end > this.#heard;
  }

  /** Queues audio, unless it belongs to an item that was cut. @throws ERR_CLOSED when the player is over. */
  write(audio: MediaAudio): void {
    const { item: name = '', samples, sampleRate, channels } = audio;
    if (name !== '' && this.#cut.has(name)) return;
    if (this.#items.at(-1)?.name !== name) {
      this.end();
      this.#items.push({ name, receivedMs: 0, queued: 0, left: 0, waiting: 0 });
    }
    const item = this.#items.at(-1);
    if (!item) return;
    item.receivedMs += (samples.length * 1000) / (channels * sampleRate);
    this.#play(item, this.#toVoice.push(audio));
  }

  /** Completes the current item: plays the last samples of its rate conversion, unless the player is over. */
  end(): void {
    const item = this.#items.at(-1);
    try {
      if (item) this.#play(item, this.#toVoice.flush());
    } catch (error) {
      if (!(error instanceof JackfieldError && error.code === 'ERR_CLOSED')) throw error;
    }
  }

  /** Reports the mark `name` when all audio before it was heard or cleared. */
  mark(name: string): void {
    this.end();
    const mark: Mark = { name };
    this.#marks.push(mark);
    const placed = (at: number) => {
      mark.at = at;
      this.#reach();
    };
    if (this.#waiting === 0) placed(this.#end);
    else void this.#last?.then(placed);
  }

  /** Records that the caller has heard the player's audio up to `position`. */
  heardUpTo(position: number): void {
    this.#heard = position;
    // No audio came for as long as a sample takes to be heard: this is not a gap between two messages of one word.
    if (!this.isSpeaking) this.end();
    this.#reach();
  }

  /**
   * Drops the audio that was not sent yet. Resolves to the heard part of each item that was not heard whole. With
   * `isOver`, the rest of these items is also dropped when the agent sends it later.
   */
  async clear({ isOver = false }: { readonly isOver?: boolean } = {}): Promise<readonly HeardItem[]> {
    this.#toVoice.reset();
    const items = this.#items;
    const last = this.#last;
    this.#items = [];
    if (isOver) for (const { name } of items) this.#forget(name);
    for (const mark of this.#marks) if (mark.at === undefined) mark.isCleared = true;
    await this.#player.clear();
    await last;
    this.#reach();
    return items
      .filter(({ left, queued }) => left < queued)
      .map(({ name, left, receivedMs }) => ({
        item: name,
        heardMs: Math.min((left * 1000) / VOICE_FORMAT.sampleRate, receivedMs),
        receivedMs,
      }));
  }

  #play(item: Item, samples: Int16Array): void {
    const { length } = samples;
    if (length === 0) return;
    item.queued += length;
    if (this.#waiting + length > MAX_WAITING) {
      if (!this.#isFull) this.#listener.overflowed();
      this.#isFull = true;
      return;
    }
    this.#isFull = false;
    const { finished } = this.#player.play(samples);
    this.#waiting += length;
    item.waiting += length;
    this.#last = finished.then(({ to, played }) => {
      this.#waiting -= length;
      item.waiting -= length;
      item.left += played;
      if (played > 0) this.#end = Math.max(this.#end, to);
      // Items before the last one that were sent whole need no account any more.
      while (this.#items.length > 1 && this.#items[0]?.waiting === 0) this.#items.shift();
      return this.#end;
    });
  }

  #forget(name: string): void {
    this.#cut.add(name);
    const [oldest] = this.#cut;
    if (this.#cut.size > MAX_CUT && oldest !== undefined) this.#cut.delete(oldest);
  }

  #reach(): void {
    for (let mark = this.#marks[0]; mark; mark = this.#marks[0]) {
      const { name, at = Number.POSITIVE_INFINITY, isCleared = false } = mark;
      if (!isCleared && at > this.#heard) return;
      this.#marks.shift();
      this.#listener.marked(name, !isCleared);
    }
  }
}
