// A phone line of one's own: a number that repeats what it hears, a second later: `npm run example -- parrot-line`.
import {
  attach,
  collectSamples,
  MemoryTransport,
  msToSamples,
  openCallVoice,
  PcmServer,
  WavReader,
} from 'jackfield';
import {
  type Attempt,
  type Clock,
  type Conversation,
  type Destination,
  Exchange,
  type Identity,
  type Leg,
  type LineInterface,
  type Party,
  type Placing,
  VirtualClock,
} from 'jackfield/exchange';

const DELAY_MS = 1000;
const RING_MS = 2000;

/** Says what it hears, `DELAY_MS` later. Frames are 20 ms of 16 kHz mono and belong to the caller: they are copied. */
class Parrot implements Party {
  readonly #heard: Int16Array[] = [];

  speak(frame: Int16Array): void {
    const due = this.#heard.length * 20 >= DELAY_MS ? this.#heard.shift() : undefined;
    if (due) frame.set(due);
    else frame.fill(0);
  }

  hear(frame: Int16Array): void {
    this.#heard.push(frame.slice());
  }

  async leave(): Promise<void> {
    this.#heard.length = 0;
  }
}

/** The parrot's end of one call. `#` sends it away. */
class ParrotLeg implements Leg {
  readonly identity: Identity;
  readonly voice = new Parrot();
  #conversation: Conversation | undefined;

  constructor(identity: Identity) {
    this.identity = identity;
  }

  /** It calls somebody, by `exchange.callFrom`. */
  place(placing: Placing): void {
    placing.start();
  }

  connected(conversation: Conversation): void {
    this.#conversation = conversation;
  }

  digit(digit: string): void {
    if (digit === '#') this.#conversation?.end({ kind: 'hung-up' });
  }

  ended(): void {
    this.#conversation = undefined;
  }
}

/** The parrot's phone: rings for two seconds, then answers. */
class ParrotPhone implements Destination {
  readonly identity: Identity;
  readonly #clock: Clock;

  constructor(number: string, clock: Clock) {
    this.identity = { handle: number, fullName: 'Parrot', network: 'PSTN' };
    this.#clock = clock;
  }

  arrive(attempt: Attempt): void {
    attempt.ringing();
    const cancel = this.#clock.timerAt(this.#clock.now() + RING_MS, () =>
      attempt.answer(new ParrotLeg(this.identity)),
    );
    attempt.onWithdrawn(cancel);
  }
}

/** A line with one number. */
export function parrotLine(number: string, clock: Clock): LineInterface {
  return { lineTo: (called) => (called === number ? new ParrotPhone(number, clock) : undefined) };
}

export interface Options {
  /** What to say: a 16 kHz mono WAV file. */
  readonly speech?: string;
}

export interface Result {
  readonly said: Int16Array;
  /** What the parrot said, from the first sample of the call on. */
  readonly heard: Int16Array;
  /** Status in which the call ended, after the `#`. */
  readonly status: string;
}

/** Calls the parrot, speaks to it, and presses `#`. On a virtual clock, so that it takes no time. */
export async function run(options: Options = {}): Promise<Result> {
  const { speech = 'assets/speech/reader-870.wav' } = options;
  const clock = new VirtualClock(Date.now());
  const gateway = parrotLine('+15550123', clock);
  await using exchange = await Exchange.start({ clock, gateway, patienceMs: 5000 });
  await using client = await attach(new MemoryTransport(exchange.endpoint()));
  await using server = new PcmServer();
  await using file = await WavReader.open(speech);
  const said = await collectSamples(file);

  const call = await client.call('+15550123');
  const voice = await openCallVoice(call, server, { microphone: false });
  voice.player.play(said, { at: 0 });
  const frames = voice.remote.frames();
  const listening = (async () => {
    const heard: Int16Array[] = [];
    for await (const { samples, position } of frames) {
      heard.push(samples.slice());
      if (position < said.length + msToSamples(DELAY_MS)) continue;
      await call.sendDtmf('#');
      break;
    }
    return Int16Array.from(heard.flatMap((samples) => [...samples]));
  })();
  await clock.run();
  const heard = await listening;
  return { said, heard, status: await call.ended() };
}
