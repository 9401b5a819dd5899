#!/usr/bin/env node
// Extracts every transcript line of the Skype Desktop API reference into test/protocol/fixtures/transcripts.json.
//
//   node scripts/extract-transcripts.mjs <reference.txt>
//
// A transcript line begins with `->` (sent by the client) or `<-` (sent by the endpoint); one dialogue writes them
// `=>` and `<=`. Several stand on one line of the text, parted by blanks, with comments that begin with `//`.
// Syntax lines hold placeholders: they are filled in by `instantiate`. Misprints are put right by the table below,
// each with its reason. Only protocol lines are kept, none of the reference's prose.
import { readFileSync, writeFileSync } from 'node:fs';

/** Lines that do not say what they mean, by name: what is printed, the reading chosen, and why. */
const MISPRINTS = [
  {
    name: 'VIDEO_IN with a zero',
    printed: 'GET VIDE0_IN',
    reading: 'GET VIDEO_IN',
    why: 'The O is a zero; the reply has the letter.',
  },
  {
    name: 'VIDEO_IN with a zero, set',
    printed: 'SET VIDE0_IN [<device_name>]',
    reading: 'SET VIDEO_IN Webcam',
    why: 'The O is a zero; the reply has the letter.',
  },
  {
    name: 'RECIEVED',
    printed: 'GET APPLICATION appname RECIEVED',
    reading: 'GET APPLICATION appname SENDING',
    why: 'Stands under SENDING, and is answered with SENDING.',
  },
  {
    name: 'ring tone to set, cut off',
    printed: 'SET RINGTONE',
    reading: 'SET RINGTONE 1 STATUS OFF',
    why: 'The placeholders are lost; the example below it has them.',
  },
  {
    name: 'ring tone answer, cut off',
    printed: 'RINGTONE',
    reading: 'RINGTONE 1 OFF',
    why: 'The placeholders are lost; the example below it has them.',
  },
  {
    name: 'list of validated numbers',
    printed: 'PROFILE SMS_VALIDATED_NUMBERS <+ number >[, <+number>..]',
    reading: 'PROFILE SMS_VALIDATED_NUMBERS +37259877305, +37259877306',
    why: 'A blank stands inside the placeholder.',
  },
  {
    name: 'group, its name in angle brackets',
    printed: 'CREATE GROUP <Family>',
    reading: 'CREATE GROUP Family',
    why: 'The brackets mark an example value here, not a placeholder.',
  },
  {
    name: 'display name of the group in angle brackets',
    printed: 'GROUP <234> DISPLAYNAME <Family>',
    reading: 'GROUP 234 DISPLAYNAME Family',
    why: 'The brackets mark an example value here, not a placeholder.',
  },
  {
    name: 'a number called y',
    printed: 'GROUP <234> NROFUSERS y',
    reading: 'GROUP 234 NROFUSERS 6',
    why: 'A placeholder without brackets.',
  },
  {
    name: 'an action called action',
    printed: 'ALTER VOICEMAIL <id> action',
    reading: 'ALTER VOICEMAIL 14 STARTPLAYBACK',
    why: 'A placeholder without brackets.',
  },
  {
    name: 'a stream called user:id',
    printed: 'APPLICATION appname DATAGRAM user:id text',
    reading: 'APPLICATION appname DATAGRAM anappo:1 text',
    why: 'Placeholders without brackets.',
  },
  {
    name: 'digits to send',
    printed: 'SET CALL <id> DTMF <value>',
    reading: 'SET CALL 14 DTMF 5',
    why: 'Its placeholder has the general name of a value.',
  },
  {
    name: 'profile value',
    printed: 'PROFILE <profile_property> <value>',
    reading: 'PROFILE FULLNAME Jane Doe',
    why: 'Its placeholder has the general name of a value.',
  },
  {
    name: 'ring tone state',
    printed: 'RINGTONE <id> <ON|OFF>',
    reading: 'RINGTONE 1 ON',
    why: 'The only ring tone is number 1.',
  },
  {
    name: 'event without a letter',
    printed: 'CREATE EVENT <id> CAPTION <text> HINT <text>',
    reading: 'CREATE EVENT test1 CAPTION "Test message" HINT "Test message hint"',
    why: 'An id begins with a letter, and text with blanks is quoted, as the example below it shows.',
  },
];

