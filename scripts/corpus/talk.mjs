// Lays out who says what, and when, with the truth of it.

const RATE = 16_000;
const samplesOf = (ms) => Math.round((ms * RATE) / 1000);

/** Kinds of what comes next, with how often they come. */
const STEPS = [
  ['transfer', 10],
  ['hold', 4],
  ['backchannel', 4],
  ['interruption', 3],
  ['failed-barge-in', 2],
  ['dual-start', 2],
  ['dead-air', 1],
];

/**
 * @typedef {{ leg: 0 | 1, at: number, samples: Int16Array, spans: { from: number, to: number }[], text: string }} Said
 * @typedef {{ kind: string, leg: 0 | 1, at: number, offset?: number, to?: number }} TalkEvent
 */

/**
 * A conversation of at least `seconds` that begins at sample `from`.
 * @returns {{ said: Said[], events: TalkEvent[], end: number }}
 */
export function layOut({ seconds, from = 0, voices, random }) {
  const talk = new Talk(voices, random, from);
  while (talk.end < from + seconds * RATE) talk.step();
  return talk;
}

class Talk {
  said = [];
  events = [];
  #voices;
  #random;
  /** Who has the floor, and what that leg says. */
  #leg;
  #last;

  constructor(voices, random, from) {
    this.#voices = voices;
    this.#random = random;
    this.#leg = random.whole(0, 1);
    this.#last = this.#say(this.#leg, from + samplesOf(500), this.#long());
  }

  get end() {
    return this.#last.at + this.#last.samples.length;
  }

  step() {
    const total = STEPS.reduce((sum, [, weight]) => sum + weight, 0);
    let rest = this.#random.between(0, total);
    const [kind] =
      STEPS.find(([, weight]) => {
        rest -= weight;
        return rest < 0;
      }) ?? STEPS[0];
    const length = this.#last.samples.length;
    if (kind === 'hold') this.#hold(this.#random.between(350, 1100));
    else if (kind === 'dead-air') this.#deadAir();
    else if (kind === 'dual-start') this.#dualStart();
    else if (kind === 'backchannel' && length > samplesOf(2200)) this.#within('short', kind);
    else if (kind === 'failed-barge-in' && length > samplesOf(3200)) this.#within('middle', kind);
    else if (kind === 'interruption' && length > samplesOf(2400)) this.#interrupt();
    else this.#transfer();
  }

  #long(leg = this.#leg) {
    return this.#random.pick(this.#voices[leg].long);
  }

  #say(leg, at, utterance, length = utterance.samples.length) {
    const samples = utterance.samples.slice(0, length);
    // Who stops does so within 10 ms.
    for (let i = 0; i < 160 && length < utterance.samples.length; i++)
      samples[samples.length - 1 - i] = (samples[samples.length - 1 - i] * i) / 160;
    const spans = utterance.spans
      .filter((span) => span.from < length)
      .map((span) => ({ from: span.from, to: Math.min(span.to, length) }));
    const said = { leg, at, samples, spans, text: utterance.text };
    this.said.push(said);
    return said;
  }

  #transfer() {
    const overlaps = this.#random.chance(0.4);
    const ms = overlaps
      ? this.#random.between(-200, -40)
      : Math.min(1500, Math.abs(this.#random.normal(250, 250)) + 40);
    const at = this.end + samplesOf(ms);
    const leg = 1 - this.#leg;
    const offset = at - this.end;
    this.#leg = leg;
    this.#last = this.#say(leg, at, this.#long());
    this.events.push({ kind: 'transfer', leg, at, offset });
  }

  #hold(ms) {
    this.#last = this.#say(this.#leg, this.end + samplesOf(ms), this.#long());
  }

  #deadAir() {
    const from = this.end;
    const to = from + samplesOf(this.#random.between(6000, 11_000));
    this.events.push({ kind: 'dead-air', leg: this.#leg, at: from, to });
    if (this.#random.chance(0.5)) this.#leg = 1 - this.#leg;
    this.#last = this.#say(this.#leg, to, this.#long());
  }

  /** Says something short enough while the other goes on, where the other has no long pause. */
  #within(size, kind) {
    const leg = 1 - this.#leg;
    const holder = this.#last;
    const limit = kind === 'backchannel' ? [120, 560] : [750, 3000];
    const fitting = this.#voices[leg][size].filter(
      ({ samples, spans }) =>
        spans.length === 1 && samples.length >= samplesOf(limit[0]) && samples.length <= samplesOf(limit[1]),
    );
    const utterance = fitting.length > 0 ? this.#random.pick(fitting) : undefined;
    const room = holder.spans.find(
      (span) => span.to - span.from > (utterance?.samples.length ?? 0) + samplesOf(1000),
    );
    if (!utterance || !room) return this.#transfer();
    const latest = room.to - samplesOf(500) - utterance.samples.length;
    const at = holder.at + Math.round(this.#random.between(room.from + samplesOf(400), latest));
    this.#say(leg, at, utterance);
    this.events.push({ kind, leg, at });
    this.#hold(this.#random.between(400, 900));
  }

  #interrupt() {
    const holder = this.#last;
    const leg = 1 - this.#leg;
    const room = holder.spans.find((span) => span.to - span.from > samplesOf(1900));
    if (!room) return this.#transfer();
    const at = Math.round(this.#random.between(room.from + samplesOf(600), room.to - samplesOf(1100)));
    const stop = at + samplesOf(this.#random.between(380, 800));
    this.said.splice(this.said.indexOf(holder), 1);
    const cut = this.#say(holder.leg, holder.at, holder, stop);
    const start = cut.at + at;
    const offset = start - (cut.at + stop);
    this.#leg = leg;
    this.#last = this.#say(leg, start, this.#long(leg));
    this.events.push({ kind: 'interruption', leg, at: start, offset });
  }

  #dualStart() {
    const at = this.end + samplesOf(this.#random.between(900, 2000));
    const keeps = this.#random.whole(0, 1);
    const later = at + samplesOf(this.#random.between(0, 110));
    const [first, second] = this.#random.chance(0.5) ? [keeps, 1 - keeps] : [1 - keeps, keeps];
    const starts = { [first]: at, [second]: later };
    const brief = this.#random.pick(this.#voices[1 - keeps].middle);
    this.#say(
      1 - keeps,
      starts[1 - keeps],
      brief,
      Math.min(brief.samples.length, samplesOf(this.#random.between(500, 900))),
    );
    this.#leg = keeps;
    this.#last = this.#say(keeps, starts[keeps], this.#long(keeps));
    this.events.push({ kind: 'dual-start', leg: second, at: later });
  }
}
