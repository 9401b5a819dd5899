import { describe, expect, it } from 'vitest';
import { ExchangeUser } from '../../../src/exchange/exchange-user.js';
import { UserVoicemail, type VoicemailActivity } from '../../../src/exchange/mailbox/user-voicemail.js';
import { ApiObject } from '../../../src/exchange/object/api-object.js';

import { VOICEMAIL_STATUSES, VOICEMAIL_TRANSITIONS } from '../../../src/protocol/status/voicemail-status.js';
import { world } from '../world.js';

function voicemail(properties: Readonly<Record<string, string>>) {
  const told: unknown[] = [];
  const user = new ExchangeUser({ handle: 'alice' }, (message) => told.push(message));
  const object = new ApiObject('VOICEMAIL', 1, user, properties);
  return { told, it: new UserVoicemail(object, user, 'a.wav', () => undefined) };
}

const nothing: VoicemailActivity = { stop: () => undefined, fail: () => undefined };

describe('the life of a voicemail', () => {
  it.each(VOICEMAIL_STATUSES)('from %s changes only as its table allows', (from) => {
    for (const to of VOICEMAIL_STATUSES) {
      const { it: message, told } = voicemail({ TYPE: 'INCOMING', STATUS: from });
      const possible = from !== to && VOICEMAIL_TRANSITIONS[from].includes(to);
      expect(message.become(to), `${from} to ${to}`).toBe(possible);
      expect(message.status).toBe(possible ? to : from);
      expect(told).toHaveLength(possible ? 1 : 0);
    }
  });

  it('has one activity at a time, which only that activity ends', () => {
    const { it: message } = voicemail({ TYPE: 'INCOMING', STATUS: 'UNPLAYED' });
    expect(message.isPlayable).toBe(true);
    message.begin('playing', nothing);
    expect(message.isPlayable).toBe(false);
    expect(() => message.begin('recording', { ...nothing })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_STATE' }),
    );
    message.end({ ...nothing });
    expect(message.activity?.kind).toBe('playing');
    message.end(nothing);
    expect(message.activity).toBeUndefined();
  });
});

it('a message that is being left starts as BLANK: nothing is fetched, and it is sent', async () => {
  await using w = await world();
  const client = w.client();
  client.send('CALLVOICEMAIL bob');
  const [call, id] = [client.newest('CALL'), client.send('SEARCH VOICEMAILS')[0]?.split(' ').at(-1)];
  expect(client.send(`GET VOICEMAIL ${id} STATUS`)).toEqual([`VOICEMAIL ${id} STATUS BLANK`]);
  expect(client.send(`ALTER VOICEMAIL ${id} DOWNLOAD`)).toEqual(['ERROR 531 VOICEMAIL: Action failed']);
  await w.clock.advance(12_000);
  client.send(`ALTER CALL ${call} HANGUP`);
  await w.clock.advance(2000);
  expect(client.told(`VOICEMAIL ${id} STATUS`).slice(1)).toEqual([
    'BLANK',
    'RECORDING',
    'UPLOADING',
    'UPLOADED',
  ]);
  expect(client.told(`CALL ${call} STATUS`).at(-1)).toBe('FINISHED');
});