/** What a placeholder stands for, where it is not a handle. */
const PLACEHOLDERS = {
  id: '14',
  ID: '14',
  id1: '14',
  id2: '15',
  id3: '16',
  ID1: '14',
  ID2: '15',
  ID3: '16',
  group_id: '234',
  chatmessage_id: '864',
  chat_id: '#me/$target;012345679012345',
  call_ID: '14',
  application_name: 'tracer',
  handle: 'echo123',
  'handle|PSTN': '+37259877305',
  'userhandle|PSTN': '+37259877305',
  'ALL|MISSED|INCOMING|OUTGOING': 'MISSED',
  'ON|OFF': 'ON',
  type: 'OUTGOING',
  target: '+37259877305',
  pstn: '+37259877305',
  n: '19',
  '#': '2',
  iso2: 'ee',
  text: 'some text',
  value: 'DIALOG',
  profile_property: 'FULLNAME',
  group_type: 'CUSTOM_GROUP',
  key: 'YES',
  context: 'call',
  context_id: '879',
  menu_id: 'test03',
  devicename: 'Webcam',
  device_name: 'Webcam',
  filename: 'c:\\stuff\\test2.jpg',
  folder: 'C:\\temp',
  page: 'VIDEO',
  topic: 'API testing',
  message: 'this is prefilled',
  name: 'Jane Doe',
  'no. of chunks': '2',
  'no. of characters in the final chunk': '17',
};

const ARROWS = { '->': 'client', '=>': 'client', '→': 'client', '<-': 'endpoint', '<=': 'endpoint' };

const path = process.argv[2];
if (path === undefined) {
  process.stderr.write('Usage: node scripts/extract-transcripts.mjs <reference.txt>\n');
  process.exit(2);
}
const output = new URL('../test/protocol/fixtures/transcripts.json', import.meta.url);
const lines = readFileSync(path, 'utf8').split('\n').flatMap(transcriptsOf);
const json = lines.map((line) => `  ${JSON.stringify(line)}`).join(',\n');
const misprints = MISPRINTS.map((misprint) => `  ${JSON.stringify(misprint)}`).join(',\n');
writeFileSync(output, `{"misprints":[\n${misprints}\n],"lines":[\n${json}\n]}\n`);
process.stdout.write(`${lines.length} lines\n`);

/** The transcript lines on one line of the text. */
function transcriptsOf(text, index) {
  if (/^– /.test(text)) return []; // the legend of the typographic conventions
  const tokens = text.split(/(?:(?<=^|[\s\]@*])|(?<=uot;))(->|<-|=>|<=|→|\/\/-*)(?=\s|$)/);
  const found = [];
  for (let i = 1; i < tokens.length; i += 2) {
    const from = ARROWS[tokens[i]];
    const printed = (tokens[i + 1] ?? '').replace(/\s*(\[J(IM|OE)\]|[*@])\s*$/, '').trim();
    if (from === undefined || printed === '' || isProse(text, tokens[i])) continue;
    found.push(entryOf(index + 1, from, printed));
  }
  return found;
}

/** Arrows that mean "becomes": conversion rules, and notes on releases. */
function isProse(text, arrow) {
  return (arrow === '→' && !text.includes('@')) || (arrow === '=>' && !text.includes('[JIM]'));
}

function entryOf(source, from, printed) {
  const misprint = MISPRINTS.find((known) => known.printed === printed);
  const line = misprint?.reading ?? instantiate(printed);
  const entry = { source, from, line };
  if (misprint) entry.misprint = misprint.name;
  else if (line !== printed) entry.template = printed;
  return entry;
}

/** Fills in the placeholders of a syntax line; a transcript line has none and comes back as it is. */
function instantiate(printed) {
  if (
    /^(SET|PROFILE|ALTER CHAT|GET|USER).* (RICH_MOOD_TEXT|SETTOPICXML) .*<(B|I|U|SS|FONT|BLINK)\b/.test(
      printed,
    )
  ) {
    return printed;
  }
  let line = printed.replace(
    / SOUNDCARD="default" \| PORT="port_no" \| FILE="FILE_LOCATION"/,
    ' SOUNDCARD="default"',
  );
  line = line.replace(/ PORT="port_no" \| FILE="FILE_LOCATION"/, ' PORT="5001"');
  line = line.replace(/<(\d+)>/g, '$1');
  line = line.replace(/<(\+?[^<>=]+)>/g, (_, name) => PLACEHOLDERS[name.trim()] ?? 'echo123');
  line = line.replace(/\{\s*([^{}|]+?)\s*(\|[^{}]*)?\}/g, '$1');
  for (let before = ''; before !== line; ) {
    before = line;
    line = line.replace(/ ?\[(?!DC00)[^[\]]*\]\*?/g, '');
  }
  line = line
    .replace(/( ?,? \.\.\.?)$/, '')
    .replace(/,?\.\.\.$/, (dots) => (printed.includes('<') ? '' : dots));
  line = line.replace(/(\b[A-Z]+)( ?\| ?[A-Z]+)+$/, '$1');
  return line.trim();
}
