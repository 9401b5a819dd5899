import { describe, expect, it } from 'vitest';
import { folder } from '../world.js';
import { type AccountStage, accountStage } from './account-stage.js';

const DIRECTORY = '/profile/mine/System.ShortCircuitProfile.json';
const HEADERS = { 'ps-applicationid': '5c7a1e34-3a23-4a36-b2e6-7aa15be85f07' };
const JPEG = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);

/** Two who are in each other's list. */
const FRIENDS = {
  users: [
    { handle: 'alice', fullName: 'Alice Smith Jones', contacts: ['bob'], profile: { COUNTRY: 'ee Estonia' } },
    { handle: 'bob', contacts: ['alice'] },
    { handle: 'carol' },
  ],
};

describe('the directory', () => {
  const email = (more: object) => ({
    Acl: null,
    AddSearchableApplications: null,
    DeleteSearchableApplications: null,
    HasSearchableApplications: true,
    Label: 'Email_Other',
    Name: 'fred.adams@live.co.uk',
    Searchable: true,
    SearchableApplications: [{ Name: 'Skype' }],
    Source: 'Msa',
    State: 'Verified',
    ...more,
  });
  const phone = (more: object) => ({
    Acl: '',
    AddSearchableApplications: null,
    Country: 'UK-44',
    CountryName: 'UK',
    DeleteSearchableApplications: null,
    HasSearchableApplications: false,
    Label: 'Phone_Other',
    Name: '07012345678',
    Searchable: false,
    SearchableApplications: [],
    Source: 'Msa',
    State: 'Unverified',
    SuggestedVerifyMethod: 'Sms',
    ...more,
  });
  const views = (emails: object[], phones: object[], changedMs: number) => ({
    TraceGraph: null,
    Views: [
      {
        Attributes: [
          { Acl: null, Name: 'PersonalContactProfile.Emails', Value: emails },
          { Acl: null, Name: 'PersonalContactProfile.Emails.LastModified', Value: `/Date(${changedMs})/` },
          { Acl: null, Name: 'PhoneVerificationQosAlert', Value: 0 },
          { Acl: null, Name: 'PersonalContactProfile.Phones', Value: phones },
        ],
        Id: { Cid: expect.stringMatching(/^-\d{1,19}$/), Puid: null },
      },
    ],
  });
  const post = (stage: AccountStage, Name: string, ...Value: object[]) =>
    stage.ask(`POST ${DIRECTORY}`, { headers: HEADERS, json: { Attributes: [{ Name, Value }] } });

  it('shows addresses field by field, and adds and changes those that are given', async () => {
    const stateFolder = folder();
    const users = [
      { handle: 'alice', account: { emails: ['fred.adams@live.co.uk'] } },
      { handle: 'bob' },
      { handle: 'carol' },
    ];
    {
      await using stage = await accountStage({ users, stateFolder });
      expect((await stage.ask(`GET ${DIRECTORY}`, { headers: HEADERS })).body).toEqual(
        views([email({})], [], 0),
      );
      await stage.clock.advance(5000);
      await post(
        stage,
        'PersonalContactProfile.Emails',
        { Name: 'other@example.net', Label: 'Email_Work', State: 'Verified' },
        {
          Name: 'fred.adams@live.co.uk',
          Searchable: false,
          DeleteSearchableApplications: [{ Name: 'Skype' }],
        },
      );
      await post(stage, 'PersonalContactProfile.Phones', {
        Name: '07012345678',
        Country: 'UK-44',
        CountryName: 'UK',
      });
    }
    await using stage = await accountStage({ users, stateFolder });
    const gone = { HasSearchableApplications: false, Searchable: false, SearchableApplications: [] };
    const { body } = await stage.ask(`GET ${DIRECTORY}`, { headers: HEADERS });
    expect(body).toEqual(
      views(
        [
          email(gone),
          email({ ...gone, Name: 'other@example.net', Label: 'Email_Work', State: 'Unverified' }),
        ],
        [phone({})],
        Date.UTC(2007, 2, 20) + 5000,
      ),
    );
    expect((await stage.ask('GET /users/self/profile')).body.emails).toEqual([
      'fred.adams@live.co.uk',
      'other@example.net',
    ]);
    expect(stage.failures).toEqual([]);
  });

  it('shares the phone numbers of PROFILE, in both directions', async () => {
    await using stage = await accountStage(FRIENDS);
    const alice = stage.client();
    alice.send('SET PROFILE PHONE_HOME +3721111');
    const { body } = await stage.ask(`GET ${DIRECTORY}`);
    expect(body.Views[0].Attributes[3].Value).toEqual([
      phone({ Label: 'Phone_Home', Name: '+3721111', Country: '', CountryName: '' }),
    ]);
    await post(stage, 'PersonalContactProfile.Phones', { Name: '+3722222', Label: 'Phone_Mobile' });
    expect(alice.send('GET PROFILE PHONE_MOBILE')).toEqual(['PROFILE PHONE_MOBILE +3722222']);
    expect(alice.told('PROFILE PHONE_MOBILE')).toContain('+3722222');
    expect((await stage.ask('GET /users/self/profile')).body).toMatchObject({
      phoneHome: '+3721111',
      phoneMobile: '+3722222',
      phoneOffice: null,
    });
  });

  it('refuses an invalid address, and changes nothing', async () => {
    await using stage = await accountStage();
    const before = (await stage.ask(`GET ${DIRECTORY}`)).body;
    const good = { Name: 'good@example.net' };
    for (const [attribute, ...values] of [
      ['PersonalContactProfile.Emails', good, { Name: 'no address' }],
      ['PersonalContactProfile.Emails', good, { Name: 'a\nb@x' }],
      ['PersonalContactProfile.Emails', ...Array.from({ length: 21 }, (_, i) => ({ Name: `${i}@x.net` }))],
      ['PersonalContactProfile.Phones', { Name: 'drop table' }],
      ['PersonalContactProfile.Other', good],
      ['__proto__', good],
    ] as const) {
      expect((await post(stage, attribute as string, ...(values as object[]))).status).toBe(400);
    }
    expect((await stage.ask(`GET ${DIRECTORY}`)).body).toEqual(before);
  });
});

