#!/usr/bin/env node
// Writes docs/protocol.md, and the tables of docs/chats.md, from the catalogue of the built package.
//
//   npm run docs:protocol              writes the pages
//   npm run docs:protocol -- --check   fails when a page is not what would be written
import { readFileSync, writeFileSync } from 'node:fs';
import {
  CALL_FAILURE_REASONS,
  CALL_TRANSITIONS,
  CHAT_OPTION_NOTES,
  CHAT_OPTIONS,
  CHAT_ROLE_NOTES,
  ERROR_REASONS,
  ERROR_TEXTS,
  HISTORIES,
  NOTIFICATIONS,
  OBJECTS,
  PARAMETERS,
  SEARCHES,
  VERBS,
  VERSION_CHANGES,
  VOICEMAIL_TRANSITIONS,
  WINDOWS,
} from '../dist/protocol.js';

const page = new URL('../docs/protocol.md', import.meta.url);
const guide = readFileSync(new URL('./protocol-guide.md', import.meta.url), 'utf8');
const fixture = new URL('../test/protocol/fixtures/transcripts.json', import.meta.url);
const { misprints } = JSON.parse(readFileSync(fixture, 'utf8'));

const text = `${[
  guide.trimEnd(),
  '## Commands',
  'The first word of each command. What can follow GET, SET, ALTER, SEARCH, OPEN and CLEAR is in the tables below.',
  table(
    ['Command', 'Since', 'Answered with', 'Errors', ''],
    Object.values(VERBS).flatMap((verb) =>
      verb.forms.map((form, i) => [
        code(form.syntax),
        since(form.since ?? verb.since),
        form.reply === 'the command itself' ? form.reply : code(form.reply),
        numbers(form.errors),
        i === 0 ? verb.note : '',
      ]),
    ),
  ),
  '## Objects',
  'Where a row does not say since when, it came with its object. *Access*: read (GET), write (SET), or notify, for ' +
    'what the endpoint sends of itself. The type says what `decodeProperty` returns.',
  ...Object.entries(OBJECTS).flatMap(([name, spec]) => objectSection(name, spec)),
  '## General parameters',
  table(
    ['Parameter', 'Type', 'Access', 'Since', 'Errors', ''],
    Object.entries(PARAMETERS).map(([name, spec]) => [
      code(name),
      type(spec),
      spec.access ?? 'read',
      since(spec.since),
      errorsOfBoth(spec),
      spec.note,
    ]),
  ),
  '## Notifications',
  'What an endpoint tells of itself, besides the properties of objects (their tables say which).',
  table(
    ['Notification', 'Since', ''],
    Object.entries(NOTIFICATIONS).map(([text, spec]) => [code(text), since(spec.since), spec.note]),
  ),
  '## Searches',
  table(
    ['Search', 'Answered with', 'Target', 'Since', 'Errors', ''],
    Object.entries(SEARCHES).map(([name, spec]) => [
      code(`SEARCH ${name}`),
      code(spec.list),
      spec.target ? `${spec.target.name}${spec.target.required ? '' : ' (optional)'}` : '',
      since(spec.since),
      numbers(spec.errors),
      spec.note,
    ]),
  ),
  '## Windows and histories',
  table(['Command', 'Since', 'Errors', ''], [...targets('OPEN', WINDOWS), ...targets('CLEAR', HISTORIES)]),
  '## Life cycles',
  'What can follow each status; a status may also be reported again. `canCallMove` and `canVoicemailMove` ask ' +
    'these tables.',
  '### CALL',
  transitions(CALL_TRANSITIONS),
  '### VOICEMAIL',
  transitions(VOICEMAIL_TRANSITIONS),
  '## Call failure reasons',
  table(['FAILUREREASON', ''], Object.entries(CALL_FAILURE_REASONS)),
  '## Errors',
  'An `ERROR` line becomes an `ApiError` with the number, the text and the command.',
  table(
    ['Number', 'Text', 'When', 'Raised by'],
    Object.entries(ERROR_TEXTS).map(([number, words]) => [
      number,
      words,
      ERROR_REASONS[number] ?? '',
      (raisers().get(Number(number)) ?? []).join(', '),
    ]),
  ),
  '## Chat roles',
  'Who is what in a chat, from the highest down.',
  chatRoles(),
  '## Chat options',
  'Bits of `CHAT <id> OPTIONS` and of `ALTER CHAT <id> SETOPTIONS`.',
  chatOptions(),
  '## Versions',
  'An endpoint speaks version 8 inside; `fromVersion` and `toVersion` convert at its edge. A client that asked for a ' +
    'version below that of a change sees this instead:',
  table(
    ['Below version', 'What changed', 'Seen as'],
    VERSION_CHANGES.map((change) => [String(change.below), ...changeCells(change)]),
  ),
  '## Readings',
  'Lines of the reference that do not say what they mean, and how they are read here. Besides these, the reference ' +
    'gives the conversion of `CHATMESSAGE * FROM_DISPNAME` below version 3 as `MESSAGE * FROM_DISPNAME`; since GET ' +
    'is converted the other way from PARTNER_DISPNAME, that is what the reply says here. It names the notification ' +
    'of an opened chat window both OPEN and OPENED; its example has OPENED.',
  table(
    ['Name', 'Printed', 'Read as', 'Why'],
    misprints.map(({ name, printed, reading, why }) => [name, code(printed), code(reading), why]),
  ),
].join('\n\n')}\n`;

