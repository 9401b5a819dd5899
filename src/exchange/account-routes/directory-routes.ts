import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Address, AddressChange } from '../account/address-book.js';
import type { ExchangeUser } from '../exchange-user.js';
import { type AccountRoute, type Asked, type Given, route } from './account-route.js';

/** Labels of the phone numbers in PROFILE. */
const PHONE_LABELS = {
  Phone_Home: 'PHONE_HOME',
  Phone_Office: 'PHONE_OFFICE',
  Phone_Mobile: 'PHONE_MOBILE',
} as const;

const application = z.object({ Name: z.string().min(1).max(100) });
const applications = z.array(application).max(20).nullish();
const addressBody = z.looseObject({
  Name: z.string().min(1).max(300),
  Label: z.string().min(1).max(100).optional(),
  Searchable: z.boolean().optional(),
  AddSearchableApplications: applications,
  DeleteSearchableApplications: applications,
  Country: z.string().max(100).optional(),
  CountryName: z.string().max(100).optional(),
});
const EMAILS = 'PersonalContactProfile.Emails';
const PHONES = 'PersonalContactProfile.Phones';

const attributesBody = z.object({
  Attributes: z
    .array(
      z.looseObject({
        Name: z.enum([EMAILS, PHONES]),
        Value: z.array(addressBody).max(20),
      }),
    )
    .min(1)
    .max(10),
});

const addressAnswer = z.object({
  Acl: z.string().nullable(),
  AddSearchableApplications: z.null(),
  DeleteSearchableApplications: z.null(),
  HasSearchableApplications: z.boolean(),
  Label: z.string(),
  Name: z.string(),
  Searchable: z.boolean(),
  SearchableApplications: z.array(application),
  Source: z.string(),
  State: z.string(),
});
const directoryAnswer = z.object({
  TraceGraph: z.null(),
  Views: z.array(
    z.object({
      Attributes: z.array(
        z.object({
          Acl: z.string().nullable(),
          Name: z.string(),
          Value: z.union([
            z.string(),
            z.number(),
            z.array(
              addressAnswer.extend({
                Country: z.string().optional(),
                CountryName: z.string().optional(),
                SuggestedVerifyMethod: z.string().optional(),
              }),
            ),
          ]),
        }),
      ),
      Id: z.object({ Cid: z.string(), Puid: z.null() }),
    }),
  ),
});

/** Routes for the email addresses and phone numbers of an account, as in the directory. */
export const DIRECTORY_ROUTES: readonly AccountRoute[] = [
  route({
    service: 'directory',
    method: 'GET',
    path: '/System.ShortCircuitProfile.json',
    does: 'Email addresses and phone numbers of the account.',
    gives: directoryAnswer,
    answer: ({ user }) => ({ json: directoryOf(user) }),
  }),
  route({
    service: 'directory',
    method: 'POST',
    path: '/System.ShortCircuitProfile.json',
    does: 'Adds or changes email addresses and phone numbers, all or none. Each is identified by its name.',
    body: attributesBody,
    gives: directoryAnswer,
    answer: changeDirectory,
  }),
];

function changeDirectory({ services, user, body }: Asked<z.output<typeof attributesBody>>): Given {
  const { addresses } = user.account;
  const changesOf = (attribute: typeof EMAILS | typeof PHONES, kind: 'email' | 'phone') =>
    body.Attributes.filter(({ Name }) => Name === attribute).flatMap(({ Value }) =>
      Value.map((given) => changeOf(given, addresses.find(kind, given.Name))),
    );
  const emails = changesOf(EMAILS, 'email');
  const phones = changesOf(PHONES, 'phone');
  addresses.check('email', emails);
  addresses.check('phone', phones);
  addresses.change('email', emails);
  if (emails.length > 0) addresses.emailsChangedMs = services.clock.unixMs();
  addresses.change('phone', phones);
  const properties = phones.flatMap(({ name, label = '' }) => {
    const property = Object.entries(PHONE_LABELS).find(([each]) => each === label)?.[1];
    return property ? [[property, name]] : [];
  });
  if (properties.length > 0) services.people.setProfile(user, Object.fromEntries(properties));
  else services.saveUser(user);
  return { json: directoryOf(user) };
}

/**
 * Gives the change of an address that a client asked for. The exchange decides its state: a client cannot declare an
 * address verified.
 */
function changeOf(given: z.output<typeof addressBody>, known: Address | undefined): AddressChange {
  const names = (list: z.output<typeof applications>) => (list ?? []).map(({ Name }) => Name);
  const gone = names(given.DeleteSearchableApplications);
  const kept = [...(known?.applications ?? []), ...names(given.AddSearchableApplications)];
  return {
    name: given.Name,
    applications: [...new Set(kept)].filter((each) => !gone.includes(each)),
    ...(given.Label !== undefined && { label: given.Label }),
    ...(given.Searchable !== undefined && { isSearchable: given.Searchable }),
    ...(given.Country !== undefined && { country: given.Country }),
    ...(given.CountryName !== undefined && { countryName: given.CountryName }),
  };
}

function directoryOf(user: ExchangeUser): z.output<typeof directoryAnswer> {
  const { addresses } = user.account;
  const attribute = <T>(Name: string, Value: T) => ({ Acl: null, Name, Value });
  return {
    TraceGraph: null,
    Views: [
      {
        Attributes: [
          attribute(EMAILS, addresses.all('email').map(shownEmail)),
          attribute(`${EMAILS}.LastModified`, `/Date(${addresses.emailsChangedMs})/`),
          attribute('PhoneVerificationQosAlert', 0),
          attribute(PHONES, phonesOf(user).map(shownPhone)),
        ],
        Id: { Cid: cidOf(user.handle), Puid: null },
      },
    ],
  };
}

/** Lists the phone numbers of PROFILE in the directory's format, then the other numbers of the account. */
function phonesOf(user: ExchangeUser): Address[] {
  const { addresses } = user.account;
  const ofProfile = Object.entries(PHONE_LABELS).flatMap(([label, property]) => {
    const name = user.profile.get(property) ?? '';
    if (name === '') return [];
    const {
      applications = [],
      isSearchable = false,
      isVerified = false,
      country = '',
      countryName = '',
    } = addresses.find('phone', name) ?? {};
    return [{ name, label, applications, isSearchable, isVerified, country, countryName }];
  });
  const others = addresses
    .all('phone')
    .filter(
      ({ name, label }) =>
        !Object.hasOwn(PHONE_LABELS, label) && !ofProfile.some((each) => each.name === name),
    );
  return [...ofProfile, ...others];
}

function shownEmail({ name, label, applications, isSearchable, isVerified }: Address) {
  return {
    Acl: null,
    AddSearchableApplications: null,
    DeleteSearchableApplications: null,
    HasSearchableApplications: applications.length > 0,
    Label: label,
    Name: name,
    Searchable: isSearchable,
    SearchableApplications: applications.map((Name) => ({ Name })),
    Source: 'Msa',
    State: isVerified ? 'Verified' : 'Unverified',
  };
}

function shownPhone(address: Address) {
  const { Acl: _, ...rest } = shownEmail(address);
  const { country, countryName } = address;
  return { Acl: '', ...rest, Country: country, CountryName: countryName, SuggestedVerifyMethod: 'Sms' };
}

/** Gives a negative number that is always the same for a user. */
function cidOf(handle: string): string {
  const digest = createHash('sha256').update(handle.toLowerCase()).digest();
  return String(-(digest.readBigUInt64BE() % 9_000_000_000_000_000_000n) - 1n);
}
