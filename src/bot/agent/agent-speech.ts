import { JackfieldError } from '../../base/errors.js';
import { VOICE_FORMAT } from '../../base/pcm.js';
import type { MediaAudio } from '../../line/dialect/media-event.js';
import { ToVoice } from '../../line/media/to-voice.js';
import type { Player } from '../../stream/player.js';

/** As much of what the agent said was heard when it was cut. */
export interface HeardItem {
  /** As the agent names it; empty where it names nothing. */
  readonly item: string;
  /** Milliseconds of it that were heard, to the sample; never more than `receivedMs`. */
  readonly heardMs: number;
  /** Milliseconds of it that came from the agent. */
  readonly receivedMs: number;
}

/** Is told of an agent's speech. */
export interface SpeechListener {
  /** All before a mark was heard, or was cleared. Marks come in their order. */
  marked(name: string, heard: boolean): void;
  /** More waits than is kept, and the newest is left out. Told once until there is room again. */
  overflowed(): void;
}

/** Audio that may wait to be heard: an agent sends a whole answer at once. In samples: 10 minutes. */
const MAX_WAITING = 600 * VOICE_FORMAT.sampleRate;
/** Names of things that were cut and may still come in. */
const MAX_CUT = 32;

/** One thing that the agent says: all audio of one name. */
interface Item {
  readonly name: string;
  /** Milliseconds that came. */
  receivedMs: number;
  /** Samples that were queued, that have left, and that are still queued. */
  queued: number;
  left: number;
  waiting: number;
}

/** A mark and its place on the player's line, once that is known. */
interface Mark {
  readonly name: string;
  at?: number;
  isCleared?: true;
}

/**
 * Audio of an agent on its way to the caller. It counts the samples of each thing that have left: those are heard, as
 * nothing takes them back, and no clock is asked. What has not left is forgotten at once when it is cleared.
 */
export class AgentSpeech {
  readonly #player: Player;
  readonly #listener: SpeechListener;
  readonly #toVoice = new ToVoice();
  #items: Item[] = [];
  #marks: Mark[] = [];
  /** End of the last playback, once it is known. */
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

  /** True while something of it waits, or is under way to the caller. */
  get isSpeaking(): boolean {
    return this.#waiting > 0 || this.#end > this.#heard;
  }

  /** Queues audio, unless it belongs to a thing that was cut. @throws ERR_CLOSED when the player is over. */
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

  /** Completes what was begun: the last samples of its rate conversion follow, unless the player is over. */
  end(): void {
    const item = this.#items.at(-1);
    try {
      if (item) this.#play(item, this.#toVoice.flush());
    } catch (error) {
      if (!(error instanceof JackfieldError && error.code === 'ERR_CLOSED')) throw error;
    }
  }

  /** Tells `name` when all that came before it was heard, or was cleared. */
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

  /** The caller has heard the player's line up to here. */
  heardUpTo(position: number): void {
    this.#heard = position;
    // Nothing came for as long as a sample is under way: it is no pause between two messages of one word.
    if (!this.isSpeaking) this.end();
    this.#reach();
  }

  /**
   * Forgets what has not left. Resolves to what was heard of each thing that was not heard whole. With `isOver` the rest of
   * these things, which the agent may still send, is left out as well.
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
      // Things before the last one that have left whole are not asked for any more.
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
