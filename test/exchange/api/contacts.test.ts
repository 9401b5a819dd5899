import { describe, expect, it } from 'vitest';
import { folder, world } from '../world.js';

const USERS = [{ handle: 'alice' }, { handle: 'Bob' }, { handle: 'carol' }];

describe('GET AUTH_CONTACTS_PROFILES', () => {
  const HOSTILE = 'Doe; John,\u0085Jr.\u2028;;x';

  /** As a plug-in for a messenger cuts it: at `;`, in steps of eight, mood and next handle at the first comma. */
  function cut(line: string): Record<string, readonly string[]> {
    const parts = line.slice('AUTH_CONTACTS_PROFILES '.length).split(';');
    const entries: Record<string, readonly string[]> = {};
    for (let at = 0; at + 8 < parts.length; at += 8) {
      const [mood = '', ...rest] = (parts[at + 8] ?? '').split(',');
      entries[parts[at] ?? ''] = [...parts.slice(at + 1, at + 8), mood];
      parts[at + 8] = rest.join(',');
    }
    return entries;
  }

  it('gives nine fields for each authorised contact, entries joined by a comma', async () => {
    const profile = { PHONE_HOME: '+1', PHONE_OFFICE: '+2', PHONE_MOBILE: '+3', MOOD_TEXT: 'busy' };
    await using w = await world({
      users: [
        { handle: 'alice', contacts: ['bob', 'Carol', 'echo123', '+18005551234', 'nobody'] },
        { handle: 'bob', fullName: 'Bob B.', profile },
        { handle: 'Carol', voicemail: false },
      ],
    });
    const alice = w.client();
    alice.send('SET USER bob DISPLAYNAME Bobby');
    w.client('bob').send('SET USERSTATUS DND');
    w.client('Carol').send('SET USERSTATUS INVISIBLE');
    expect(alice.send('GET AUTH_CONTACTS_PROFILES')).toEqual([
      'AUTH_CONTACTS_PROFILES bob;Bob B.;+1;+2;+3;DND;Bobby;TRUE;busy,' +
        'Carol;Carol;;;;OFFLINE;;FALSE;,' +
        'echo123;Echo / Sound Test Service;;;;ONLINE;;FALSE;,' +
        '+18005551234;+18005551234;;;;SKYPEOUT;;FALSE;,' +
        'nobody;nobody;;;;UNKNOWN;;FALSE;',
    ]);
  });

  it('is the name and a blank without contacts, and leaves out contacts that have not agreed', async () => {
    await using w = await world({ users: USERS });
    const alice = w.client();
    expect(alice.send('GET AUTH_CONTACTS_PROFILES')).toEqual(['AUTH_CONTACTS_PROFILES ']);
    alice.send('SET USER Bob BUDDYSTATUS 2 hello');
    expect(alice.send('GET AUTH_CONTACTS_PROFILES')).toEqual(['AUTH_CONTACTS_PROFILES ']);
  });

  it('keeps its fields where names and moods hold ; , and line breaks', async () => {
    const profile = { MOOD_TEXT: HOSTILE, PHONE_HOME: HOSTILE, PHONE_OFFICE: HOSTILE, PHONE_MOBILE: HOSTILE };
    await using w = await world({
      users: [
        { handle: 'alice', contacts: ['bob', 'c,d', 'last'] },
        { handle: 'bob', fullName: HOSTILE, profile },
        { handle: 'c,d', fullName: HOSTILE, profile },
        { handle: 'last', fullName: 'Last' },
      ],
    });
    const alice = w.client();
    alice.send('SET USER bob DISPLAYNAME a;b,c');
    const plain = 'Doe John Jr. x';
    const [line = ''] = alice.send('GET AUTH_CONTACTS_PROFILES');
    expect(cut(line)).toEqual({
      bob: [plain, plain, plain, plain, 'ONLINE', 'a b c', 'TRUE', plain],
      'c,d': [plain, plain, plain, plain, 'ONLINE', '', 'TRUE', plain],
      last: ['Last', '', '', '', 'ONLINE', '', 'TRUE', ''],
    });
  });
});

describe('SET USERSTATUS', () => {
  it('to the status that is set already gives one line and no notification', async () => {
    await using w = await world();
    const [alice, other] = [w.client(), w.client()];
    expect(alice.send('SET USERSTATUS ONLINE')).toEqual(['USERSTATUS ONLINE']);
    expect(alice.send('SET USERSTATUS online')).toEqual(['USERSTATUS ONLINE']);
    expect(other.fresh()).toEqual([]);
    // The example of command identifiers in the reference has both.
    expect(alice.send('#3 SET USERSTATUS ONLINE')).toEqual(['#3 USERSTATUS ONLINE', 'USERSTATUS ONLINE']);
  });

  it('tells ONLINESTATUS to oneself and to contacts, on either list, and to nobody else', async () => {
    await using w = await world({
      users: [
        { handle: 'alice', contacts: ['bob'] },
        { handle: 'bob' },
        { handle: 'carol', contacts: ['Alice'] },
        { handle: 'dave' },
        { handle: 'eve', contacts: ['alice'] },
      ],
    });
    const [alice, ...others] = ['alice', 'bob', 'carol', 'dave', 'eve'].map((handle) => w.client(handle));
    alice?.send('SET USER eve ISBLOCKED TRUE');
    expect(alice?.send('SET USERSTATUS AWAY')).toEqual([
      'USERSTATUS AWAY',
      'USERSTATUS AWAY',
      'USER alice ONLINESTATUS AWAY',
    ]);
    expect(others.map((client) => client.fresh())).toEqual([
      ['USER alice ONLINESTATUS AWAY'],
      ['USER alice ONLINESTATUS AWAY'],
      [],
      [],
    ]);
  });

  it('shows INVISIBLE to others as offline, and reports no change that others cannot see', async () => {
    await using w = await world({ users: [{ handle: 'alice', contacts: ['bob'] }, { handle: 'bob' }] });
    const [alice, bob] = [w.client(), w.client('bob')];
    alice.send('SET USERSTATUS INVISIBLE');
    alice.send('SET USERSTATUS OFFLINE');
    alice.send('SET USERSTATUS ONLINE');
    expect(bob.fresh()).toEqual(['USER alice ONLINESTATUS OFFLINE', 'USER alice ONLINESTATUS ONLINE']);
    expect(alice.told('USERSTATUS').slice(1)).toEqual(
      ['INVISIBLE', 'OFFLINE', 'ONLINE'].flatMap((status) => [status, status]),
    );
  });

  it('to a status that does not exist is refused and changes nothing', async () => {
    await using w = await world();
    expect(w.client().send('SET USERSTATUS xxx')).toEqual(['ERROR 28 Unknown userstatus']);
    expect(w.client().send('GET USERSTATUS')).toEqual(['USERSTATUS ONLINE']);
  });
});