describe('the simple profile', () => {
  it('is that of PROFILE, in both directions, and others are notified', async () => {
    await using stage = await accountStage(FRIENDS);
    const alice = stage.client('alice');
    const bob = stage.client('bob');
    const carol = stage.client('carol');
    expect((await stage.ask('GET /users/self/profile')).body).toEqual({
      username: 'alice',
      firstname: 'Alice',
      lastname: 'Smith Jones',
      emails: [],
      phoneHome: null,
      phoneMobile: null,
      phoneOffice: null,
      mood: null,
      richMood: null,
      country: 'EE',
      province: null,
      city: null,
      language: null,
      birthday: null,
      homepage: null,
      about: null,
      avatarUrl: null,
      displayname: 'Alice Smith Jones',
      gender: null,
      jobtitle: null,
    });
    const payload = {
      mood: 'at sea',
      firstname: 'Alicia',
      country: 'de',
      language: 'en',
      birthday: '1980-02-29',
      city: 'Narva',
    };
    expect((await stage.ask('POST /users/alice/profile/partial', { json: { payload } })).body).toMatchObject({
      ...payload,
      country: 'DE',
      lastname: 'Smith Jones',
    });
    for (const [property, value] of [
      ['MOOD_TEXT', 'at sea'],
      ['FULLNAME', 'Alicia Smith Jones'],
      ['COUNTRY', 'de Germany'],
      ['LANGUAGES', 'en'],
      ['BIRTHDAY', '19800229'],
      ['CITY', 'Narva'],
    ]) {
      expect(alice.send(`GET PROFILE ${property}`)).toEqual([`PROFILE ${property} ${value}`]);
    }
    expect(bob.told('USER alice MOOD_TEXT')).toEqual(['at sea']);
    expect(carol.told('USER alice MOOD_TEXT')).toEqual([]);
    alice.send('SET PROFILE RICH_MOOD_TEXT <B>home</B>');
    expect((await stage.ask('GET /users/self/profile')).body).toMatchObject({
      mood: 'home',
      richMood: '<B>home</B>',
    });
  });

  it('of others has the fields that they let the account see', async () => {
    await using stage = await accountStage(FRIENDS);
    const alice = stage.client('alice');
    alice.send('SET PROFILE MOOD_TEXT hello');
    alice.send('SET PROFILE PHONE_HOME +3721111');
    const usernames = ['8:alice', 'ALICE', 'echo123', 'nobody', '../x'];
    for (const path of ['/users/batch/profiles', '/profile/v1/batch/profiles']) {
      const seenBy = async (as: 'bob' | 'carol') =>
        (await stage.ask(`POST ${path}`, { as, json: { usernames } })).body;
      expect(await seenBy('bob')).toMatchObject([
        { username: 'alice', mood: 'hello', phoneHome: '+3721111' },
        { username: 'echo123' },
      ]);
      expect(await seenBy('carol')).toMatchObject([{ username: 'alice', mood: null }, {}]);
    }
  });

  it('refuses unknown fields and invalid values, and then sets none', async () => {
    await using stage = await accountStage();
    for (const payload of [
      { mood: 'x', avatarUrl: 'http://x' },
      { mood: 'x', country: 'Estonia' },
      { mood: 'a\r\nb' },
      { mood: 'x', birthday: '1980-02-30' },
      { mood: 5 },
      { mood: 'x'.repeat(20_000) },
    ]) {
      expect((await stage.ask('POST /users/self/profile/partial', { json: { payload } })).status).toBe(400);
    }
    expect((await stage.ask('GET /users/self/profile')).body.mood).toBeNull();
    expect(
      (await stage.ask('POST /users/bob/profile/partial', { json: { payload: { mood: 'x' } } })).status,
    ).toBe(403);
  });

  it('has the picture of AVATAR', async () => {
    await using stage = await accountStage(FRIENDS);
    const put = (bytes: Uint8Array<ArrayBuffer>, type = 'image/jpeg') =>
      stage.ask('PUT /v1/avatars/alice', { bytes, headers: { 'content-type': type } });
    const bob = stage.client('bob');
    expect((await put(JPEG)).status).toBe(204);
    expect(bob.told('USER alice AVATAR')).toHaveLength(1);
    const { avatarUrl } = (await stage.ask('GET /users/self/profile')).body;
    expect((await stage.ask(`GET ${avatarUrl}`, { as: 'bob' })).headers.get('content-type')).toBe(
      'image/jpeg',
    );
    expect((await put(new Uint8Array([1, 2, 3]))).status).toBe(400);
    expect((await put(JPEG, 'text/html')).status).toBe(415);
    expect((await stage.ask('GET /v1/avatars/carol')).status).toBe(404);
    stage.client('alice').send('SET USER bob ISBLOCKED TRUE');
    expect((await stage.ask(`GET ${avatarUrl}`, { as: 'bob' })).status).toBe(404);
  });
});

