import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadFlow } from '../../src/bot/flow/load-flow.js';
import { readCallList } from '../../src/bot/outbound/call-list.js';
import { Scenario } from '../../src/exchange/scenario/scenario.js';
import { decodeText } from '../../src/files/decode-text.js';
import { readJson } from '../../src/files/key-files.js';
import { VirtualClock } from '../../src/index.js';
import { readPhrases } from '../../src/recording/masking/phrase-list.js';

const BOM = '\ufeff';
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

describe('texts that people write', () => {
  it('are UTF-8, with or without a byte order mark, and nothing else', () => {
    expect(decodeText(Buffer.from(`${BOM}Straße\n`))).toBe('Straße\n');
    expect(decodeText(Buffer.from('\u{1f600}\u202e'))).toBe('\u{1f600}\u202e');
    expect(decodeText(Buffer.alloc(0))).toBe('');
    for (const bytes of [
      Buffer.from('Straße', 'latin1'),
      Buffer.from(`${BOM}no`, 'utf16le'),
      Buffer.from(`${BOM}no`, 'utf16le').swap16(),
      Buffer.from('no', 'utf16le'),
      Buffer.from([0x61, 0xed, 0xa0, 0x80]),
    ]) {
      expect(() => decodeText(bytes)).toThrow(expect.objectContaining({ code: 'ERR_SYNTAX' }));
    }
  });

  it('a byte order mark is skipped in a configuration, a scenario or a list', async () => {
    expect(await readJson(await fileOf('record.json', `${BOM}{"out":"x"}`))).toEqual({ out: 'x' });
    expect(await readCallList(await fileOf('list.json', `${BOM}["anna"]`))).toMatchObject([
      { target: 'anna' },
    ]);
    const users = `${BOM}{"users":[{"handle":"jill"}]}`;
    const scenario = await Scenario.load(await fileOf('exchange.json', users), new VirtualClock(0));
    expect(scenario.options.users).toMatchObject([{ handle: 'jill' }]);
  });

  it('phrases, names and lists in another encoding are refused', async () => {
    const phrases = await fileOf('phrases.txt', Buffer.from('geheime Straße\n', 'latin1'));
    await expect(readPhrases(phrases)).rejects.toMatchObject({ code: 'ERR_FILE' });
    const list = await fileOf('list.csv', Buffer.from('target,name\nanna,Müller\n', 'latin1'));
    await expect(readCallList(list)).rejects.toMatchObject({ code: 'ERR_FILE' });
    await fileOf('pins.txt', Buffer.from('Größe\n', 'latin1'));
    const flow = 'name: x\nlists: { pins: { file: pins.txt } }\nsteps:\n  end: { do: hang-up }\n';
    const { problems } = await loadFlow(await fileOf('flow.yaml', flow));
    expect(problems.map(({ path }) => path)).toContain('lists.pins.file');
  });
});
