import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Client, folder, world } from '../world.js';

/** Sends a command that may have to look at the disk or the machine. @returns its answer. */
async function ask(client: Client, command: string): Promise<string> {
  const answer = client.next(() => true);
  client.send(command);
  return answer;
}

describe('devices', () => {
  it('are those of the options: others are error 50', async () => {
    const devices = { audioIn: ['Mic'], audioOut: ['Speaker'], videoIn: ['Webcam'] };
    await using w = await world({ users: [{ handle: 'alice', devices }] });
    const client = w.client();
    for (const [parameter, name] of [
      ['AUDIO_IN', 'Mic'],
      ['AUDIO_OUT', 'Speaker'],
      ['RINGER', 'Speaker'],
      ['VIDEO_IN', 'Webcam'],
    ]) {
      expect(await ask(client, `SET ${parameter} ${name}`)).toBe(`${parameter} ${name}`);
      expect(await ask(client, `SET ${parameter} nothing`)).toMatch(/^ERROR 50 /);
      expect(await ask(client, `SET ${parameter} constructor`)).toMatch(/^ERROR 50 /);
      expect(client.send(`GET ${parameter}`)).toEqual([`${parameter} ${name}`]);
      expect(client.send(`SET ${parameter}`)).toEqual([`${parameter} `]);
    }
  });

  it("are the machine's own by default", async () => {
    await using w = await world();
    for (const parameter of ['AUDIO_IN', 'VIDEO_IN']) {
      expect(await ask(w.client(), `SET ${parameter} no such device`)).toMatch(/^ERROR 50 /);
    }
  });
});

describe('AGC and AEC', () => {
  it.each([
    ['GET AEC', 'AEC ON'],
    ['GET AEC x', 'ERROR 569'],
    ['SET AEC maybe', 'ERROR 570'],
    ['SET AEC off', 'AEC OFF'],
    ['GET AGC', 'AGC ON'],
    ['GET AGC 1', 'ERROR 571'],
    ['SET AGC', 'ERROR 572'],
    ['SET AGC OFF', 'AGC OFF'],
  ])('%s: %s', async (command, answer) => {
    await using w = await world();
    expect(w.client().send(command)[0]).toContain(answer);
  });
});

describe('UI_LANGUAGE', () => {
  it.each(['', 'english', 'e', '12', 'd e'])('%j is refused', async (language) => {
    await using w = await world();
    const client = w.client();
    expect(client.send(`SET UI_LANGUAGE ${language}`)).toEqual([expect.stringMatching(/^ERROR 33 /)]);
    expect(client.send('GET UI_LANGUAGE')).toEqual(['UI_LANGUAGE en']);
  });
});

describe('AVATAR', () => {
  it("from an archive of Skype's own is error 9901", async () => {
    const root = folder();
    writeFileSync(join(root, 'pictures.skype'), 'x');
    await using w = await world({ fileRoots: [root] });
    expect(await ask(w.client(), 'SET AVATAR 1 pictures.skype:2')).toMatch(/^ERROR 9901 /);
  });
});

describe('MUTE', () => {
  it('is off again when no call is in progress, and that is notified', async () => {
    await using w = await world();
    const client = w.client();
    client.send('CALL echo123');
    await w.clock.advance(2000);
    expect(client.send('SET MUTE ON')).toEqual(['MUTE ON']);
    w.exchange.desk().hangUp();
    await w.clock.advance(100);
    expect(client.told('MUTE')).toEqual(['ON', 'OFF']);
    expect(client.send('GET MUTE')).toEqual(['MUTE OFF']);
  });
});

describe('a number that is dialled without its country code', () => {
  it.each([
    ['ee', '53412345', '+37253412345'],
    ['de', '030 1234567', '+49301234567'],
    ['us', '(800) 555-1234', '+18005551234'],
    ['US', '8005551234', '+18005551234'],
  ])('in %s: %s is %s', async (dialerCountry, dialled, number) => {
    await using w = await world({ users: [{ handle: 'alice', dialerCountry }] });
    const client = w.client();
    expect(client.send('GET PREDICTIVE_DIALER_COUNTRY')).toEqual([
      `PREDICTIVE_DIALER_COUNTRY ${dialerCountry}`,
    ]);
    expect(client.send(`CALL ${dialled}`)[0]).toMatch(/^CALL 1 STATUS/);
    expect(client.send('GET CALL 1 PARTNER_HANDLE')).toEqual([`CALL 1 PARTNER_HANDLE ${number}`]);
  });

  it.each([
    ['ee', '1'.repeat(40)],
    ['xx', '53412345'],
    ['ee', '12'],
    ['ee', '1-2'],
    ['ee', '5_55_55'],
  ])('in %s: %s is refused', async (dialerCountry, dialled) => {
    await using w = await world({ users: [{ handle: 'alice', dialerCountry }] });
    expect(w.client().send(`CALL ${dialled}`)).toEqual([expect.stringMatching(/^ERROR 34 /)]);
  });
});
