import { afterEach, describe, expect, it } from 'vitest';
import type { UserOptions, VoicemailFault } from '../../src/exchange.js';
import { leaveVoicemail, receiveVoicemail, recordGreeting } from '../../src/voicemail.js';
import { indexOfSamples, Line, MemorySink, statusesOf, tone } from './line.js';

/** All that the reference lists. */
const REASONS = [
  'MISC_ERROR',
  'CONNECT_ERROR',
  'NO_VOICEMAIL_PRIVILEGE',
  'NO_SUCH_VOICEMAIL',
  'FILE_READ_ERROR',
  'FILE_WRITE_ERROR',
  'RECORDING_ERROR',
  'PLAYBACK_ERROR',
  'UNKNOWN',
] as const;

let line: Line;
afterEach(() => line[Symbol.asyncDispose]());

async function open(...faults: VoicemailFault[]): Promise<void> {
  const greeting = 'assets/prompts/voicemail-greeting.wav';
  const users: UserOptions[] = [
    { handle: 'jack', voicemailFaults: faults },
    { handle: 'anna', greeting },
  ];
  line = await Line.open({ users });
}

const failedWith = (reason: string) => ({ code: 'ERR_VOICEMAIL_FAILED', failureReason: reason });

describe.each(REASONS)('%s', (reason) => {
  it.each(['download', 'playback'] as const)(
    'at %s is reported, and the message can be fetched later',
    async (at) => {
      await open();
      const client = await line.client();
      const voicemail = client.voicemail(
        await line.deposit(await line.wav('a.wav', 200), { fault: { at, reason } }),
      );
      const receiving = receiveVoicemail(client, voicemail, line.server, new MemorySink());
      await expect(line.during(receiving)).rejects.toMatchObject(failedWith(reason));
      const again = new MemorySink();
      await line.during(receiveVoicemail(client, voicemail, line.server, again));
      expect(again.samples).toEqual(tone(200));
    },
  );

  it.each(['record', 'upload'] as const)('at %s is reported for a message that is being left', async (at) => {
    await open({ at, reason });
    const file = await line.wav('m.wav', 300, 600);
    const jack = await line.client();
    const options = { from: { file }, server: line.server, greeting: 'skip', clock: line.clock } as const;
    const leaving = await line.during(leaveVoicemail(jack, 'anna', options));
    await expect(line.during(leaving.sent)).rejects.toMatchObject(failedWith(reason));
    expect(leaving.message.state?.status).toBe('FAILED');
    const anna = await line.client('anna');
    expect(await anna.search('VOICEMAILS')).toEqual([]);
    // What was recorded can be sent still; what was not, can be recorded anew.
    if (at === 'upload') {
      await leaving.message.upload();
      await line.during(leaving.message.reached('UPLOADED'));
    } else await line.during((await line.during(leaveVoicemail(jack, 'anna', options))).sent);
    const [id] = await anna.search('VOICEMAILS');
    const sink = new MemorySink();
    await line.during(receiveVoicemail(anna, anna.voicemail(id ?? 0), line.server, sink));
    expect(indexOfSamples(sink.samples, tone(300, 600))).toBeGreaterThanOrEqual(0);
    expect(statusesOf(leaving.message)).toEqual(
      at === 'upload'
        ? ['BLANK', 'RECORDING', 'UPLOADING', 'FAILED', 'UPLOADING', 'UPLOADED']
        : ['BLANK', 'RECORDING', 'FAILED'],
    );
  });

  it.each(['record', 'upload'] as const)('at %s is reported for a greeting', async (at) => {
    await open({ at, reason });
    const from = { file: await line.wav('g.wav', 300, 600) };
    const jack = await line.client();
    const recording = recordGreeting(jack, { from, server: line.server, clock: line.clock });
    await expect(line.during(recording)).rejects.toMatchObject(failedWith(reason));
  });
});
