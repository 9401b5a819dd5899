import { describe, expect, it } from 'vitest';
import { VOICE_FORMAT } from '../../../src/base/pcm.js';
import { VirtualClock } from '../../../src/base/time/clock.js';
import type { Dialect } from '../../../src/line/dialect/dialect.js';
import { WEB_SOCKET_DIALECTS } from '../../../src/line/dialect/dialect-names.js';
import { dialectNamed } from '../../../src/line/dialect/dialects.js';
import type { MediaAudio, MediaEvent, WireEncoding } from '../../../src/line/dialect/media-event.js';
import { MediaSink } from '../../../src/line/fork/media-sink.js';
import { type AgentPeer, serveAgent } from '../../../src/line/media/agent-peer.js';
import { formatFor, type NamedFormat } from '../../../src/line/media/media-line-options.js';
import { MediaSession } from '../../../src/line/media/media-session.js';
import { memoryConnections } from '../../../src/line/media/memory-connection.js';
import { ToVoice } from '../../../src/line/media/to-voice.js';
import { turn } from '../../turns.js';

const RATES = [8000, 16_000, 24_000, 48_000];
const TONE = 1000;
const MS = 200;

/** Rates that are taken where it is not all that are tried here: no message of the dialect could tell another. */
const TAKEN: Readonly<Record<string, readonly number[]>> = {
  'openai-realtime earlier s16': [24_000],
  'vonage s16': [8000, 16_000, 24_000],
  'telnyx rtp s16': [],
  'telnyx l16-little-endian s16be': [],
};
const isTaken = (name: string, rate: number) =>
  TAKEN[name]?.includes(rate) ?? (/law$/.test(name) && !name.startsWith('raw') ? rate === 8000 : true);

const wave = (sampleRate: number, ms = MS) =>
  Int16Array.from({ length: (sampleRate * ms) / 1000 }, (_, at) =>
    Math.round(8000 * Math.sin((2 * Math.PI * TONE * (at + 0.5)) / sampleRate)),
  );

/** Length and frequency of a wave, in milliseconds and Hz. */
function measured(pieces: readonly Int16Array[], sampleRate: number) {
  const all = pieces.flatMap((piece) => [...piece]);
  let crossings = 0;
  all.forEach((sample, at) => {
    if (at > 0 && sample >= 0 !== (all[at - 1] ?? 0) >= 0) crossings++;
  });
  const ms = (all.length * 1000) / sampleRate;
  return {
    ms: Math.round(ms / 2) * 2,
    hz: Math.round((crossings * 500) / ms / 50) * 50,
    peak: Math.max(...all),
  };
}

/** Has a call and an agent send each other a tone; the agent says it at its session's rate, or another. */
async function exchanged(dialect: Dialect, named: NamedFormat, saidAt?: number) {
  const clock = new VirtualClock();
  const format = formatFor(dialect, named);
  const { variant } = named;
  const [here, there] = memoryConnections();
  const heard: Int16Array[] = [];
  const said: MediaAudio[] = [];
  let agent: AgentPeer | undefined;
  serveAgent(
    there,
    (peer) => {
      agent = peer;
      peer.listen((event) => {
        if (event.type !== 'audio') return;
        expect(event.sampleRate).toBe(peer.format.sampleRate);
        heard.push(event.samples);
      });
    },
    { dialect, variant, format, clock },
  );
  const sink = new MediaSink(VOICE_FORMAT, ['inbound'], 400);
  const event = (each: MediaEvent) => each.type === 'audio' && said.push(each);
  const session = new MediaSession({
    ...{ dialect, variant, format, connection: here, clock, role: 'provider' },
    start: { id: 'a-call', parameters: {} },
    listener: { started: () => undefined, event, ended: () => undefined },
  });
  session.open();
  sink.attach(session);
  await turn();
  // An odd cut of the voice, as sockets cut it.
  const voice = wave(VOICE_FORMAT.sampleRate);
  for (let at = 0; at < voice.length; at += 333) await sink.write(voice.subarray(at, at + 333), at);
  await turn();
  const rate = agent?.format.sampleRate ?? 0;
  const spoken = saidAt ?? rate;
  for (let ms = 0; ms < MS; ms += 40)
    agent?.say({ type: 'audio', samples: wave(spoken, 40), sampleRate: spoken, channels: 1 });
  await turn();
  const toVoice = new ToVoice();
  const played = said.map((each) => toVoice.push(each));
  played.push(toVoice.flush());
  return { rate, format, heard: measured(heard, rate), played: measured(played, VOICE_FORMAT.sampleRate) };
}

