/** One of the HTTP services around an account. */
export interface AccountServiceSpec {
  /** First labels of the host names under which it was reached. */
  readonly hosts: readonly string[];
  /** Path of its base address on one server. The base address is, for example, `http://127.0.0.1:4180/flags`. */
  readonly base: string;
  /** Prefixes of its paths, at its host and at the root of the server. */
  readonly roots: readonly string[];
  /** Further prefixes, which count only at its host and below its base address. */
  readonly shortRoots: readonly string[];
  readonly note: string;
}

/** Every service, by its name. Paths and hosts are those that real programs requested. */
export const ACCOUNT_SERVICES = {
  flags: {
    hosts: ['flagsapi', 'flags'],
    base: '/flags',
    roots: ['/api/v1', '/flags/v1'],
    shortRoots: ['/v1', ''],
    note: 'Flags of an account, identified by numbers.',
  },
  api: {
    hosts: ['api'],
    base: '/api',
    roots: [''],
    shortRoots: [],
    note: 'Options of the first generation, and simple profiles.',
  },
  options: {
    hosts: ['options'],
    base: '/options',
    roots: ['/options/v1'],
    shortRoots: ['/v1', ''],
    note: 'Options of the second generation.',
  },
  people: {
    hosts: ['people'],
    base: '/people',
    roots: ['/people/account'],
    shortRoots: ['/account'],
    note: 'Settings of the whole account.',
  },
  directory: {
    hosts: ['pf'],
    base: '/pf',
    roots: ['/profile/mine'],
    shortRoots: ['/mine'],
    note: 'Email addresses and phone numbers of an account.',
  },
  profiles: {
    hosts: ['profile'],
    base: '/profile',
    roots: ['/profile/v1'],
    shortRoots: ['/v1', ''],
    note: 'Profiles of several users at once.',
  },
  entitlement: {
    hosts: ['consumer', 'entitlement'],
    base: '/entitlement',
    roots: [''],
    shortRoots: [],
    note: 'Services that an account has: voicemail, phone calls, packages of minutes.',
  },
  contacts: {
    hosts: ['contacts'],
    base: '/contacts',
    roots: ['/contacts/v2'],
    shortRoots: ['/v2', ''],
    note: 'Contacts, groups and blocked users.',
  },
  avatars: {
    hosts: ['avatar', 'avatars'],
    base: '/avatars',
    roots: ['/v1/avatars'],
    shortRoots: [''],
    note: 'Pictures of users.',
  },
  urls: {
    hosts: ['urlp'],
    base: '/urlp',
    roots: ['/v1/url'],
    shortRoots: ['/url', ''],
    note: 'Title, text and picture of a web page that a message names.',
  },
  static: {
    hosts: ['static-asm', 'static'],
    base: '/static',
    roots: ['/pes/v1'],
    shortRoots: ['/v1', ''],
    note: 'The set of emoticons.',
  },
  messaging: {
    hosts: ['client-s'],
    base: '/messaging',
    roots: ['/v1'],
    shortRoots: [''],
    note: 'Endpoints, presence, conversations, messages, threads, events.',
  },
} as const satisfies Readonly<Record<string, AccountServiceSpec>>;

export type AccountServiceName = keyof typeof ACCOUNT_SERVICES;

/** Finds the service of a host name by its first label, such as `db3-client-s` in `db3-client-s.example.net`. */
export function serviceOfHost(host: string): AccountServiceName | undefined {
  const [label = ''] = host.toLowerCase().split(/[.:]/, 1);
  return (Object.keys(ACCOUNT_SERVICES) as AccountServiceName[]).find((name) =>
    ACCOUNT_SERVICES[name].hosts.some((known) => label === known || label.endsWith(`-${known}`)),
  );
}