describe('SET USER x BUDDYSTATUS 2 text', () => {
  it('is answered 2, then ISAUTHORIZED TRUE; 3 comes when the other has agreed', async () => {
    await using w = await world({ users: USERS });
    const [alice, bob] = [w.client(), w.client('Bob')];
    expect(alice.send('#1 SET USER Bob BUDDYSTATUS 2 Please, it is me')).toEqual([
      '#1 USER Bob BUDDYSTATUS 2',
      'USER Bob ISAUTHORIZED TRUE',
      'USER Bob ISBLOCKED FALSE',
      'USER Bob BUDDYSTATUS 2',
    ]);
    expect(alice.send('SEARCH FRIENDS')).toEqual(['USERS Bob']);
    expect(alice.send('GET USER Bob BUDDYSTATUS')).toEqual(['USER Bob BUDDYSTATUS 2']);
    alice.fresh();
    expect(bob.fresh()).toEqual(['USER alice RECEIVEDAUTHREQUEST Please, it is me']);
    expect(bob.send('SEARCH USERSWAITINGMYAUTHORIZATION')).toEqual(['USERS alice']);
    expect(bob.send('GET USER alice RECEIVEDAUTHREQUEST')).toEqual([
      'USER alice RECEIVEDAUTHREQUEST Please, it is me',
    ]);
    expect(bob.send('SET USER alice ISAUTHORIZED TRUE')).toEqual([
      'USER alice ISAUTHORIZED TRUE',
      'USER alice RECEIVEDAUTHREQUEST ',
      'USER alice ISAUTHORIZED TRUE',
      'USER alice ISBLOCKED FALSE',
      'USER alice BUDDYSTATUS 3',
    ]);
    expect(alice.fresh()).toEqual(['USER Bob BUDDYSTATUS 3']);
    expect(bob.send('SEARCH USERSWAITINGMYAUTHORIZATION')).toEqual(['USERS ']);
    expect(bob.send('SEARCH FRIENDS')).toEqual(['USERS alice']);
  });

  it('is granted at once by robots, and by users that have the asking user as a contact or have authorised that user', async () => {
    await using w = await world({
      users: [{ handle: 'alice' }, { handle: 'bob', contacts: ['alice'] }, { handle: 'carol' }],
    });
    w.client('carol').send('SET USER alice ISAUTHORIZED TRUE');
    const alice = w.client();
    for (const handle of ['echo123', 'bob', 'carol']) {
      const lines = alice.send(`SET USER ${handle} BUDDYSTATUS 2`);
      expect([lines[0], lines.at(-1)]).toEqual([
        `USER ${handle} BUDDYSTATUS 2`,
        `USER ${handle} BUDDYSTATUS 3`,
      ]);
      expect(alice.send(`SET USER ${handle} BUDDYSTATUS 2 again`)).toEqual([`USER ${handle} BUDDYSTATUS 3`]);
    }
  });

  it('leaves the asking user waiting when it is refused; requests survive a restart, with or without a text', async () => {
    const stateFolder = folder();
    {
      await using w = await world({ stateFolder });
      w.client().send('SET USER bob BUDDYSTATUS 2');
      w.client('carol').send('SET USER bob BUDDYSTATUS 2 me too');
    }
    await using w = await world({ stateFolder });
    const bob = w.client('bob');
    expect(bob.send('SEARCH USERSWAITINGMYAUTHORIZATION')).toEqual(['USERS alice, carol']);
    expect(bob.send('SET USER alice ISAUTHORIZED FALSE')).toEqual([
      'USER alice ISAUTHORIZED FALSE',
      'USER alice RECEIVEDAUTHREQUEST ',
      'USER alice ISAUTHORIZED FALSE',
    ]);
    expect(bob.send('SEARCH USERSWAITINGMYAUTHORIZATION')).toEqual(['USERS carol']);
    expect(w.client().send('GET USER bob BUDDYSTATUS')).toEqual(['USER bob BUDDYSTATUS 2']);
  });

  it('does not reach a user that blocks the sender; an invalid status is refused', async () => {
    await using w = await world();
    const [alice, bob] = [w.client(), w.client('bob')];
    bob.send('SET USER alice ISBLOCKED TRUE');
    bob.fresh();
    alice.send('SET USER bob BUDDYSTATUS 2 x');
    expect(bob.fresh()).toEqual([]);
    for (const value of ['3', '0', '22', '12 x', '']) {
      expect(alice.send(`SET USER bob BUDDYSTATUS ${value}`)).toEqual([
        'ERROR 518 Invalid status given for BUDDYSTATUS',
      ]);
    }
  });
});
