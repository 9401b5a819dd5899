// Compares what an analysis says with the truth of a call. What speakers do to each other is, in truth, what the
// definitions make of who really spoke when.
import { silencesOf } from '../../build/analysis/turns/silences.js';
import { turnsOf } from '../../build/analysis/turns/turn-events.js';

/** The default thresholds, in samples. */
const RULES = { backchannel: 9600, interruption: 4000, dualStart: 3200, resume: 16_000, lapse: 80_000 };

/** Longest time between an event and the one that is found for it, in samples: 250 ms. */
const NEAR = 4000;

/** A tally of what is there, what was found, and how far off. */
export class Tally {
  truth = 0;
  found = 0;
  right = 0;
  /** Errors in ms. */
  errors = [];

  get precision() {
    return this.found === 0 ? 1 : this.right / this.found;
  }

  get recall() {
    return this.truth === 0 ? 1 : this.right / this.truth;
  }

  /** Error that a part of them stays below. */
  error(part) {
    const sorted = this.errors.map(Math.abs).sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
  }

  match(truth, found, isSame, placeOf = (each) => each.at, near = NEAR) {
    this.truth += truth.length;
    this.found += found.length;
    const left = [...found];
    for (const each of truth) {
      const index = left.findIndex(
        (other) => isSame(each, other) && Math.abs(placeOf(each) - placeOf(other)) <= near,
      );
      if (index < 0) continue;
      const [other] = left.splice(index, 1);
      this.right++;
      this.errors.push(((placeOf(other) - placeOf(each)) * 1000) / 16_000);
    }
  }
}

const FRAME = 160;

/** Kinds of tones and of events, and the names of their tallies. */
const TONES = new Map([
  ['ring-back', 'ring-back'],
  ['beep', 'beep'],
  ['fax-calling', 'fax tone'],
]);
const TURNS = new Map([
  ['interruption', 'interruption'],
  ['failed-barge-in', 'barge-in that failed'],
  ['backchannel', 'backchannel'],
  ['dual-start', 'dual start'],
]);

/** Adds one call's report to tallies by name. @param {Map<string, Tally>} tallies */
export function score(truth, report, tallies, suffix = '') {
  const of = (name) => {
    const key = name + suffix;
    if (!tallies.has(key)) tallies.set(key, new Tally());
    return tallies.get(key);
  };
  for (const leg of [0, 1]) {
    const found = report.legs[leg];
    speechFrames(of('speech (frames of 10 ms)'), truth.speech[leg], found.speech, report.samples);
    of('begin of a unit of speech').match(
      truth.speech[leg],
      found.speech,
      () => true,
      ({ from }) => from,
    );
    of('end of a unit of speech').match(
      truth.speech[leg],
      found.speech,
      () => true,
      ({ to }) => to,
    );
    const tones = truth.tones.filter((tone) => tone.leg === leg);
    for (const [kind, name] of TONES)
      of(name).match(
        tones.filter((tone) => tone.kind === kind),
        found.tones.filter((tone) => tone.kind === kind),
        () => true,
        ({ from }) => from,
      );
    of('tone of another kind').match(
      [],
      found.tones.filter(({ kind }) => !TONES.has(kind)),
      () => true,
    );
    of('key').match(
      truth.keys.filter((key) => key.leg === leg),
      found.pressed,
      (a, b) => a.digit === b.digit,
      ({ from }) => from,
    );
    speechFrames(
      of('music (frames of 10 ms)'),
      truth.music.filter((each) => each.leg === leg),
      found.music,
      report.samples,
    );
    const level = of('noise floor');
    level.truth++;
    if (typeof found.noiseFloorDbfs === 'number') {
      level.found++;
      level.right++;
      level.errors.push(found.noiseFloorDbfs - truth.noiseDbfs);
    }
    const echo = of('echo');
    const has = truth.echo?.leg === leg;
    echo.truth += has ? 1 : 0;
    if (found.echo && !found.echo.notComputable) {
      echo.found++;
      const off = has ? found.echo.delayMs - truth.echo.delay / 16 : Number.POSITIVE_INFINITY;
      if (Math.abs(off) < 5) {
        echo.right++;
        echo.errors.push(off);
        of('echo level').match([{ at: 0 }], [{ at: 0 }], () => true);
        of('echo level').errors.push(found.echo.levelDb - truth.echo.gainDb);
      }
    }
  }
  const { events } = turnsOf(truth.speech, RULES);
  const offsets = of('change of speaker');
  const isChange = ({ kind }) => kind === 'transfer' || kind === 'interruption';
  const sameLeg = (a, b) => a.leg === b.leg;
  offsets.match(events.filter(isChange), report.talk.events.filter(isChange), sameLeg);
  const pairs = of('its offset');
  for (const each of events.filter(isChange)) {
    const other = report.talk.events.find(
      (event) => isChange(event) && event.leg === each.leg && Math.abs(event.at - each.at) <= NEAR,
    );
    pairs.truth++;
    if (!other) continue;
    pairs.found++;
    pairs.right++;
    pairs.errors.push((other.offset - each.offset) / 16);
  }
  for (const [kind, name] of TURNS) {
    const ofKind = (event) => event.kind === kind;
    of(name).match(
      events.filter(ofKind),
      report.talk.events.filter(ofKind),
      kind === 'dual-start' ? () => true : sameLeg,
    );
  }
  const sounds = [...truth.tones, ...truth.music, ...truth.keys];
  const dead = silencesOf([...truth.speech, sounds], report.samples).filter(
    ({ from, to }) => to - from >= LEAST_DEAD,
  );
  const heard = report.legs.flatMap(({ speech, tones, music, pressed }) => [
    ...speech,
    ...tones,
    ...music,
    ...pressed,
  ]);
  const found = silencesOf([heard], report.samples).filter(({ from, to }) => to - from >= LEAST_DEAD);
  of('dead air').match(
    dead,
    found,
    () => true,
    ({ from }) => from,
  );
}

const LEAST_DEAD = 5 * 16_000;

function speechFrames(tally, truth, found, length) {
  const frames = Math.floor(length / FRAME);
  const mark = (spans) => {
    const marks = new Uint8Array(frames);
    for (const { from, to } of spans)
      marks.fill(1, Math.max(0, Math.round(from / FRAME)), Math.round(to / FRAME));
    return marks;
  };
  const [a, b] = [mark(truth), mark(found)];
  for (let i = 0; i < frames; i++) {
    tally.truth += a[i];
    tally.found += b[i];
    tally.right += a[i] & b[i];
  }
}
