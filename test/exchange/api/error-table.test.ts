import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { entryOf } from '../../../src/base/entry-of.js';
import { ERROR_TEXTS } from '../../../src/protocol/catalogue/error-codes.js';
import { OBJECTS } from '../../../src/protocol/catalogue/objects.js';
import type { ObjectSpec } from '../../../src/protocol/catalogue/spec.js';
import { VERBS } from '../../../src/protocol/catalogue/verbs.js';
import { RobotDestination } from '../../../src/switch/robot.js';
import { createGroup } from '../people/groups-stage.js';
import { atDesk } from '../transfers/transfer-stage.js';
import { type Client, folder, settle, type World, world } from '../world.js';

/**
 * A command for each error of the reference's table that is answered with it. What stands in angle brackets is an id:
 * `<call>` goes on, `<past>` is over. A command is alice's where it does not begin with another's name.
 */
const RAISED: Readonly<Record<number, string>> = {
  1: ' ',
  2: 'GRT USER bob FULLNAME',
  3: 'SEARCH NONSENSE',
  4: 'SEARCH USERS',
  5: 'SEARCH CALLS !',
  6: 'SEARCH MISSEDCALLS echo123',
  7: 'GET NONSENSE',
  8: 'GET USER ! HANDLE',
  9: 'GET USER nobody FULLNAME',
  10: 'GET USER bob SHOESIZE',
  11: 'GET CALL x STATUS',
  12: 'GET CALL 99999 STATUS',
  13: 'GET CALL <past> SHOESIZE',
  14: 'GET CHATMESSAGE x BODY',
  15: 'GET CHATMESSAGE 99999 BODY',
  16: 'GET CHATMESSAGE <message> SHOESIZE',
  18: 'SET NONSENSE x',
  19: 'SET CALL x SEEN',
  20: 'SET CALL 99999 SEEN',
  21: 'SET CALL <past> STATUS ONHOL',
  22: 'SET CALL <past> STATUS ONHOLD',
  23: 'SET CALL <past> STATUS INPROGRESS',
  24: 'SET CALL <past> STATUS FINISHED',
  25: 'SET CALL <past> STATU ONHOLD',
  26: 'MESSAGE',
  27: 'PROTOCOL -12,9',
  28: 'SET USERSTATUS RICH',
  29: 'SEARCH MISSEDMESSAGES echo123',
  30: 'SET CHATMESSAGE x SEEN',
  31: 'SET CHATMESSAGE 99999 SEEN',
  32: 'SET CHATMESSAGE <message> SHOESIZE 1',
  33: 'SET MUTE O',
  34: 'CALL ',
  39: 'CALL dave',
  40: 'GET PRIVILEGE NONSENSE',
  41: 'SET CALL <past> DTMF 1',
  42: 'SET CALL <call> DTMF x',
  43: 'MESSAGE echo123',
  50: 'SET AUDIO_IN no such device',
  51: 'READY PERHAPS',
  52: 'HOOK PERHAPS',
  53: 'SET AUTOAWAY BANANA',
  67: 'SEARCH FRIENDS tim',
  69: 'OPEN IN',
  70: 'OPEN IM',
  71: 'GET CALL <call> CONF_PARTICIPANT 99',
  72: 'SET CALL <past> JOIN_CONFERENCE <call>',
  73: 'CALL a1, a2, a3, a4, a5',
  74: 'BTN_PRESSED X9',
  92: 'CALL alice',
  93: 'CALL nobody',
  105: 'OPEN CHAT #none',
  106: 'GET CHAT <chat> SHOESIZE',
  107: 'SEARCH CHATS bob',
  108: 'TRANSFER carol',
  109: 'TRANSFER bob IN <folder>/none',
  110: 'CALLVOICEMAIL carol',
  111: 'SET AVATAR 1 <folder>/none.jpg',
  112: `OPEN FILETRANSFER ${Array.from({ length: 11 }, () => 'bob').join(', ')}`,
  113: 'CLOSE NONSENSE',
  114: 'GET AVATAR 2 x.jpg',
  115: 'GET RINGTONE 2',
  117: 'OPEN AUTHORIZATION bob',
  500: 'ALTER CHAT',
  501: 'ALTER CHAT #none LEAVE',
  502: 'CHAT',
  503: 'CHAT NONSENSE',
  504: 'ALTER CHAT <chat> KICK nobody',
  505: 'ALTER CHAT <chat> LEAVE now',
  506: 'ALTER CHAT <chat> ADDMEMBERS !',
  507: 'CHAT CREATE !',
  508: 'CHAT CREATE alice',
  509: 'CHATMESSAGE',
  510: 'CHATMESSAGE #none hello',
  511: 'CHATMESSAGE <chat> ',
  512: 'GET VOICEMAIL x STATUS',
  513: 'GET VOICEMAIL 99999 STATUS',
  514: 'GET VOICEMAIL <voicemail> SHOESIZE',
  515: 'SET USER bob SPEEDDIAL 100',
  516: 'SET USER bob ISBLOCKED PERHAPS',
  517: 'SET USER alice ISBLOCKED TRUE',
  518: 'SET USER bob BUDDYSTATUS 7',
  519: 'SET USER alice BUDDYSTATUS 2',
  520: 'CLEAR',
  521: 'CLEAR NONSENSE',
  522: 'CLEAR CHATHISTORY ALL',
  523: 'CLEAR VOICEMAILHISTORY ALL',
  524: 'CLEAR CALLHISTORY',
  525: 'CLEAR CALLHISTORY ALL !',
  526: 'ALTER',
  527: 'ALTER NONSENSE',
  528: 'ALTER VOICEMAIL',
  529: 'ALTER VOICEMAIL x DELETE',
  530: 'ALTER VOICEMAIL <voicemail>',
  531: 'ALTER VOICEMAIL <voicemail> STOPPLAYBACK',
  532: 'ALTER VOICEMAIL <voicemail> NONSENSE',
  534: 'SEARCH GREETING !',
  535: 'SEARCH GREETING carol',
  536: 'CREATE',
  537: 'CREATE NONSENSE',
  538: 'DELETE',
  539: 'DELETE NONSENSE',
  540: 'CREATE APPLICATION',
  541: 'CREATE APPLICATION mine',
  542: 'DELETE APPLICATION none',
  543: 'GET APPLICATION none STREAMS',
  544: 'GET APPLICATION mine SHOESIZE',
  545: 'ALTER APPLICATION',
  546: 'ALTER APPLICATION mine NONSENSE',
  547: 'ALTER APPLICATION mine CONNECT !',
  548: 'ALTER APPLICATION mine DISCONNECT x',
  549: 'ALTER APPLICATION mine WRITE x y',
  550: 'ALTER APPLICATION mine READ x',
  551: 'ALTER APPLICATION mine DATAGRAM x y',
  552: 'SET PROFILE SHOESIZE 1',
  553: 'carol> SET PROFILE CALL_SEND_TO_VM TRUE',
  555: 'ALTER CALL x ANSWER',
  556: 'ALTER CALL 99999 ANSWER',
  557: 'ALTER CALL <past>',
  558: 'ALTER CALL <call> DTMF x',
  559: 'ALTER CALL <past> ANSWER',
  560: 'ALTER CALL <past> NONSENSE',
  561: 'SEARCH GROUPS bob',
  562: 'GET GROUP x USERS',
  563: 'GET GROUP 99999 USERS',
  564: 'GET GROUP <group> SHOESIZE',
  569: 'GET AEC x',
  570: 'SET AEC BANANA',
  571: 'GET AGC x',
  572: 'SET AGC BANANA',
  589: 'ALTER CALL <call> SET_INPUT FILE="<folder>/none.wav"',
  592: 'ALTER VOICEMAIL <voicemail> SET_INPUT FILE="<folder>/none.wav"',
};

