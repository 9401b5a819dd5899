import { describe, expect, it } from 'vitest';
import { printedLines, replay } from '../replay.js';
import type { Stage } from '../transcripts.js';
import { world } from '../world.js';
import { CHAT_EXCEPTIONS, CHAT_TRANSCRIPTS, PEOPLE } from './chat-transcripts.js';

/** What a line that concerns chats speaks of. */
const CONCERNED = /\b(CHAT|CHATMEMBER|CHATMESSAGES?|MESSAGES?|\w*CHATS|CHATHISTORY|OPEN IM)\b/;

describe('the transcripts of chats, replayed', () => {
  it.each(
    CHAT_TRANSCRIPTS.map(
      (transcript) => [`${transcript.sources[0]}: ${transcript.what}`, transcript] as const,
    ),
  )('%s', async (_name, transcript) => {
    await using w = await world({ users: PEOPLE });
    const { handle = 'anappo', protocol = 8 } = transcript;
    const client = w.client(handle, { protocol });
    const stage: Stage = { w, client, hand: w.client(handle), root: '' };
    const prepared = (await transcript.prepare?.(stage)) ?? {};
    const ids = new Map(Object.entries(prepared).map(([id, is]) => [id, String(is)]));
    const printed = transcript.sources.flatMap((source) =>
      printedLines.filter((line) => line.source === source),
    );
    await replay(
      stage,
      printed.filter(({ line }) => !transcript.without?.lines.test(line)),
      ids,
      transcript,
    );
    expect(w.failures).toEqual([]);
  });

  it('include all that concern chats and messages', () => {
    const concerned = printedLines.filter(({ line }) => CONCERNED.test(line) && !/\bSMSS?\b/.test(line));
    const replayed = new Set(CHAT_TRANSCRIPTS.flatMap(({ sources }) => sources));
    const missing = [...new Set(concerned.map(({ source }) => source))].filter(
      (source) => !replayed.has(source) && CHAT_EXCEPTIONS[source] === undefined,
    );
    expect(missing).toEqual([]);
  });
});
