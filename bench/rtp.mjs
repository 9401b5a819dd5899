// RTP: parsing and writing, SRTP, and the jitter buffer on bad lines in virtual time. `npm run bench:rtp`.
import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { SrtpContext } from '../build/line/rtp/srtp.js';
import { RtpSession, readRtp, VirtualClock, writeRtp } from '../dist/line.js';

const FRAME = 320;
const print = (line) => process.stdout.write(`${line}\n`);
const random = (() => {
  let state = 7;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
})();

/** Microseconds of processor time that one run of each of `works` takes: the best of several rounds, in turn. */
function microseconds(works, count = 20_000) {
  const best = works.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < 9; round++) {
    for (const [n, work] of works.entries()) {
      const begin = process.cpuUsage();
      for (let i = 0; i < count; i++) work(i);
      const { user, system } = process.cpuUsage(begin);
      best[n] = Math.min(best[n], (user + system) / count);
    }
  }
  return best;
}

/** Protecting and undoing it with a call of node:crypto for the keystream and the tag of each packet: the usual way. */
function usualSrtp() {
  const [cipherKey, authKey, salt] = [Buffer.alloc(16, 1), Buffer.alloc(20, 2), Buffer.alloc(16, 3)];
  const rollOver = Buffer.alloc(4);
  const cover = (bytes, index) => {
    const counter = Buffer.from(salt);
    counter.writeUInt32BE(index, 10);
    counter.writeUInt16BE(0, 14);
    createCipheriv('aes-128-ctr', cipherKey, counter).update(bytes).copy(bytes);
  };
  const tag = (bytes) => createHmac('sha1', authKey).update(bytes).update(rollOver).digest().subarray(0, 10);
  return (packet, index) => {
    cover(packet.subarray(12), index);
    const whole = Buffer.concat([packet, tag(packet)]);
    const plain = whole.subarray(0, -10);
    if (!timingSafeEqual(tag(plain), whole.subarray(-10))) throw new Error('unauthentic');
    cover(plain.subarray(12), index);
    return plain;
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

const remote = { address: '192.0.2.1', port: 5000 };
const agreed = { remote, codec: 'PCMU', payloadType: 0 };

/** Delay of each packet beyond the usual, in ms; nothing for one that is lost. */
const LINES = {
  clean: () => 0,
  '1 % lost at random': () => (random() < 0.01 ? undefined : 0),
  '5 % lost at random': () => (random() < 0.05 ? undefined : 0),
  '1 % lost in bursts': bursts(0.01),
  '5 % lost in bursts': bursts(0.05),
  'every tenth packet 50 ms late': (n) => (n % 10 === 0 ? 50 : 0),
  'jitter of 200 ms': () => random() * 200,
  'clock off by 500 ppm': (n) => n * 20 * 500e-6,
};

/** Gilbert and Elliott's model: a loss is followed by another one in 7 of 10 cases. */
function bursts(share) {
  let bad = false;
  return () => {
    bad = random() < (bad ? 0.7 : (0.3 * share) / (1 - share));
    return bad ? undefined : 0;
  };
}

/** Plays a line for a time; samples are wrong that are not what was said, as much later as the buffer delays it. */
async function play(delayOf, seconds) {
  const clock = new VirtualClock();
  const [near, far] = [new End(), new End()];
  const sender = await RtpSession.open({ clock, transport: near });
  const receiver = await RtpSession.open({ clock, transport: far, timeoutMs: 0 });
  await sender.connect(agreed);
  await receiver.connect(agreed);
  const waiting = [];
  let packets = 0;
  near.carry = (bytes) => {
    const delay = delayOf(packets++);
    if (delay !== undefined) waiting.push({ at: clock.now() + delay, bytes: Buffer.from(bytes) });
  };
  const voice = sender.voice;
  const ear = receiver.voice;
  const frame = new Int16Array(FRAME);
  const heard = new Int16Array(FRAME);
  let phase = 0;
  let delays = 0;
  for (let tick = 0; tick < seconds * 50; tick++) {
    await clock.advance(20);
    for (let i = 0; i < FRAME; i++) {
      phase += 0.13 + 0.05 * Math.sin(tick / 9);
      frame[i] = 8000 * Math.sin(phase) * (tick % 100 < 70 ? 1 : 0.01);
    }
    voice.hear(frame);
    waiting.sort((a, b) => a.at - b.at);
    while (waiting.length > 0 && waiting[0].at <= clock.now()) {
      far.onPacket(waiting.shift().bytes, { address: '192.0.2.1', port: 5000 }, false);
    }
    ear.speak(heard);
    delays += receiver.stats().playout.delayMs;
  }
  const { playout, received, quality } = receiver.stats();
  await Promise.all([sender.close(), receiver.close()]);
  return { playout, received, quality, delayMs: delays / (seconds * 50) };
}

const packet = {
  payloadType: 0,
  marker: false,
  sequence: 1,
  timestamp: 160,
  ssrc: 7,
  payload: Buffer.alloc(160, 0x55),
};
const key = (fill) => ({ suite: 'AES_CM_128_HMAC_SHA1_80', key: Buffer.alloc(30, fill).toString('base64') });
const [near, far] = [new SrtpContext(key(1)), new SrtpContext(key(1))];
const usual = usualSrtp();
let count = 0;
const [writing, parsing, protecting, before] = microseconds([
  (i) => writeRtp({ ...packet, sequence: i & 0xffff }),
  (i) => readRtp(writeRtp({ ...packet, sequence: i & 0xffff })),
  () => {
    const bytes = writeRtp({ ...packet, sequence: count++ & 0xffff }, near.tagBytes);
    near.protectInPlace(bytes);
    if (typeof far.unprotect(bytes) === 'string') throw new Error('unauthentic');
  },
  (i) => usual(writeRtp({ ...packet, sequence: i & 0xffff }), i),
]);
print(`parse and write: ${parsing.toFixed(2)} us a packet`);
print(`SRTP, protect and unprotect: ${(protecting - writing).toFixed(2)} us a packet`);
print(`the same by calls of node:crypto for each packet: ${(before - writing).toFixed(2)} us`);

const clock = new VirtualClock();
const frame = new Int16Array(FRAME).map((_, i) => 5000 * Math.sin(i / 7));
const sessions = await Promise.all(
  [undefined, { local: key(1), remote: key(1) }].map(async (srtp) => {
    const session = await RtpSession.open({ clock, transport: new End(), timeoutMs: 0 });
    await session.connect({ ...agreed, ...(srtp && { srtp }) });
    return session;
  }),
);
const sendings = microseconds(
  sessions.map(
    ({ voice }) =>
      () =>
        voice.hear(frame),
  ),
);
print(`send 20 ms of PCMU: ${sendings.map((each) => each.toFixed(2)).join(' us, with SRTP ')} us`);
await Promise.all(sessions.map((session) => session.close()));

print('| line | delay, ms | lost | late | made up, ms | put in, ms | taken out, ms | MOS |');
print('| --- | --- | --- | --- | --- | --- | --- | --- |');
for (const [name, delayOf] of Object.entries(LINES)) {
  const seconds = name.startsWith('clock') ? Number(process.env.SECONDS ?? 3600) : 120;
  const { playout, received, quality, delayMs } = await play(delayOf, seconds);
  const { late, concealedMs, insertedMs, removedMs } = playout;
  const figures = [delayMs, received.lost, late, concealedMs, insertedMs, removedMs].map((each) =>
    each.toFixed(0),
  );
  print(`| ${name} (${seconds} s) | ${figures.join(' | ')} | ${quality.mos.toFixed(2)} |`);
}