/** Errors that another stage is needed for: each is reached by the test that is named. */
const ELSEWHERE: Readonly<Record<number, string>> = {
  36: 'people/follow-connection.test.ts: CALL of one who is offline',
  66: 'people/follow-connection.test.ts: anything but a parameter while nobody is logged in',
  68: 'attach/attach.test.ts: a client that may not attach',
  96: 'limits.test.ts: more calls than the limit allows',
  97: 'fence.test.ts: a fault inside, with its text',
  615: 'chats/chat-errors.test.ts: a partner who takes no chats',
  9901: "api/device-parameters.test.ts: a picture from Skype's own archive",
};

/** Errors that no command is answered with, each with the reason. */
const NEVER: Readonly<Record<number, string>> = {
  17: 'not in use, as the reference says',
  35: 'the network of an exchange is never lost: one is offline (36) or logged out (66)',
  37: 'as 35, of a command that the reference does not name',
  38: 'as 36, of a command that the reference does not name',
  91: 'an emergency number has no + and is no target (34)',
  94: 'the section on CALL has 92 for it',
  95: 'a callee who blocks the caller ends the call, with FAILUREREASON 9',
  98: 'no cause is given; faults are 97',
  99: 'no cause is given; faults are 97',
  100: 'no cause is given; faults are 97',
  101: 'two calls to one user may go on here',
  103: 'no cause is given; a call that cannot be held is 22',
  104: 'no cause is given; a call that cannot be resumed is 23',
};

