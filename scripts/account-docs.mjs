#!/usr/bin/env node
// Writes docs/account-openapi.json, and the tables of docs/account.md, from the package that was built.
import { readFileSync, writeFileSync } from 'node:fs';
import { accountOpenApi, accountRequests } from '../dist/exchange.js';
import { ACCOUNT_OPTIONS, ACCOUNT_SERVICES, UI_SETTINGS } from '../dist/protocol.js';

const docs = new URL('../docs/', import.meta.url);
writeFileSync(new URL('account-openapi.json', docs), `${JSON.stringify(await accountOpenApi(), null, 2)}\n`);

const code = (text) => `\`${text}\``;
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
const part = (each) =>
  'flag' in each ? `${each.flag} ${each.on ? 'set' : 'clear'}` : `${code(each.option)} ${each.value}`;

const TABLES = {
  services: table(
    ['service', 'base address', 'paths begin with', 'hosts', ''],
    Object.entries(ACCOUNT_SERVICES).map(([name, { base, roots, hosts, note }]) => [
      code(name),
      code(base),
      roots.map((root) => code(root || '/')).join(', '),
      hosts.map((host) => code(`${host}.*`)).join(', '),
      note,
    ]),
  ),
  settings: table(
    ['name', 'tab and label', 'values: flags and options', 'acts'],
    Object.entries(UI_SETTINGS).map(([name, { tab, label, removed, values, acts }]) => [
      code(name),
      `${tab}: ${label}${removed ? ' (removed)' : ''}`,
      Object.entries(values)
        .map(([value, parts]) => `${code(value)}: ${parts.map(part).join(', ')}`)
        .join('; '),
      acts ?? '',
    ]),
  ),
  options: table(
    ['first generation', 'second generation', 'values', ''],
    Object.entries(ACCOUNT_OPTIONS).map(([option, { name, choices, note }]) => [
      code(option),
      code(name),
      choices.map(({ value, word }) => `${value} = ${code(word)}`).join(', '),
      note,
    ]),
  ),
  requests: table(
    ['request', ''],
    (await accountRequests()).map(({ request, does }) => [code(request), does]),
  ),
};

const page = new URL('account.md', docs);
let text = readFileSync(page, 'utf8');
for (const [name, rows] of Object.entries(TABLES)) {
  const between = new RegExp(`(<!-- ${name}: generated -->\\n\\n)[^]*?(\\n\\n<!-- /${name} -->)`);
  if (!between.test(text)) throw new Error(`docs/account.md has no place for the table ${name}.`);
  text = text.replace(between, (_, begin, end) => `${begin}${rows}${end}`);
}
writeFileSync(page, text);
