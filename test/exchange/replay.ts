import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Stage, Transcript } from './transcripts.js';
import { type Client, settle, type World } from './world.js';

/** A line of the reference's transcripts. */
export interface Line {
  readonly source: number;
  readonly from: 'client' | 'endpoint';
  readonly line: string;
}

/** All lines of the reference's transcripts. */
export const { lines: printedLines } = JSON.parse(
  readFileSync(new URL('../protocol/fixtures/transcripts.json', import.meta.url), 'utf8'),
) as { lines: Line[] };

/** How long a printed line may be waited for, in simulated milliseconds. */
const PATIENCE_MS = 120_000;
const STEP_MS = 20;

/** Sends what the client sent; every printed answer and notification has to come, in the printed order. */
export async function replay(
  { client, w, hand, root }: Stage,
  printed: readonly Line[],
  ids: Map<string, string>,
  { before = [], leftOut }: Pick<Transcript, 'before' | 'leftOut'> = {},
): Promise<void> {
  let at = client.lines.length;
  let atReply = at;
  for (const { from, line } of printed) {
    for (const { line: pattern, act } of before) {
      if (pattern.test(line)) await act({ w, client, hand, root });
    }
    if (from === 'client') {
      client.send(withIds(line, ids));
      continue;
    }
    // Answers with an identifier and notifications come in either order (reference, "Command identifiers").
    const reply = /^(#\d|ALTER CHAT)/.test(line);
    const found = await waitFor(w, client, reply ? atReply : at, (actual) => matches(line, actual, ids));
    expect(found, `${line}\nbut there came\n${client.lines.join('\n')}`).toBeGreaterThanOrEqual(0);
    if (reply) atReply = found + 1;
    else {
      const skipped = client.lines.slice(at, found).filter((actual) => !leftOut?.test(actual));
      expect(strays(skipped, printed, ids), client.lines.join('\n')).toEqual([]);
      at = found + 1;
    }
  }
}

async function waitFor(
  w: World,
  client: Client,
  from: number,
  wanted: (line: string) => boolean,
): Promise<number> {
  for (let passed = 0; passed < PATIENCE_MS; passed += STEP_MS) {
    const found = client.lines.findIndex((line, index) => index >= from && wanted(line));
    if (found >= 0) return found;
    // What a command began with the disk takes real turns, not simulated time.
    await settle();
    await w.clock.advance(STEP_MS);
  }
  return -1;
}

/** What the reference prints in some transcripts and leaves out in others, heartbeats above all. */
const LEFT_OUT =
  /^(CONTACTS FOCUSED|USER \S+ ONLINESTATUS|CALL \d+ (SUBJECT|DURATION|VAA_INPUT_STATUS|VIDEO_STATUS|VIDEO_(SEND|RECEIVE)_STATUS))\b/;

/** Lines that were skipped and that nothing in the transcript, or in others of its kind, accounts for. */
function strays(skipped: readonly string[], printed: readonly Line[], ids: Map<string, string>): string[] {
  return skipped.filter(
    (actual) => !LEFT_OUT.test(actual) && !printed.some(({ line }) => matches(line, actual, new Map(ids))),
  );
}

/** Compares a printed line with one that came, ids and times aside. An id that is new is learnt. */
export function matches(printed: string, actual: string, ids: Map<string, string>): boolean {
  if (printed.trimEnd().toLowerCase() === actual.trimEnd().toLowerCase() && !/\d{2}/.test(printed))
    return true;
  const learnt = new Map(ids);
  const [wanted, came] = [tokens(printed), tokens(actual)];
  if (wanted.length !== came.length) return false;
  const same = wanted.every((token, index) => sameToken(wanted, index, token, came[index] ?? '', learnt));
  if (same) for (const [id, value] of learnt) ids.set(id, value);
  return same;
}

function sameToken(
  line: readonly string[],
  index: number,
  printed: string,
  came: string,
  ids: Map<string, string>,
): boolean {
  if (/^(\w*TIMESTAMP|DURATION|VM_DURATION)$/.test(line[index - 1] ?? '') && index > 2)
    return /^\d+$/.test(came);
  const isId =
    /^(CALL|VOICEMAIL|CONF_ID|JOIN_CONFERENCE|CHATMESSAGE|CHATMEMBER|MESSAGE|CHAT|CONTEXT_ID)$/i.test(
      line[index - 1] ?? '',
    ) ||
    /^(CALLS|VOICEMAILS|CHATMESSAGES|MESSAGES)$/.test(line[0] ?? '') ||
    /^(CHATMESSAGES|MEMBEROBJECTS)$/.test(line[2] ?? '');
  const isChat = printed.startsWith('#') && printed.includes('/$');
  if (!isChat && (!isId || !/^\d+,?$/.test(printed) || printed === '0')) return printed === came;
  const id = printed.replace(',', '');
  const isNew = !ids.has(id) && !(line[0] ?? '').endsWith('S') && !(line[2] ?? '').endsWith('OBJECTS');
  if (isNew && (!isChat || came.startsWith('#'))) ids.set(id, came);
  return ids.get(id) === came.replace(',', '');
}

function tokens(line: string): string[] {
  return line.trimEnd().split(' ');
}

function withIds(line: string, ids: ReadonlyMap<string, string>): string {
  const named = line.replace(/#\S+\/\$\S+/g, (name) => ids.get(name) ?? name);
  const numbered = /\b(CALL|VOICEMAIL|JOIN_CONFERENCE|CHATMESSAGE|CHATMEMBER|MESSAGE|CHAT) (\d+)\b/g;
  const blobs = named.replace(/\b[\w-]{40,}/g, (word) => ids.get(word) ?? word);
  return blobs.replace(numbered, (all, word, id) => {
    const actual = ids.get(id);
    return actual === undefined ? all : `${word} ${actual}`;
  });
}