interface Stage {
  readonly w: World;
  readonly alice: Client;
  readonly ids: Readonly<Record<string, string>>;
}

async function stage(): Promise<Stage> {
  const root = folder();
  const w = await world({
    fileRoots: [root],
    users: [
      { handle: 'alice', contacts: ['bob'], transferFolder: root },
      { handle: 'bob', contacts: ['alice'], transferFolder: root },
      { handle: 'carol', voicemail: false },
      { handle: 'dave' },
    ],
  });
  const alice = w.client();
  for (const handle of ['a1', 'a2', 'a3', 'a4', 'a5']) {
    const identity = { handle, fullName: handle, network: 'P2P' } as const;
    w.exchange.addRobot(
      new RobotDestination(identity, { ringMs: 0, outcome: 'answer', steps: [], stay: true }, w.clock),
    );
  }
  w.client('dave').send('SET USER alice ISBLOCKED TRUE');
  alice.send('SET USER dave ISBLOCKED TRUE');
  alice.send('CALL echo123');
  const past = alice.newest('CALL');
  await w.clock.advance(2000);
  alice.send(`ALTER CALL ${past} HANGUP`);
  alice.send('CALL echo123');
  await w.clock.advance(2000);
  alice.send('MESSAGE bob hello');
  await w.clock.advance(1000);
  alice.send('CREATE APPLICATION mine');
  const voicemail = await w.exchange.deposit({
    to: 'alice',
    from: { handle: 'bob' },
    file: join(import.meta.dirname, '../../../assets/prompts/voicemail-greeting.wav'),
  });
  const first = (command: string) => alice.send(command)[0]?.split(/,? /)[1] ?? '';
  return {
    w,
    alice,
    ids: {
      folder: root,
      past: String(past),
      call: String(alice.newest('CALL')),
      message: first('SEARCH CHATMESSAGES'),
      chat: first('SEARCH CHATS'),
      group: createGroup(alice, 'Family'),
      voicemail: String(voicemail),
    },
  };
}

