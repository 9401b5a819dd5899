import { Command } from 'commander';
import { invalidArgument } from '../../base/errors.js';
import type { AccountClient, AccountMessage, AccountProfileChange } from '../../control.js';
import { readToken } from '../../files/key-files.js';
import { UI_SETTINGS, type UiSettingName } from '../../protocol.js';
import { between } from '../options.js';
import { stopSignal } from '../shutdown.js';
import { printedTime, printLine, warnNothing } from '../terminal-text.js';
import { textTable } from '../text-table.js';

interface Options {
  readonly address: string;
  readonly tokenFile: string;
  readonly json: boolean;
}

/** `jackfield account`: an account by its HTTP services. */
export function accountCommand(): Command {
  const account = new Command('account');
  onAccount(account, 'status').description('Print how available the account is.').action(status);
  onAccount(account, 'settings')
    .description('Print all settings, or one; with a value, set it.')
    .argument('[name]', `one of ${Object.keys(UI_SETTINGS).join(', ')}`)
    .argument('[value]', 'on, off, or a word such as contacts')
    .action(settings);
  onAccount(account, 'profile')
    .description('Print the profile; with fields, change them.')
    .argument('[field=value...]', 'fields to change, such as mood="at sea"')
    .action(profile);
  onAccount(account, 'services')
    .description('Print the services of the account: voicemail, credit, packages of minutes.')
    .action(services);
  onAccount(account, 'conversations')
    .description(
      'List the conversations, the most recent first; with an id, print the messages of that conversation.',
    )
    .argument('[id]', 'the conversation, as 8:bob or 19:...')
    .option('--last <count>', 'at most this many, 1 to 1000000', between(1, 1_000_000), 20)
    .action(conversations);
  return account;
}

function onAccount(account: Command, name: string): Command {
  return account
    .command(name)
    .requiredOption('--token-file <file>', 'file with the token of the account')
    .option('--address <url>', 'address of the account services', 'http://127.0.0.1:4180')
    .option('--json', 'print JSON', false);
}

async function clientOf({ address, tokenFile }: Options): Promise<AccountClient> {
  const { AccountClient } = await import('../../control.js');
  return new AccountClient({ address, token: await readToken(tokenFile) });
}

async function status(options: Options): Promise<void> {
  const client = await clientOf(options);
  const shown = await client.status();
  printLine(options.json ? JSON.stringify({ status: shown }) : shown);
}

async function settings(
  name: string | undefined,
  value: string | undefined,
  options: Options,
): Promise<void> {
  const client = await clientOf(options);
  if (name !== undefined && !isSetting(name)) {
    throw invalidArgument('name', `one of ${Object.keys(UI_SETTINGS).join(', ')}`, name);
  }
  if (name !== undefined && value !== undefined) {
    await client.settings.set(name, (value === 'on' || value === 'off' ? value === 'on' : value) as boolean);
  }
  const all = Object.entries(await client.settings.all());
  const shown = all.filter(([each]) => name === undefined || each === name);
  if (options.json) printLine(JSON.stringify(Object.fromEntries(shown)));
  else print(shown.map(([each, is]) => [each, typeof is === 'boolean' ? (is ? 'on' : 'off') : is]));
}

function isSetting(name: string): name is UiSettingName {
  return Object.hasOwn(UI_SETTINGS, name);
}

async function profile(fields: readonly string[], options: Options): Promise<void> {
  const client = await clientOf(options);
  if (fields.length > 0) await client.changeProfile(changeOf(fields));
  const shown = await client.profile();
  if (options.json) printLine(JSON.stringify(shown));
  else {
    const set = Object.entries(shown).filter(([, value]) => value !== null && String(value) !== '');
    print(set.map(([field, value]) => [field, String(value)]));
  }
}

function changeOf(fields: readonly string[]): AccountProfileChange {
  return Object.fromEntries(
    fields.map((field) => {
      const at = field.indexOf('=');
      if (at < 1) throw invalidArgument('field=value', 'a field and its value, as mood="at sea"', field);
      return [field.slice(0, at), field.slice(at + 1)];
    }),
  );
}

async function services(options: Options): Promise<void> {
  const found = await (await clientOf(options)).services();
  if (found.length === 0) warnNothing('The account has no services.');
  if (options.json) for (const each of found) printLine(JSON.stringify(each));
  else {
    print(
      found.map(({ id, active, start, end, balance, balanceFormatted }) => [
        id,
        active ? 'active' : 'inactive',
        balanceFormatted ?? (balance === undefined ? '' : `${balance} min`),
        printedTime(start ?? ''),
        printedTime(end ?? ''),
      ]),
    );
  }
}

async function conversations(
  id: string | undefined,
  options: Options & { readonly last: number },
): Promise<void> {
  const client = await clientOf(options);
  const { last, json } = options;
  const signal = stopSignal();
  const pageSize = Math.min(last, 200);
  let left = last;
  const found =
    id === undefined ? client.conversations({ pageSize, signal }) : client.messages(id, { pageSize, signal });
  for await (const each of found) {
    if (json) printLine(JSON.stringify(each));
    else print(['topic' in each ? [each.id, each.topic, ...textOf(each.lastMessage)] : textOf(each)]);
    if (--left === 0) break;
  }
  if (left === last) warnNothing('No conversations found.');
}

function textOf(message: AccountMessage | undefined): string[] {
  return message ? [printedTime(message.time), message.from, message.text] : [];
}

function print(rows: readonly (readonly string[])[]): void {
  for (const line of textTable(rows)) printLine(line);
}
