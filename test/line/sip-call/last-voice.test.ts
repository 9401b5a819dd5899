import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { writeRtp } from '../../../src/line/rtp/rtp-packet.js';
import { sipLine } from '../../../src/line/sip/sip-line.js';
import type { SessionMedia } from '../../../src/line/sip-call/session-host.js';
import { sdpBody } from '../../../src/line/sip-message/body.js';
import { encodeG711 } from '../../../src/voice/codec/g711.js';
import { idOf, statuses } from '../../exchange/talking.js';
import { CountingCard } from '../../exchange/voice-stage.js';
import { EPOCH_MS, world } from '../../exchange/world.js';
import { driven, until } from '../../turns.js';
import { MEDIA } from '../sip/line-stage.js';
import { MemoryNetwork } from '../sip/memory-network.js';
import { End } from '../sip/stage.js';

/** Samples at 16 kHz of a packet, and sound that comes in the last ones only. */
const PACKET = 320;
const LOUD = 8000;
const LAST = 5;
/** Packets of a stranger that are in the way of the last ones. */
const STRANGE = 300;

it('the last words of a phone before it hangs up are heard, also when they still wait in the socket', async () => {
  const clock = new VirtualClock(EPOCH_MS);
  const network = new MemoryNetwork(clock);
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  const stranger = createSocket('udp4');
  await once(socket, 'listening');
  let port = 0;
  const description = () =>
    sdpBody(
      [
        ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
        ...[`m=audio ${socket.address().port} RTP/AVP 8`, ''],
      ].join('\r\n'),
    );
  const media: SessionMedia = {
    offer: description,
    answer: ({ content }) => {
      port = Number(/m=audio (\d+)/.exec(content.toString())?.[1]);
      return description();
    },
    take: () => undefined,
  };
  const trunk = await End.open(network, '10.0.0.3', clock, {
    arrives: async (end, invite) => {
      end.session = await invite.answer(media, end.events);
    },
  });
  const speaker = new CountingCard();
  const w = await world({ users: [{ handle: 'alice', soundCard: speaker }, { handle: 'bob' }] }, clock);
  const line = sipLine(
    { media: MEDIA, trunk: { uri: 'sip:10.0.0.3' }, to: 'bob' },
    { transports: [network.host('10.0.0.1')] },
  );
  await driven(clock, w.exchange.addLine(line));
  const alice = w.client('alice');
  const id = idOf(alice.send('CALL +15550900')[0]);
  await clock.advance(2000);
  expect(statuses(alice, id).at(-1)).toBe('INPROGRESS');
  const say = (n: number, level: number) =>
    // It is in the socket of the line when this returns, but not read.
    socket.send(
      writeRtp({
        ...{ payloadType: 8, marker: n === 0, sequence: n, timestamp: n * 160, ssrc: 7 },
        payload: Buffer.from(encodeG711(new Int16Array(160).fill(level), 'alaw')),
      }),
    );
  const heard = () => speaker.samples.filter((sample) => sample > LOUD / 2).length;
  socket.connect(port, '127.0.0.1');
  stranger.connect(port, '127.0.0.1');
  await Promise.all([once(socket, 'connect'), once(stranger, 'connect')]);
  for (let n = 0; n < 50; n++) {
    say(n, 0);
    await clock.advance(20);
  }
  const before = clock.now();
  // What a turn of the event loop reads of a socket is a tenth of that.
  for (let n = 0; n < STRANGE; n++) stranger.send(Buffer.alloc(20));
  for (let n = 0; n < LAST; n++) say(50 + n, LOUD);
  void trunk.session?.end();
  await until(async () => {
    await clock.advance(20);
    return statuses(alice, id).at(-1) === 'FINISHED';
  });
  expect(heard()).toBeGreaterThan((LAST - 0.2) * PACKET);
  expect(clock.now() - before).toBeLessThan(700);
  expect(line.calls).toBe(0);
  expect(w.failures).toEqual([]);
  socket.close();
  stranger.close();
  await w[Symbol.asyncDispose]();
  const closing = trunk.endpoint.close();
  await clock.advance(3000);
  await closing;
});