const CASES = WEB_SOCKET_DIALECTS.flatMap((name) => {
  const { variants, rates } = dialectNamed(name);
  return (variants.length > 0 ? variants : [undefined]).flatMap((variant) =>
    (Object.keys(rates) as WireEncoding[]).map(
      (encoding): [string, Dialect, Omit<NamedFormat, 'sampleRate'>] => [
        [name, variant, encoding].filter(Boolean).join(' '),
        dialectNamed(name),
        { variant, encoding },
      ],
    ),
  );
});

function expectTone({ ms, hz, peak }: ReturnType<typeof measured>, of: string): void {
  // What is left in a filter, or in a frame that is not full, has not come yet.
  expect(ms, of).toBeGreaterThan(MS - 25);
  expect(ms, of).toBeLessThanOrEqual(MS);
  expect(hz, of).toBe(TONE);
  expect(peak, of).toBeGreaterThan(7000);
}

it('all audio of an agent is sent before its mark and its end, at any rate', async () => {
  const clock = new VirtualClock();
  const [here, there] = memoryConnections();
  const dialect = dialectNamed('raw');
  const { format } = dialect;
  let said = 0;
  const told: [string, number][] = [];
  const session = new MediaSession({
    ...{ dialect, format, connection: here, clock, role: 'provider' },
    listener: {
      started: () => undefined,
      event: (event) => {
        if (event.type === 'audio') said += event.samples.length;
        else told.push([event.type, said]);
      },
      ended: ({ kind }) => told.push([kind, said]),
    },
  });
  const audio = (sampleRate: number): MediaAudio => ({
    ...{ type: 'audio', samples: wave(sampleRate), sampleRate, channels: 1 },
  });
  const agent = (peer: AgentPeer) =>
    peer.listen(({ type }) => {
      if (type !== 'start') return;
      peer.say(audio(48_000));
      peer.say({ type: 'mark', name: 'said' });
      peer.say(audio(24_000));
      // What a filter has of it comes before what needs none.
      peer.say(audio(format.sampleRate));
      peer.say({ type: 'mark', name: 'said again' });
      peer.say(audio(8000));
      peer.end();
    });
  serveAgent(there, agent, { dialect, variant: undefined, format, clock });
  session.open();
  await turn();
  const each = (format.sampleRate * MS) / 1000;
  expect(told).toEqual([
    ['mark', each],
    ['mark', 3 * each],
    ['ended', 4 * each],
  ]);
});

describe.each(CASES)('an agent of %s', (name, dialect, given) => {
  it('hears and says a tone unchanged, at each rate that is not refused', async () => {
    for (const sampleRate of RATES) {
      const named = { ...given, sampleRate };
      if (!isTaken(name, sampleRate)) {
        expect(() => formatFor(dialect, named)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG' }));
        continue;
      }
      const { rate, heard, played } = await exchanged(dialect, named);
      expect(rate).toBe(sampleRate);
      expectTone(heard, `heard at ${sampleRate} Hz`);
      expectTone(played, `said at ${sampleRate} Hz`);
    }
  });

  it('may speak at a rate of its own', async () => {
    if (!isTaken(name, 8000) && !isTaken(name, 24_000)) return;
    const { played } = await exchanged(dialect, given, 32_000);
    expectTone(played, 'said at 32000 Hz');
  });
});
