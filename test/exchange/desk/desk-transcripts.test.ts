import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { UserOptions } from '../../../src/exchange/user-options.js';
import { sourcesOf } from '../printed.js';
import { printedLines, replay } from '../replay.js';
import { type Stage, TRANSCRIPTS, type Transcript } from '../transcripts.js';
import { folder, world } from '../world.js';

/** Lines of the reference that speak of the window, menus, alerts and general parameters. */
const CONCERNED =
  /\b(FOCUS|MINIMIZE|WINDOWSTATE|OPEN (?!IM|CHAT|VOICEMAIL)|BTN_|CONTACTS_FOCUSED|CONTACTS FOCUSED|UI_LANGUAGE|WALLPAPER|SILENT_MODE|MENU_ITEM|EVENT|SKYPEVERSION|PRIVILEGE|PREDICTIVE|AUDIO_|RINGER|MUTE|AVATAR|RINGTONE|PCSPEAKER|AGC|AEC|RESETIDLETIMER|AUTOAWAY)/;

/** Those that stand for no example of their own. */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  459: 'replayed with the calls',
  1668: 'the syntax of the notification, not the state that MINIMIZE leads to',
  2050: 'the syntax, of which 2063 is the example',
  2067: 'the syntax, of which 2083 is the example',
  2075: 'the syntax, of which 2083 is the example',
  2081: 'the syntax, of which 2083 is the example',
  3407: 'the syntax, of which 3411 is the example',
  3408: 'the syntax, of which 3411 is the example',
  3416: 'the syntax, of which 3420 is the example',
  3417: 'the syntax, of which 3420 is the example',
  3446: 'the syntax, of which 3454 is the example',
  3447: 'the syntax, of which 3454 is the example',
};

const device = 'SB Audigy 2 ZS Audio [DC00]';
const desk = ({ w }: Stage) => w.exchange.desk('alice');

/** A transcript of one command and its answer. */
const answered = (what: string, ...sources: readonly number[]): Transcript => ({ sources, what });