describe('contacts', () => {
  it('have a date, as requests have, also after a restart', async () => {
    const stateFolder = folder();
    const seen = async (stage: AccountStage) => {
      const { contacts } = (await stage.ask('GET /contacts/v2/users/alice')).body;
      const { invite_list } = (await stage.ask('GET /contacts/v2/users/bob/invites', { as: 'bob' })).body;
      return [contacts[0]?.creation_time, invite_list[0]?.invites[0].time].map(Date.parse);
    };
    let added = 0;
    {
      await using stage = await accountStage({ stateFolder });
      await stage.clock.advance(60_000);
      stage.client('alice').send('SET USER bob BUDDYSTATUS 2 hello');
      added = stage.clock.unixMs();
      await stage.clock.advance(60_000);
      expect(await seen(stage)).toEqual([added, added]);
    }
    await using stage = await accountStage({ stateFolder });
    await stage.clock.advance(600_000);
    expect(await seen(stage)).toEqual([added, added]);
    const alice = stage.client('alice');
    alice.send('SET USER bob BUDDYSTATUS 1');
    alice.send('SET USER bob BUDDYSTATUS 2 again');
    expect(await seen(stage)).toEqual([stage.clock.unixMs(), stage.clock.unixMs()]);
  });

  it('are those of the desktop API, in both directions', async () => {
    await using stage = await accountStage();
    const path = '/contacts/v2/users/alice';
    expect((await stage.ask(`GET ${path}`)).body).toEqual({
      contacts: [],
      groups: [],
      blocklist: [],
      scope: 'full',
    });
    const bob = stage.client('bob');
    await stage.ask(`POST ${path}/contacts`, { json: { mri: '8:bob', greeting: 'hello' } });
    expect(bob.told('USER alice RECEIVEDAUTHREQUEST')).toEqual(['hello']);
    expect((await stage.ask(`GET ${path}`)).body.contacts).toMatchObject([
      { mri: '8:bob', display_name: 'bob', authorized: false, blocked: false, favorite: false },
    ]);
    bob.send('SET USER alice ISAUTHORIZED TRUE');
    expect((await stage.ask(`GET ${path}`)).body.contacts[0].authorized).toBe(true);
    const alice = stage.client('alice');
    alice.send('CREATE GROUP "Family"; <all>');
    const id = alice.told(`GROUP ${/GROUP (\d+) TYPE/.exec(alice.lines.join('\n'))?.[1]} CUSTOM_GROUP_ID`)[0];
    const [group] = alice.send('SEARCH GROUPS CUSTOM')[0]?.match(/\d+/) ?? [];
    alice.send(`ALTER GROUP ${group} ADDUSER bob`);
    expect((await stage.ask(`GET ${path}`)).body.groups).toEqual([
      { id, name: '"Family"; <all>', is_favorite: false, contacts: ['8:bob'] },
    ]);
    alice.send(`ALTER GROUP ${group} SHARE`);
    expect((await stage.ask('GET /contacts/v2/users/bob', { as: 'bob' })).body.groups).toEqual([]);
    const [theirs] = bob.send('SEARCH GROUPS CUSTOM')[0]?.match(/\d+/) ?? [];
    bob.send(`ALTER GROUP ${theirs} ACCEPT`);
    expect((await stage.ask('GET /contacts/v2/users/bob', { as: 'bob' })).body.groups).toMatchObject([
      { id, contacts: ['8:alice'] },
    ]);
    await stage.ask(`PUT ${path}/contacts/blocklist/8:carol`);
    expect((await stage.ask(`GET ${path}`)).body.blocklist).toEqual([{ mri: '8:carol' }]);
    expect(stage.client('alice').send('GET USER carol ISBLOCKED')).toEqual(['USER carol ISBLOCKED TRUE']);
    await stage.ask(`DELETE ${path}/contacts/blocklist/8:carol`);
    await stage.ask(`DELETE ${path}/contacts/8:bob`);
    expect((await stage.ask(`GET ${path}`)).body).toMatchObject({ contacts: [], blocklist: [] });
    expect((await stage.ask(`POST ${path}/contacts`, { json: { mri: '8:nobody' } })).status).toBe(404);
    expect((await stage.ask(`POST ${path}/contacts`, { json: { mri: '8:alice' } })).status).toBe(400);
    expect((await stage.ask(`GET ${path}`, { as: 'bob' })).status).toBe(403);
  });
});