const chats = new URL('../docs/chats.md', import.meta.url);
const pages = [
  [page, text],
  [chats, withTables(readFileSync(chats, 'utf8'), { roles: chatRoles(), options: chatOptions() })],
];
for (const [file, wanted] of pages) {
  if (!process.argv.includes('--check')) writeFileSync(file, wanted);
  else if (readFileSync(file, 'utf8') !== wanted) {
    const name = file.pathname.split('/').slice(-2).join('/');
    process.stderr.write(`${name} is not what the catalogue says. Run: npm run docs:protocol\n`);
    process.exitCode = 1;
  }
}

/** A page with each of its tables, which stands between two marks, written anew. */
function withTables(markdown, tables) {
  return Object.entries(tables).reduce((page, [name, rows]) => {
    const marks = new RegExp(`(<!-- ${name}: generated -->\\n)[^]*?(\\n<!-- /${name} -->)`);
    return page.replace(marks, (_, begin, end) => `${begin}\n${rows}\n${end}`);
  }, markdown);
}

function chatRoles() {
  return table(
    ['Role', ''],
    Object.entries(CHAT_ROLE_NOTES).map(([name, note]) => [code(name), note]),
  );
}

function chatOptions() {
  return table(
    ['Bit', 'Option', 'While it is on'],
    Object.entries(CHAT_OPTIONS).map(([name, bit]) => [String(bit), code(name), CHAT_OPTION_NOTES[name]]),
  );
}

function objectSection(name, spec) {
  const id = { number: ' <id>', string: ' <name>', none: '' }[spec.id];
  const sections = [
    `### ${name}`,
    `${spec.note} ${code(name + id)}; since ${since(spec.since)}. Reference: "${spec.section}".`,
  ];
  sections.push(
    table(
      ['Property', 'Type', 'Access', 'Since', 'Errors', ''],
      Object.entries(spec.properties).map(([property, entry]) => [
        code(property),
        type(entry),
        entry.access ?? 'read',
        since(entry.since),
        errorsOfBoth(entry),
        entry.note,
      ]),
    ),
  );
  const { get, set, alter } = spec.errors;
  const actions = Object.entries(spec.actions);
  sections.push(
    `Errors of every GET: ${allErrors(get)}; of every SET: ${allErrors(set)}` +
      `${actions.length > 0 ? `; of every ALTER: ${allErrors(alter)}` : ''}.`,
  );
  if (actions.length > 0) {
    sections.push(
      table(
        ['Action', 'Argument', 'Since', 'Answered with', 'Errors', ''],
        actions.map(([action, entry]) => [
          code(action),
          entry.argument ? type({ type: entry.argument, values: entry.values }) : '',
          since(entry.since),
          entry.reply ? code(entry.reply) : 'the command itself',
          numbers(entry.errors ?? []),
          entry.note,
        ]),
      ),
    );
  }
  return sections;
}

