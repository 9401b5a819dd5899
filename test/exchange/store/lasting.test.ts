import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Client, folder, settle, type World, world } from '../world.js';

const PNG = Buffer.from('89504e470d0a1a0a0000', 'hex');

/** Sends a command that reads or writes a file. @returns the last line, when it has come. */
async function ask(w: World, client: Client, command: string): Promise<string> {
  const before = client.lines.length;
  client.send(command);
  while (client.lines.length === before) {
    await settle();
    await w.clock.advance(1);
  }
  return client.lines.at(-1) ?? '';
}

describe('settings that a client made, after a restart', () => {
  it.each([
    ['SET AUDIO_IN USB headset', 'GET AUDIO_IN', 'AUDIO_IN USB headset'],
    ['SET AUDIO_OUT USB headset', 'GET AUDIO_OUT', 'AUDIO_OUT USB headset'],
    ['SET RINGER loud', 'GET RINGER', 'RINGER loud'],
    ['SET VIDEO_IN camera 2', 'GET VIDEO_IN', 'VIDEO_IN camera 2'],
    ['SET PCSPEAKER OFF', 'GET PCSPEAKER', 'PCSPEAKER OFF'],
    ['SET AGC OFF', 'GET AGC', 'AGC OFF'],
    ['SET AEC OFF', 'GET AEC', 'AEC OFF'],
    ['SET AUTOAWAY ON', 'GET AUTOAWAY', 'AUTOAWAY ON'],
    ['SET UI_LANGUAGE et', 'GET UI_LANGUAGE', 'UI_LANGUAGE et'],
    ['SET WALLPAPER C:\\Stuff\\test.bmp', 'GET WALLPAPER', 'WALLPAPER C:\\Stuff\\test.bmp'],
    ['SET RINGTONE 1 C:/WINDOWS/Media/tada.wav', 'GET RINGTONE 1', 'RINGTONE 1 C:/WINDOWS/Media/tada.wav'],
    ['SET RINGTONE 1 STATUS OFF', 'GET RINGTONE 1 STATUS', 'RINGTONE 1 OFF'],
    ['SET PROFILE CITY Tartu', 'GET PROFILE CITY', 'PROFILE CITY Tartu'],
    ['SET USER bob SPEEDDIAL 7', 'GET USER bob SPEEDDIAL', 'USER bob SPEEDDIAL 7'],
    ['SET USER bob ISBLOCKED TRUE', 'GET USER bob ISBLOCKED', 'USER bob ISBLOCKED TRUE'],
    // What tells of now begins anew.
    ['SET USERSTATUS DND', 'GET USERSTATUS', 'USERSTATUS ONLINE'],
    ['SET SILENT_MODE ON', 'GET SILENT_MODE', 'SILENT_MODE OFF'],
    ['SET WINDOWSTATE HIDDEN', 'GET WINDOWSTATE', 'WINDOWSTATE NORMAL'],
  ])('%s: %s is %s', async (set, get, answer) => {
    const [stateFolder, root] = [folder(), folder()];
    mkdirSync(join(root, 'C:/WINDOWS/Media'), { recursive: true });
    for (const name of ['C:/WINDOWS/Media/tada.wav', 'C:\\Stuff\\test.bmp'])
      writeFileSync(join(root, name), '');
    {
      const devices = { audioIn: ['USB headset'], audioOut: ['USB headset', 'loud'], videoIn: ['camera 2'] };
      const users = ['alice', 'bob', 'carol'].map((handle) => ({ handle, devices }));
      await using w = await world({ stateFolder, fileRoots: [root], users });
      expect(await ask(w, w.client(), set)).not.toContain('ERROR');
    }
    await using w = await world({ stateFolder });
    expect(w.client().send(get)).toEqual([answer]);
    expect(w.failures).toEqual([]);
  });

  it('include the picture', async () => {
    const [stateFolder, root] = [folder(), folder()];
    writeFileSync(join(root, 'in.png'), PNG);
    {
      await using w = await world({ stateFolder, fileRoots: [root] });
      await ask(w, w.client(), `SET AVATAR 1 ${join(root, 'in.png')}`);
    }
    for (const restart of ['first', 'second']) {
      await using w = await world({ stateFolder, fileRoots: [root] });
      const file = join(root, `${restart}.png`);
      expect(await ask(w, w.client('bob'), `GET USER alice AVATAR 1 ${file}`)).toBe(
        `USER alice AVATAR 1 ${file}`,
      );
      expect(readFileSync(file)).toEqual(PNG);
    }
  });

  it('leave out and report invalid stored settings', async () => {
    const stateFolder = folder();
    await (await world({ stateFolder }))[Symbol.asyncDispose]();
    const stored = {
      'user/alice/parameter/AGC': 'LOUD',
      'user/alice/parameter/CONNSTATUS': 'x',
      'user/alice/picture': 'AAAA',
    };
    for (const [key, value] of Object.entries(stored)) {
      appendFileSync(join(stateFolder, 'exchange.jsonl'), `${JSON.stringify({ key, value })}\n`);
    }
    await using w = await world({ stateFolder });
    await settle();
    expect(w.failures).toHaveLength(3);
    expect(w.client().send('GET AGC')).toEqual(['AGC ON']);
    expect(w.client().send('GET CONNSTATUS')).toEqual(['CONNSTATUS ONLINE']);
  });
});
