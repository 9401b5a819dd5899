import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PcmSink } from '../../src/index.js';
import type { LegLedger } from '../../src/pcm.js';
import { LedgerSink } from '../../src/voicemail/ledger-sink.js';
import { receiveVoicemail } from '../../src/voicemail.js';
import { Line, MemorySink, tone } from './line.js';

const sumOf = ({ received, idle, masked, missing }: LegLedger) => received + idle + masked + missing;

describe('a LedgerSink', () => {
  it('writes silence of the right length for dropped samples, and reports it', async () => {
    const sink = new MemorySink();
    const account = new LedgerSink(sink);
    await account.write(tone(100), 0);
    await account.write(tone(50, 600), 40_000);
    account.follow({ position: 41_000, sampleRate: 16_000, follow: () => () => undefined });
    await account.end();
    expect(account.ledger).toEqual({
      received: 2400,
      idle: 0,
      masked: 0,
      missing: 38_400 + 200,
      spans: [
        { from: 0, samples: 1600, kind: 'received' },
        { from: 1600, samples: 38_400, kind: 'missing', reason: 'dropped' },
        { from: 40_000, samples: 800, kind: 'received' },
        { from: 40_800, samples: 200, kind: 'missing', reason: 'dropped' },
      ],
    });
    expect(sink.samples).toEqual(
      new Int16Array([...tone(100), ...Array(38_400).fill(0), ...tone(50, 600), ...Array(200).fill(0)]),
    );
    expect(sink.ended).toEqual({ error: undefined });
  });

  it('ends as it was ended, and adds nothing to a broken stream', async () => {
    const sink = new MemorySink();
    const account = new LedgerSink(sink);
    account.follow({ position: 5000, sampleRate: 16_000, follow: () => () => undefined });
    const error = new Error('broken');
    await account.end(error);
    expect(sink.ended).toEqual({ error });
    expect(account.length).toBe(0);
  });
});

describe('receiveVoicemail', () => {
  let line: Line;
  beforeEach(async () => {
    line = await Line.open();
  });
  afterEach(() => line[Symbol.asyncDispose]());

  it.each(['wait', 'spill', 'drop-oldest', 'drop-newest'] as const)(
    'accounts for every sample with the policy %s, for a sink that stalls at first',
    async (policy) => {
      const message = tone(6000, 700);
      const client = await line.client();
      const voicemail = client.voicemail(await line.deposit(await line.wav('a.wav', 6000, 700)));
      const memory = new MemorySink();
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const slow: PcmSink = {
        write: async (samples) => {
          await held;
          memory.write(samples);
        },
        end: (error) => memory.end(error),
      };
      const receiving = receiveVoicemail(client, voicemail, line.server, slow, {
        policy,
        onLease: (lease) => {
          // Held back, a message never ends: the sink goes on at once. One that drops is held until some was dropped.
          if (policy === 'wait') release();
          else lease.on('overflow', () => release());
        },
      });
      const { samples, ledger } = await line.during(receiving);
      expect(samples).toBe(message.length);
      expect(sumOf(ledger)).toBe(message.length);
      expect(memory.samples.length).toBe(message.length);
      const isLossless = policy === 'wait' || policy === 'spill';
      expect(ledger.missing > 0).toBe(!isLossless);
      for (const { from, samples: count, kind, reason } of ledger.spans) {
        const part = memory.samples.subarray(from, from + count);
        if (kind === 'received') expect(part).toEqual(message.subarray(from, from + count));
        else {
          expect(reason).toBe('dropped');
          expect(part.every((sample) => sample === 0)).toBe(true);
        }
      }
    },
  );
});
