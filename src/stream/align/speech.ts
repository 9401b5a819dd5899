import { msToSamples, type PcmSink } from '../../base/pcm.js';
import type { AlignedLeg } from './aligned-leg.js';
import type { AlignedOutput } from './aligned-output.js';
import type { SpanReason } from './ledger.js';
import type { NamedStretch } from './stretch-places.js';

/** Most of a speech that may be under way between two programs, in samples. */
const UNDER_WAY = msToSamples(300);

/** The recording that a {@link Speech} lies in. */
export interface SpeechContext {
  readonly output: AlignedOutput;
  readonly local: AlignedLeg;
  readonly remote: AlignedLeg;
  /** Called for each stretch of the time line in which what was said is lost. */
  onLost(stretch: NamedStretch<SpanReason>): void;
}

/**
 * Speech of one other program in the call, in place of the local leg. It is sent without a gap. So a gap of its
 * positions was lost on the way: it is silent, and missing in the ledger. The microphone was not heard there.
 */
class Speech {
  readonly #context: SpeechContext;
  readonly #leave: () => void;
  /** Position that comes next; undefined before the first sample. */
  #next: number | undefined;

  constructor(context: SpeechContext) {
    this.#context = context;
    this.#leave = context.output.spoken.begin();
  }

  /** Place on the time line that it has reached; undefined before the first sample. */
  get reach(): number | undefined {
    return this.#next === undefined ? undefined : this.#next + this.#context.remote.moved;
  }

  /** Takes samples that begin at `position` of the remote leg's stream. */
  say(samples: Int16Array, position: number): void {
    const { output, local, remote } = this.#context;
    const next = this.#next ?? position;
    this.#next = Math.max(next, position + samples.length);
    const place = position + remote.moved;
    if (position > next) this.#lose(next + remote.moved, place, 'dropped');
    // What is final cannot be changed any more: the file has what was there before.
    const { spoken, finalEnd } = output;
    this.#lose(Math.max(place, spoken.end), Math.min(place + samples.length, finalEnd), 'late');
    output.put('spoken', spoken.take(samples, place, Math.max(finalEnd, local.gapEnd)));
  }

  /** Ends it. When it broke off, nothing is known of what was said since. */
  end(error?: Error): void {
    const { reach } = this;
    if (error && reach !== undefined) this.#lose(reach, this.#context.remote.reach, 'connection-lost');
    this.#leave();
  }

  /** Gives up what has not come of it before `position`, except for a little that is under way when a call ends. */
  giveUp(position: number): void {
    const { reach } = this;
    if (reach !== undefined && position - reach > UNDER_WAY) this.#lose(reach, position, 'late');
  }

  #lose(from: number, to: number, reason: SpanReason): void {
    if (to <= from) return;
    const { output, local, onLost } = this.#context;
    for (const part of output.spoken.cover(from, to, output.finalEnd)) {
      // Beyond its end the leg has put nothing yet that would have to be silenced.
      const length = Math.min(part.to, local.end) - part.from;
      if (length > 0) output.put('spoken', [{ samples: new Int16Array(length), position: part.from }]);
    }
    const stretch = { from, samples: to - from, reason };
    local.ledger.lose(stretch.from, stretch.samples, reason);
    onLost(stretch);
  }
}

/** Speech of all other programs in a call. */
export class Speeches {
  readonly #context: SpeechContext;
  readonly #open = new Set<Speech>();

  constructor(context: SpeechContext) {
    this.#context = context;
  }

  /** Places that those have reached which have not ended. */
  get reaches(): readonly number[] {
    return [...this.#open].flatMap(({ reach }) => reach ?? []);
  }

  /** Makes a sink for what one more program says. */
  begin(): PcmSink {
    const speech = new Speech(this.#context);
    this.#open.add(speech);
    return {
      write: (samples, position) => {
        if (this.#open.has(speech)) speech.say(samples, position);
      },
      end: (error) => {
        if (this.#open.delete(speech)) speech.end(error);
      },
    };
  }

  /** Ends what has not ended, in a recording that ends at `position`. */
  finish(position: number): void {
    for (const speech of this.#open) speech.giveUp(position);
    this.#open.clear();
  }
}
