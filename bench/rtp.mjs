// RTP: parsing and writing, SRTP, and the jitter buffer on bad lines in virtual time. `npm run bench:rtp`, with `-- --write`
// for the table of docs/lines.md.
import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { packRtp } from '../build/line/rtp/rtp-packet.js';
import { SrtpContext } from '../build/line/rtp/srtp.js';
import { RtpSession, readRtp, VirtualClock } from '../dist/line.js';
import { decodeG711 } from '../dist/voice.js';
import { tableOfLines } from './bad-lines.mjs';

const FRAME = 320;
const print = (line) => process.stdout.write(`${line}\n`);

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

/** Takes what a session sends. */
class End {
  port = 4000;
  rtcpPort = 4001;
  onPacket = () => undefined;
  send() {}
  async close() {}
}

const remote = { address: '192.0.2.1', port: 5000 };
const agreed = { remote, codec: 'PCMU', payloadType: 0 };

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
  (i) => packRtp({ ...packet, sequence: i & 0xffff }),
  (i) => readRtp(packRtp({ ...packet, sequence: i & 0xffff })),
  () => {
    const bytes = packRtp({ ...packet, sequence: count++ & 0xffff }, near.tagBytes);
    near.protectInPlace(bytes);
    if (typeof far.unprotect(bytes) === 'string') throw new Error('unauthentic');
  },
  (i) => usual(packRtp({ ...packet, sequence: i & 0xffff }), i),
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

const hour = Number(process.env.SECONDS ?? 3600);
const rows = await tableOfLines({ RtpSession, VirtualClock, decodeG711 }, (name) =>
  name.startsWith('clock') ? hour : 120,
);
for (const row of rows) print(row);
if (process.argv.includes('--write')) {
  const page = new URL('../docs/lines.md', import.meta.url);
  const [before, , after] = (await readFile(page, 'utf8')).split(
    /(?<=<!-- bad lines: generated -->\n)|(?=<!-- \/bad lines -->)/,
  );
  await writeFile(page, `${before}\n${rows.join('\n')}\n\n${after}`);
}
