// Bad lines in virtual time, with a voice whose every sample tells its place: what a jitter buffer plays against what
// was said.

const FRAME = 320;
const PACKET = 160;
/** Samples of a run by which a place is known, and how far it may have moved, at 8 kHz. */
const RUN = 12;
const REACH = 2400;
/** A join to what was made up, or of two periods, and what is right behind it and too short to be known, at 8 kHz. */
const JOIN = 32 + RUN;
const SEED = 7;

/** Fate of each packet on a line: its delay beyond the usual one, in ms; nothing for one that is lost. */
export const LINES = {
  clean: () => () => 0,
  '1 % lost at random': (random) => () => (random() < 0.01 ? undefined : 0),
  '5 % lost at random': (random) => () => (random() < 0.05 ? undefined : 0),
  '1 % lost in bursts': (random) => bursts(random, 0.01),
  '5 % lost in bursts': (random) => bursts(random, 0.05),
  'reordered: every tenth 50 ms late': () => (n) => (n % 10 === 0 ? 50 : 0),
  'jitter of 200 ms': (random) => () => random() * 200,
  'clock off by 500 ppm': () => (n) => n * 20 * 500e-6,
};

/** Gilbert and Elliott's model: a loss is followed by another one in 7 of 10 cases. */
function bursts(random, share) {
  let bad = false;
  return () => {
    bad = random() < (bad ? 0.7 : (0.3 * share) / (1 - share));
    return bad ? undefined : 0;
  };
}

function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Carries packets to the session at its other end. */
class End {
  port = 4000;
  rtcpPort = 4001;
  onPacket = () => undefined;
  carry = () => undefined;
  send(bytes, _, isRtcp) {
    if (!isRtcp) this.carry(bytes);
  }
  async close() {}
}

/** Voice of a speaker, loud and in pauses, with noise of its own by which each stretch is unlike every other. */
function speaker(random) {
  let [phase, tick] = [0, 0];
  return (frame) => {
    const level = tick % 100 < 70 ? 1 : 0.01;
    for (let i = 0; i < FRAME; i++) {
      phase += 0.13 + 0.05 * Math.sin(tick / 9);
      frame[i] = (8000 * Math.sin(phase) + 3000 * (random() - 0.5)) * level;
    }
    tick++;
  };
}

/** Plays a line for a time. Parts of the package are given, so that a test can play it from its source. */
export async function playLine({ RtpSession, VirtualClock, decodeG711 }, name, seconds) {
  const clock = new VirtualClock();
  const [near, far] = [new End(), new End()];
  const agreed = { remote: { address: '192.0.2.1', port: 5000 }, codec: 'PCMU', payloadType: 0 };
  const sender = await RtpSession.open({ clock, transport: near });
  const receiver = await RtpSession.open({ clock, transport: far, timeoutMs: 0 });
  await sender.connect(agreed);
  await receiver.connect(agreed);
  const delayOf = LINES[name](randomFrom(SEED));
  const speak = speaker(randomFrom(SEED + 1));
  const ticks = seconds * 50;
  const said = new Int16Array(ticks * PACKET);
  const heard = new Int16Array(ticks * PACKET);
  const madeUp = new Uint8Array(heard.length);
  let [packets, delays] = [0, 0];
  const waiting = [];
  near.carry = (bytes) => {
    said.set(decodeG711(bytes.subarray(12), 'mulaw'), packets * PACKET);
    // What has become of the last packets is known when others come: those of the last second do.
    const isLast = packets >= ticks - 50;
    const delay = delayOf(packets++) ?? (isLast ? 0 : undefined);
    if (delay !== undefined) waiting.push({ at: clock.now() + delay, bytes: Buffer.from(bytes) });
  };
  const frame = new Int16Array(FRAME);
  for (let tick = 0; tick < ticks; tick++) {
    await clock.advance(20);
    speak(frame);
    await sender.voice.hear(frame);
    waiting.sort((a, b) => a.at - b.at);
    while (waiting.length > 0 && waiting[0].at <= clock.now()) {
      far.onPacket(waiting.shift().bytes, { address: '192.0.2.1', port: 5000 }, false);
    }
    await receiver.voice.speak(frame);
    // Every second sample of 16 kHz is one that came, as it came.
    for (let i = 0; i < PACKET; i++) heard[tick * PACKET + i] = frame[2 * i];
    for (const { from, samples } of receiver.voice.madeUp()) {
      const begin = tick * PACKET + Math.round(from / 2);
      madeUp.fill(1, Math.max(0, begin), Math.max(0, begin + samples / 2));
    }
    delays += receiver.stats().playout.delayMs;
  }
  const { playout, received, quality } = receiver.stats();
  await Promise.all([sender.close(), receiver.close()]);
  return { delayMs: delays / ticks, playout, received, quality, ...compare(said, heard, madeUp) };
}

