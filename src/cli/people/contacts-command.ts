import { Command, Option } from 'commander';
import type { User } from '../../control.js';
import { Report } from '../report.js';
import { warnNothing } from '../terminal-text.js';
import { attachPeople, onEndpoint, type PeopleOptions } from './people-options.js';

/** Commands that act on one or more people. */
const ACTIONS = {
  authorise: {
    says: 'Let people see your status, and accept their requests for it.',
    done: 'is authorised',
    act: (user: User) => user.authorise(),
  },
  dismiss: {
    says: 'Decline requests to see your status, or revoke an authorisation.',
    done: 'is not authorised',
    act: (user: User) => user.dismiss(),
  },
  block: {
    says: 'Block calls and messages from people.',
    done: 'is blocked',
    act: (user: User) => user.block(),
  },
  unblock: {
    says: 'Accept calls and messages from people again.',
    done: 'is not blocked',
    act: (user: User) => user.unblock(),
  },
  remove: {
    says: 'Remove people from the contacts.',
    done: 'is no longer a contact',
    act: (user: User) => user.remove(),
  },
} as const;

const LISTS = ['contacts', 'waiting', 'blocked'] as const;

/** `jackfield contacts`: the contacts of an account, and requests. */
export function contactsCommand(): Command {
  const contacts = new Command('contacts');
  onEndpoint(contacts, 'list')
    .description('List contacts: handle, status, name, and what is pending.')
    .addOption(
      new Option('--only <which>', 'contacts, people who await authorisation, or blocked people')
        .choices(LISTS)
        .default('contacts'),
    )
    .action(list);
  onEndpoint(contacts, 'add')
    .description('Add a contact and ask for authorisation.')
    .argument('<handle>', 'who')
    .argument('[words...]', 'text of the request')
    .action(add);
  for (const [name, { says, done, act }] of Object.entries(ACTIONS)) {
    const command = onEndpoint(contacts, name).description(says).argument('<handles...>', 'who');
    if (name === 'authorise') command.alias('authorize');
    command.action((handles: readonly string[], options: PeopleOptions) => each(handles, options, done, act));
  }
  onEndpoint(contacts, 'rename')
    .description('Set the name to show for a contact; without a name, show the one of the profile.')
    .argument('<handle>', 'who')
    .argument('[name...]', 'the name')
    .action((handle: string, name: readonly string[], options: PeopleOptions) =>
      each([handle], options, 'is renamed', (user) => user.rename(name.join(' '))),
    );
  onEndpoint(contacts, 'speed-dial')
    .description('Set the speed-dial code of a contact; without a code, remove it.')
    .argument('<handle>', 'who')
    .argument('[code]', 'code of one or two digits', '')
    .action((handle: string, code: string, options: PeopleOptions) =>
      each([handle], options, 'has the code', (user) => user.setSpeedDial(code)),
    );
  return contacts;
}

async function list(options: PeopleOptions & { readonly only: (typeof LISTS)[number] }): Promise<void> {
  const report = new Report(options.json);
  await using attached = await attachPeople(options);
  const { contacts } = attached.client;
  const lists = {
    contacts: () => contacts.list(),
    waiting: () => contacts.waiting(),
    blocked: () => contacts.blocked(),
  };
  const users = await lists[options.only]();
  if (users.length === 0) warnNothing(`No people found: ${options.only}.`);
  for (const user of users) {
    const facts = await contactFacts(user);
    const { name, presence, state, request } = facts;
    const asks = options.only === 'waiting' ? request : state;
    report.line(facts, [user.id, presence, name, asks].filter((part) => part !== '').join('  '));
  }
}

/** Facts of a contact for `contacts list --json`. */
async function contactFacts(user: User) {
  const [displayName, fullName, presence, buddyStatus, isAuthorised, isBlocked, request] = await Promise.all([
    user.text('DISPLAYNAME'),
    user.text('FULLNAME'),
    user.text('ONLINESTATUS'),
    user.text('BUDDYSTATUS'),
    user.get('ISAUTHORIZED'),
    user.get('ISBLOCKED'),
    user.text('RECEIVEDAUTHREQUEST'),
  ]);
  const name = displayName || fullName;
  const state = isBlocked ? 'blocked' : buddyStatus === '2' ? 'pending' : '';
  return { handle: user.id, name, presence, state, isAuthorised, isBlocked, request };
}

async function add(handle: string, words: readonly string[], options: PeopleOptions): Promise<void> {
  await each([handle], options, 'is asked', (user) => user.add(words.join(' ')));
}

async function each(
  handles: readonly string[],
  options: PeopleOptions,
  done: string,
  act: (user: User) => Promise<void>,
): Promise<void> {
  const report = new Report(options.json);
  await using attached = await attachPeople(options);
  // Checks all handles before the first change.
  const users = handles.map((handle) => attached.client.contacts.get(handle));
  for (const user of users) {
    await act(user);
    report.line({ handle: user.id, done }, `${user.id} ${done}.`);
  }
}
