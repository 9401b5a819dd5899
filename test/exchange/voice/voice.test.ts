import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readVoice } from '../../../src/exchange/voice/prompt-files.js';
import { analyzeSamples } from '../../../src/voice/stage.js';
import { DtmfDetector } from '../../../src/voice/tone/dtmf-detector.js';
import { WavWriter } from '../../../src/voice/wav/wav-writer.js';
import { PcmPort } from '../ports.js';
import { CountingCard, counted, firstDifference, redirected, talk } from '../voice-stage.js';
import { type Client, folder, world } from '../world.js';

describe('the voice of a call', () => {
  it('carries every sample of a port in its place, over twenty minutes, in both directions at once', async () => {
    await using w = await world();
    const SECONDS = 1200;
    const ports = await Promise.all([0, 1, 2, 3].map(() => PcmPort.open()));
    const [aliceIn, aliceOut, bobIn, bobOut] = ports as [PcmPort, PcmPort, PcmPort, PcmPort];
    const { alice, out } = await talk(w, async ({ alice, bob, out, in_ }) => {
      await redirected(alice, `ALTER CALL ${out} SET_INPUT PORT="${aliceIn.port}"`);
      await redirected(alice, `ALTER CALL ${out} SET_OUTPUT PORT="${aliceOut.port}"`);
      await redirected(bob, `ALTER CALL ${in_} SET_INPUT PORT="${bobIn.port}"`);
      await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT PORT="${bobOut.port}"`);
    });
    const total = (SECONDS + 1) * 16_000;
    void aliceIn.send(total, counted).catch(() => undefined);
    void bobIn.send(total, (position) => -counted(position)).catch(() => undefined);
    await w.clock.advance(SECONDS * 1000 - 1);
    alice.send(`ALTER CALL ${out} HANGUP`);
    const [heardByAlice, heardByBob] = await Promise.all([aliceOut.received, bobOut.received]);
    expect(heardByBob.length).toBe(SECONDS * 16_000);
    expect(heardByAlice.length).toBe(SECONDS * 16_000);
    expect(firstDifference(heardByBob, counted)).toBe(-1);
    expect(firstDifference(heardByAlice, (position) => -counted(position))).toBe(-1);
    for (const port of ports) await port[Symbol.asyncDispose]();
  }, 120_000);

  it('is silent for exactly the length of a hold, and continues in step', async () => {
    const card = new CountingCard();
    await using w = await world({ users: [{ handle: 'alice', soundCard: card }, { handle: 'bob' }] });
    await using bobOut = await PcmPort.open();
    const { alice, bob, out, in_ } = await talk(w, async ({ bob, in_ }) => {
      await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT PORT="${bobOut.port}"`);
    });
    await w.clock.advance(990);
    bob.send(`ALTER CALL ${in_} HOLD`);
    await w.clock.advance(2000);
    bob.send(`ALTER CALL ${in_} RESUME`);
    await w.clock.advance(1000);
    alice.send(`ALTER CALL ${out} HANGUP`);
    const heard = await bobOut.received;
    const expected = Int16Array.from({ length: 200 * 320 }, (_, i) =>
      i < 50 * 320 || i >= 150 * 320 ? counted(i) : 0,
    );
    expect(heard).toEqual(expected);
  });

  it('can be redirected at any time and in any combination; each stream begins at a frame', async () => {
    const root = folder();
    const card = new CountingCard();
    await using w = await world({
      users: [{ handle: 'alice', soundCard: card }, { handle: 'bob' }],
      fileRoots: [root],
    });
    await using mic = await PcmPort.open();
    const { alice, bob, out, in_ } = await talk(w);
    await w.clock.advance(990);
    await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT SOUNDCARD="default", FILE="bob.wav"`);
    await redirected(alice, `alter call ${out} set_capture_mic port=${mic.port} file="mic.wav"`);
    expect(alice.send(`GET CALL ${out} CAPTURE_MIC`)).toEqual([
      `CALL ${out} CAPTURE_MIC PORT="${mic.port}", FILE="mic.wav"`,
    ]);
    await w.clock.advance(1000);
    await redirected(alice, `ALTER CALL ${out} SET_CAPTURE_MIC`);
    await w.clock.advance(1000);
    alice.send(`ALTER CALL ${out} HANGUP`);
    const second = Int16Array.from({ length: 16_000 }, (_, i) => counted(16_000 + i));
    expect(await mic.received).toEqual(second);
    await w.exchange.close();
    expect(await readVoice(join(root, 'mic.wav'))).toEqual(second);
    expect((await readVoice(join(root, 'bob.wav'))).length).toBe(32_000);
  });

  it('mixes several inputs, clamped, and the microphone only when it is listed', async () => {
    const root = folder();
    const loud = Int16Array.from({ length: 320 }, () => 30_000);
    for (const name of ['a.wav', 'b.wav']) {
      await using wav = await WavWriter.create(join(root, name));
      await wav.write(loud);
    }
    const [mic, speaker] = [new CountingCard(), new CountingCard()];
    await using w = await world({
      users: [
        { handle: 'alice', soundCard: mic },
        { handle: 'bob', soundCard: speaker },
      ],
      fileRoots: [root],
    });
    await talk(w, async ({ alice, out }) => {
      await redirected(alice, `ALTER CALL ${out} SET_INPUT SOUNDCARD="default", FILE="a.wav", FILE="b.wav"`);
    });
    await w.clock.advance(20);
    expect(speaker.samples.subarray(0, 320)).toEqual(new Int16Array(320).fill(32_767));
    expect(speaker.samples.subarray(320, 640)).toEqual(
      Int16Array.from({ length: 320 }, (_, i) => counted(320 + i)),
    );
  });

  it.each(['SOUNDCARD="Headset"', `SOUNDCARD="Headset", PORT="$PORT"`])(
    'mutes a sound card other than the default: %s',
    async (targets) => {
      const [mic, speaker] = [new CountingCard(), new CountingCard()];
      await using w = await world({
        users: [
          { handle: 'alice', soundCard: mic },
          { handle: 'bob', soundCard: speaker },
        ],
      });
      await using out = await PcmPort.open();
      const { alice, bob, out: call, in_ } = await talk(w);
      const list = targets.replace('$PORT', String(out.port));
      await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT ${list}`);
      await w.clock.advance(200);
      expect(bob.send(`GET CALL ${in_} OUTPUT`)).toEqual([`CALL ${in_} OUTPUT ${list}`]);
      expect(speaker.samples.length).toBe(0);
      await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT SOUNDCARD="default"`);
      await redirected(alice, `ALTER CALL ${call} SET_INPUT SOUNDCARD="Headset"`);
      await w.clock.advance(200);
      expect(speaker.samples).toEqual(new Int16Array(10 * 320));
    },
  );

  it('gives each member of a conference the exact sum of the others', async () => {
    const cards = { alice: new CountingCard(), bob: new CountingCard(100), carol: new CountingCard(2000) };
    await using w = await world({
      users: Object.entries(cards).map(([handle, soundCard]) => ({ handle, soundCard })),
    });
    const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((handle) => w.client(handle)) as [
      Client,
      Client,
      Client,
    ];
    alice.send('CALL bob, carol');
    await w.clock.advance(600);
    bob.send(`ALTER CALL ${bob.newest('CALL')} ANSWER`);
    carol.send(`ALTER CALL ${carol.newest('CALL')} ANSWER`);
    await w.clock.advance(490);
    const last = cards.bob.played.length - 1;
    const sum = cards.bob.played[last] ?? new Int16Array();
    // Bob hears Alice and Carol; the microphones count on from where they began.
    const carols = counted(2000 + last * 320);
    expect((sum[0] ?? 0) - carols).toBeGreaterThan(0);
    // Two microphones that each count up by one.
    for (const card of [cards.bob, cards.carol]) {
      const [first = 0, second = 0] = card.played.at(-1) ?? [];
      expect(second - first).toBe(2);
    }
  });

  it('carries DTMF as sound that a detector hears', async () => {
    const speaker = new CountingCard();
    await using w = await world({ users: [{ handle: 'alice' }, { handle: 'bob', soundCard: speaker }] });
    const { alice, out } = await talk(w);
    await w.clock.advance(20);
    alice.send(`SET CALL ${out} DTMF 159#`);
    await w.clock.advance(2000);
    const digits = analyzeSamples(speaker.samples, new DtmfDetector()).filter(
      (event) => event.type === 'begin',
    );
    expect(digits.map((event) => event.digit).join('')).toBe('159#');
  });
});