describe('the table of errors', () => {
  it('can be reached, each error by a command', async () => {
    const { w, alice, ids } = await stage();
    await using _ = w;
    const reached: Record<number, string> = {};
    for (const [number, command] of Object.entries(RAISED)) {
      const [, handle = 'alice', line = ''] = /^(?:(\w+)> )?(.*)$/.exec(command) ?? [];
      const client = handle === 'alice' ? alice : w.client(handle);
      client.send(`#e${number} ${line.replace(/<(\w+)>/g, (_all, name: string) => ids[name] ?? name)}`);
      for (let turns = 0; turns < 50; turns++) {
        if (client.lines.some((each) => each.startsWith(`#e${number} `))) break;
        await settle();
        await w.clock.advance(1);
      }
      reached[Number(number)] = client.lines.find((each) => each.startsWith(`#e${number} `)) ?? 'no answer';
    }
    const wrong = Object.entries(reached).filter(
      ([number, line]) => !`${line} `.startsWith(`#e${number} ERROR ${number} `),
    );
    expect(wrong).toEqual([]);
  });

  it('leaves out no error without a reason', () => {
    const known = [RAISED, ELSEWHERE, NEVER].flatMap((table) => Object.keys(table));
    expect(Object.keys(ERROR_TEXTS).filter((number) => !known.includes(number))).toEqual([]);
    expect(new Set(known).size).toBe(known.length);
    for (const [number, where] of Object.entries(ELSEWHERE)) {
      const [file = ''] = where.split(':');
      expect(readFileSync(join(import.meta.dirname, '..', file), 'utf8')).toContain(number);
    }
  });
});

describe('the catalogue', () => {
  it('has only properties that GET knows, and only known actions and first words', async () => {
    const { w, alice, ids } = await stage();
    await using _ = w;
    alice.send('CREATE SMS OUTGOING +3725555');
    const sent = / (\d+) /.exec(alice.lines.find((line) => line.startsWith('SMS ')) ?? '')?.[1];
    alice.send(`SET SMS ${sent} BODY hello`);
    alice.send('CREATE MENU_ITEM item CONTEXT TOOLS CAPTION "Item"');
    alice.send('CREATE EVENT alert CAPTION "Alert" HINT "Hint"');
    writeFileSync(join(ids['folder'] ?? '', 'a.txt'), 'a text');
    const [file] = await atDesk(w, w.exchange.desk('alice').files.send('bob', 'a.txt'));
    const id = (object: string) => {
      const member = alice.send(`GET CHAT ${ids['chat']} MEMBEROBJECTS`)[0]?.match(/\d+/g)?.at(-1);
      const known = {
        CALL: ids['call'],
        VOICEMAIL: ids['voicemail'],
        CHAT: ids['chat'],
        CHATMEMBER: member,
        USER: 'bob',
        GROUP: ids['group'],
        APPLICATION: 'mine',
        SMS: sent,
        CHATMESSAGE: ids['message'],
        MESSAGE: ids['message'],
        PROFILE: '',
        FILETRANSFER: String(file),
        MENU_ITEM: 'item',
        EVENT: 'alert',
      };
      return entryOf<string | undefined>(known, object);
    };
    const unknown: string[] = [];
    for (const [object, { properties, actions, errors }] of Object.entries<ObjectSpec>(OBJECTS)) {
      const named = id(object);
      if (named === undefined) unknown.push(`${object} has no object here`);
      for (const [property, { access = 'read' }] of Object.entries(properties)) {
        if (!access.startsWith('read') || property === 'AVATAR') continue;
        const [line = ''] = alice.send(`GET ${object} ${named} ${property} 0`.replace('  ', ' '));
        if (new RegExp(`^ERROR (2|${errors.get.what}|${errors.get.wrong ?? errors.get.what}) `).test(line))
          unknown.push(`GET ${object} ${property}: ${line}`);
      }
      for (const action of Object.keys(actions)) {
        // An object that is not there has its actions all the same.
        const [line = ''] = alice.send(`ALTER ${object} ${named} ${action} `);
        const number = errors.alter.wrong;
        if (number !== undefined && line.startsWith(`ERROR ${number} `))
          unknown.push(`ALTER ${object} ${action}: ${line}`);
      }
    }
    for (const verb of Object.keys(VERBS)) {
      const [line = ''] = alice.send(verb);
      if (line.startsWith('ERROR 2 ')) unknown.push(`${verb}: ${line}`);
    }
    // What answers BOOKMARK is listed with the commands by the reference.
    expect(unknown).toEqual([expect.stringContaining('ALTER CHAT BOOKMARKED')]);
  });
});