const DESK_TRANSCRIPTS: readonly Transcript[] = [
  answered('FOCUS', ...sourcesOf(/^FOCUS$/), 1657),
  answered('MINIMIZE', ...sourcesOf(/^MINIMIZE$/)),
  answered('GET WINDOWSTATE', 1677, 1678),
  answered('SET WINDOWSTATE', 1693, 1694, 1695),
  answered('OPEN ADDAFRIEND', 1709, 1710),
  {
    sources: [1757, 1758],
    what: 'OPEN FILETRANSFER',
    prepare: async (stage) => {
      stage.w.exchange.endpoint('alice').user.setContact('echo123', 'BUDDYSTATUS', '3');
      return {};
    },
  },
  {
    sources: [1769],
    what: 'OPEN FILETRANSFER of a folder',
    prepare: async ({ root }) => {
      mkdirSync(join(root, 'C:\\temp'));
      return {};
    },
  },
  answered('OPEN PROFILE', 1782, 1783),
  answered('OPEN USERINFO', 1792, 1793),
  answered('OPEN SEARCH', 1814, 1815),
  answered('OPEN CONTACTS', 1850, 1851),
  answered('OPEN SENDCONTACTS', 1869, 1870),
  answered('OPEN BLOCKEDUSERS', 1881, 1882),
  answered('OPEN IMPORTCONTACTS', 1890, 1891),
  answered('OPEN GETTINGSTARTED', 1899, 1900),
  answered('OPEN AUTHORIZATION', 1908, 1909),
  answered('BTN_PRESSED, BTN_RELEASED', 1921, 1922, 1923, 1924),
  {
    sources: [1935, 1936],
    what: 'CONTACTS_FOCUSED',
    prepare: async (stage) => {
      desk(stage).focus('echo123');
      return {};
    },
  },
  {
    sources: [1937],
    what: 'a focus that is lost',
    before: [{ line: /./, act: (stage) => desk(stage).focus() }],
  },
  answered('SET UI_LANGUAGE', 1943, 1946),
  answered('GET UI_LANGUAGE', 1942),
  answered('SET WALLPAPER, of none', 1955, 1956),
  { sources: [1953, 1954], what: 'GET WALLPAPER' },
  {
    sources: [1963],
    what: 'a wallpaper that the person has changed',
    before: [
      {
        line: /./,
        act: async (stage) => {
          writeFileSync(join(stage.root, 'c:\\stuff\\test2.jpg'), '');
          await desk(stage).setWallpaper('c:\\stuff\\test2.jpg');
        },
      },
    ],
  },
  answered('SET MENU_ITEM', 2037),
  {
    sources: [2063],
    what: 'menu items that are clicked',
    prepare: async (stage) => {
      const call = await desk(stage).call('echo123');
      await desk(stage).open('IM', 'echo123');
      await stage.w.clock.advance(2000);
      desk(stage).focus('echo123');
      return { 879: call, '#tester/$echo123;559a71c0ef9d758b': desk(stage).state.front.argument };
    },
    before: ['test05', 'test06', 'test07', 'test03', 'test04'].map((item) => ({
      line: new RegExp(`^MENU_ITEM ${item} CLICKED`),
      act: (stage: Stage) => desk(stage).click(item),
    })),
    leftOut: /CREATED$/,
  },
  answered('GET SKYPEVERSION', 3209),
  answered('GET PRIVILEGE', 3256),
  answered('GET PREDICTIVE_DIALER_COUNTRY', 3271),
  answered('GET PREDICTIVE_DIALER_COUNTRY', 3268, 3269),
  ...[
    [3340, 'AUDIO_IN'],
    [3355, 'AUDIO_OUT'],
    [3369, 'RINGER'],
  ].map(([source, parameter]) => ({
    sources: [Number(source)],
    what: String(parameter),
    prepare: async ({ hand, w }: Stage) => {
      hand.send(`SET ${parameter} ${device}`);
      await w.clock.advance(1);
      return {};
    },
  })),
  answered('SET RINGTONE STATUS', 3451, 3452),
  answered('PCSPEAKER', ...sourcesOf(/PCSPEAKER/).filter((source) => source > 3400)),
  answered('GET AGC, GET AEC', 3470, 3472),
  answered('AGC and AEC', 3475, 3477),
  answered('RESETIDLETIMER', 3489, 3490),
  {
    sources: [3495, 3496],
    what: 'GET AUTOAWAY',
    prepare: async ({ hand }) => {
      hand.send('SET AUTOAWAY ON');
      return {};
    },
  },
  answered('SET AUTOAWAY', 3499, 3500),
];

const USERS: readonly UserOptions[] = [
  {
    handle: 'alice',
    contacts: ['myfriend'],
    version: '3.8.0.188',
    devices: { audioIn: [device], audioOut: [device] },
  },
  { handle: 'bob' },
];

describe('the transcripts of the reference about the window, menus, alerts and parameters', () => {
  it.each(
    DESK_TRANSCRIPTS.filter(({ sources }) => sources.length > 0).map(
      (transcript) => [`${transcript.sources[0]}: ${transcript.what}`, transcript] as const,
    ),
  )('%s', async (_name, transcript) => {
    const root = folder();
    const isVersion = transcript.what === 'GET SKYPEVERSION';
    const users = isVersion ? [{ handle: 'alice', version: '1.3.0.28' }] : USERS;
    await using w = await world({ users, fileRoots: [root] });
    const client = w.client();
    const stage: Stage = { w, client, hand: w.client(), root };
    const prepared = Object.entries((await transcript.prepare?.(stage)) ?? {});
    client.fresh();
    const printed = transcript.sources.flatMap((source) =>
      printedLines.filter((line) => line.source === source),
    );
    await replay(stage, printed, new Map(prepared.map(([id, is]) => [id, String(is)])), transcript);
  });

  it('include all of the reference', () => {
    const replayed = new Set([...TRANSCRIPTS, ...DESK_TRANSCRIPTS].flatMap(({ sources }) => sources));
    const missing = sourcesOf(CONCERNED).filter((source) => !replayed.has(source) && !EXCEPTIONS[source]);
    const told = missing.flatMap((source) => printedLines.filter((line) => line.source === source));
    expect(told.map(({ source, line }) => `${source} ${line}`)).toEqual([]);
  });
});