const HEAD = [
  '| line | delay, ms | packets lost | late | made up, ms | joined, ms | wrong | put in, ms | taken out, ms | MOS |',
  '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
];

/** The table of docs/lines.md. */
export async function tableOfLines(parts, secondsOf) {
  const rows = [...HEAD];
  for (const name of Object.keys(LINES)) {
    const { delayMs, received, playout, joined, wrong, quality } = await playLine(
      parts,
      name,
      secondsOf(name),
    );
    const { late, concealedMs, insertedMs, removedMs } = playout;
    const figures = [delayMs, received.lost, late, concealedMs, joined / 8, wrong, insertedMs, removedMs];
    const cells = figures.map((each) => Math.round(each));
    rows.push(`| ${name} | ${cells.join(' | ')} | ${quality.mos.toFixed(2)} |`);
  }
  return rows;
}

/**
 * Compares what was played with what was said. `joined`: samples that differ since they are faded into what was made up,
 * or two periods into each other, `wrong`: others that differ and were not told as made up, `moved`: how much later the
 * last is played than the first, all at 8 kHz.
 */
function compare(said, heard, madeUp) {
  let at = heard.findIndex((sample) => Math.abs(sample) > 20);
  while (at < heard.length && placeOf(said, heard, at, -at, 0) === undefined) at++;
  let shift = placeOf(said, heard, at, -at, 0) ?? 0;
  const first = shift;
  const counts = { compared: 0, joined: 0, wrong: 0 };
  while (at < heard.length) {
    if (madeUp[at] === 1 || heard[at] === said[at + shift]) {
      counts.compared += 1 - madeUp[at];
      at++;
      continue;
    }
    const begin = at;
    let found;
    while (at < heard.length && found === undefined && madeUp[at] === 0) {
      found = placeOf(said, heard, at, Math.max(-at, shift - REACH), shift + REACH, shift);
      if (found === undefined) at++;
    }
    const length = at - begin;
    const isJoin = length <= JOIN && (isNear(madeUp, begin) || madeUp[at] === 1 || found !== shift);
    counts[isJoin ? 'joined' : 'wrong'] += length;
    counts.compared += length;
    shift = found ?? shift;
  }
  return { ...counts, moved: first - shift };
}

function isNear(madeUp, at) {
  return madeUp.subarray(Math.max(0, at - JOIN), at).includes(1);
}

/** Shift from a place in what was played to that in what was said, the nearest to `near` of those from `least` to `most`. */
function placeOf(said, heard, at, least, most, near = most) {
  if (at + RUN > heard.length) return undefined;
  for (let off = 0; near - off >= least || near + off <= most; off++) {
    for (const shift of off === 0 ? [near] : [near - off, near + off]) {
      if (shift < least || shift > most || at + shift < 0) continue;
      let same = 0;
      while (same < RUN && heard[at + same] === said[at + shift + same]) same++;
      if (same === RUN) return shift;
    }
  }
  return undefined;
}