function targets(verb, table) {
  return Object.entries(table).map(([what, spec]) => [
    code(`${verb} ${what}${spec.argument ? ` ${spec.argument}` : ''}`),
    since(spec.since),
    numbers(spec.errors ?? []),
    spec.note,
  ]);
}

function transitions(table_) {
  return table(
    ['Status', 'Can become'],
    Object.entries(table_).map(([status, next]) => [
      code(status),
      next.length > 0 ? next.join(', ') : 'nothing: it is over',
    ]),
  );
}

function type({ type: name, values, unit }) {
  return [name, unit && ` (${unit})`, values && `: ${values.join(', ')}`].filter((words) => words).join('');
}

function since({ protocol, release } = {}) {
  return [protocol === undefined ? '' : `protocol ${protocol}`, release ?? '']
    .filter((word) => word)
    .join(', ');
}

/** The cells of one change: what it is, and what an older client sees. */
function changeCells(change) {
  const pairs = (words) =>
    Object.entries(words)
      .map(([now, before]) => `${now} as ${before}`)
      .join(', ');
  switch (change.kind) {
    case 'value':
      return [code(`${change.object} ${change.property}`), pairs(change.words)];
    case 'code':
      return [code(`${change.object} ${change.property}`), 'the name without its code'];
    case 'parameter':
      return [code(change.parameter), pairs(change.words)];
    case 'error':
      return [code(`ERROR ${change.number}`), code(`ERROR ${change.was}`)];
    case 'object': {
      const { object, was, list, listWas, properties, searches } = change;
      return [code(object), pairs({ [object]: was, [list]: listWas, ...properties, ...searches })];
    }
  }
}

/** Which commands can raise each error: number to commands, from every table of the catalogue. */
function raisers() {
  const found = new Map();
  const add = (numbersOf, command) => {
    for (const number of numbersOf) found.set(number, [...new Set([...(found.get(number) ?? []), command])]);
  };
  for (const [verb, { forms }] of Object.entries(VERBS)) for (const form of forms) add(form.errors, verb);
  for (const [object, spec] of Object.entries(OBJECTS)) {
    for (const verb of ['get', 'set', 'alter']) {
      if (verb !== 'alter' || Object.keys(spec.actions).length > 0) {
        add(everyCause(spec.errors[verb]), `${verb.toUpperCase()} ${object}`);
      }
    }
    for (const [property, { errors = {} }] of Object.entries(spec.properties)) {
      for (const verb of ['get', 'set'])
        add(errors[verb] ?? [], `${verb.toUpperCase()} ${object} ${property}`);
    }
    for (const [action, { errors = [] }] of Object.entries(spec.actions))
      add(errors, `ALTER ${object} ${action}`);
  }
  for (const [parameter, { errors = {} }] of Object.entries(PARAMETERS)) {
    for (const verb of ['get', 'set']) add(errors[verb] ?? [], `${verb.toUpperCase()} ${parameter}`);
  }
  for (const [what, { errors }] of Object.entries(SEARCHES)) add(errors, `SEARCH ${what}`);
  for (const [what, { errors = [] }] of Object.entries(WINDOWS)) add(errors, `OPEN ${what}`);
  for (const [what, { errors = [] }] of Object.entries(HISTORIES)) add(errors, `CLEAR ${what}`);
  return found;
}

function allErrors(errors) {
  return numbers(everyCause(errors).sort((a, b) => a - b));
}

function everyCause({ other = [], ...causes }) {
  return [...new Set([...Object.values(causes), ...other])];
}

function errorsOfBoth({ errors = {} }) {
  const of = (verb) => (errors[verb] ? `${verb.toUpperCase()}: ${numbers(errors[verb])}` : '');
  return [of('get'), of('set')].filter((words) => words).join('; ');
}

function numbers(list) {
  return list.join(', ');
}

function code(words) {
  return `\`${words}\``;
}

function table(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}
