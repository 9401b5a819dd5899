import { expect, it } from 'vitest';
import { cleanRichText } from '../../../src/exchange/messaging/clean-rich-text.js';
import { accountStage } from '../account/account-stage.js';
import { folder } from '../world.js';

const MESSAGES = '/v1/users/ME/conversations/8:bob/messages';
const RICH =
  '<quote author="bob" authorname="Bob"><legacyquote>[1] Bob: </legacyquote>a &lt; b<legacyquote>\n\n&lt;&lt;&lt; </legacyquote></quote><b>yes</b> <ss type="smile">:)</ss> <a href="https://example.net/">here</a>';

it('rich text reaches web clients as it was sent, also after a restart; the desktop gets its plain text', async () => {
  const options = { stateFolder: folder() };
  {
    await using stage = await accountStage(options);
    const bob = stage.client('bob');
    await stage.ask(`POST ${MESSAGES}`, { json: { content: RICH, messagetype: 'RichText' } });
    await stage.clock.advance(1000);
    const [id] = bob.send('SEARCH MISSEDCHATMESSAGES')[0]?.match(/\d+$/) ?? [];
    expect(bob.send(`GET CHATMESSAGE ${id} BODY`)[0]?.split(' BODY ')[1]).toBe(
      '[1] Bob: a < b <<< yes :) here',
    );
    bob.send('MESSAGE alice <i>plain</i> https://example.net/?a=1&b :D');
    bob.send('MESSAGE alice <i>plain</i>');
    await stage.clock.advance(1000);
  }
  await using stage = await accountStage(options);
  const { messages } = (await stage.ask(`GET ${MESSAGES}`)).body;
  const shown = messages.map((each: { messagetype: string; content: string }) => [
    each.messagetype,
    each.content,
  ]);
  const link = 'https://example.net/?a=1&amp;b';
  expect(shown.slice(0, 3)).toEqual([
    ['Text', '<i>plain</i>'],
    ['RichText', `&lt;i&gt;plain&lt;/i&gt; <a href="${link}">${link}</a> <ss type="laugh">:D</ss>`],
    ['RichText', RICH],
  ]);
  const path = `${MESSAGES}/${messages[2].id}`;
  await stage.ask(`PUT ${path}`, { json: { content: '<b>no</b>', messagetype: 'RichText' } });
  expect((await stage.ask(`GET ${MESSAGES}`)).body.messages[2]).toMatchObject({ content: '<b>no</b>' });
  await stage.ask(`PUT ${path}`, { json: { content: 'none', messagetype: 'Text' } });
  expect((await stage.ask(`GET ${MESSAGES}`)).body.messages[2]).toMatchObject({
    messagetype: 'Text',
    content: 'none',
  });
});

it.each([
  ['<script>alert(1)</script>x', 'x'],
  ['<img src=x onerror=alert(1)>x<svg onload=alert(1)>y</svg>', 'xy'],
  ['<b onclick="x()">b</b>', '<b>b</b>'],
  ['<a href="javascript:alert(1)">a</a>', '<a>a</a>'],
  ['<a href=" java\nscript:alert(1)">a</a>', '<a>a</a>'],
  ['<A HREF="https://x/&quot;&gt;" target=_top>a</A>', '<a href="https://x/&quot;&gt;">a</a>'],
  ["<ss type='\"><script>'>:)</ss>", '<ss type="&quot;&gt;&lt;script&gt;">:)</ss>'],
  [
    'new<e_m ts="1" ts_ms="1000" a="live:bob" t="61" onclick="x()"></e_m>',
    'new<e_m ts="1" ts_ms="1000" a="live:bob" t="61"></e_m>',
  ],
  ['<e_m ts="1"/>new', '<e_m ts="1"></e_m>new'],
  ['<b><i>open', '<b><i>open</i></b>'],
  ['a<br>b<!-- c --><?x?>', 'a\nb'],
  ['</b>&amp;&lt;b&gt;\0', '&amp;&lt;b&gt;'],
])('%j reaches others as %j', async (content, clean) => {
  expect(await cleanRichText(content)).toBe(clean);
});

it('rich text is limited by its length only: nesting costs nothing more', async () => {
  expect(await cleanRichText('<quote>'.repeat(8000))).toHaveLength(8000 * '<quote></quote>'.length);
  expect(await cleanRichText('<ss><u>'.repeat(4000))).toContain('<u>');
});
