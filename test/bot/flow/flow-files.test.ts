import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseFlow } from '../../../src/bot/flow/flow.js';
import { flowBot } from '../../../src/bot/flow/flow-bot.js';
import { filePath, spoken } from '../../../src/bot/flow/flow-variables.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { HOSTILE_NAMES } from '../../files/hostile-names.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'jackfield-flow-files-'));
});
afterEach(() => rm(root, { recursive: true }));

const FLOW = `
name: Messages
steps:
  take: { do: record, folder: "messages/{callerName}", save: message, silenceMs: 500, maxMs: 1000, next: back }
  back: { do: say, what: { file: "{message}" } }
`;

/** An exchange on which the caller has this name. */
const exchangeWith = (fullName: string) => ({
  start: (options: Parameters<typeof Exchange.start>[0] = {}) =>
    Exchange.start({
      ...options,
      users: (options.users ?? []).map((user) => (user.handle === 'caller' ? { ...user, fullName } : user)),
    }),
});

describe('the files of a flow', () => {
  it.each(['../../../escaped', '/tmp/escaped', '..', 'CON', '👍'.repeat(100)])(
    'stay in their folder when the caller is named %j, and can be played again',
    async (name) => {
      const flow = await parseFlow(FLOW, { folder: join(root, 'flow') });
      const { results } = await testBot(flowBot(flow), (caller) => caller.waits(3000), {
        exchange: exchangeWith(name),
      });
      expect(results.map(({ error }) => error)).toEqual([undefined]);
      expect(await readdir(root)).toEqual(['flow']);
      const [folder, ...more] = await readdir(join(root, 'flow/messages'));
      expect(more).toEqual([]);
      expect(await readdir(join(root, 'flow/messages', folder ?? ''))).toHaveLength(1);
    },
  );

  it.each(HOSTILE_NAMES)('have one path component that is made of %j', (name) => {
    const variables = new Map([['who', name]]);
    const files = { folder: join(root, 'flow'), recorded: new Set<string>() };
    const [prompt] = spoken({ file: 'prompts/{who}.wav' }, variables, files);
    for (const path of [filePath('prompts/{who}', variables, files), (prompt as { file: string }).file]) {
      const parts = relative(files.folder, path).split(sep);
      expect(parts).toEqual(['prompts', expect.not.stringMatching(/^\.|^$/)]);
    }
  });

  it('may have a path taken whole from a recording of the call, and from nothing else', () => {
    const recorded = new Set(['/elsewhere/message.wav']);
    const files = { folder: root, recorded };
    const at = (value: string) => filePath('{message}', new Map([['message', value]]), files);
    expect(at('/elsewhere/message.wav')).toBe('/elsewhere/message.wav');
    expect(at('/elsewhere/other.wav')).toBe(join(root, '_elsewhere_other.wav'));
  });

  it('lie where the author of the flow says', () => {
    const files = { folder: '/srv/flows', recorded: new Set<string>() };
    expect(filePath('../messages/{a}', new Map([['a', 'x/y']]), files)).toBe('/srv/messages/x_y');
    expect(filePath('/var/spool', new Map(), files)).toBe('/var/spool');
  });
});
