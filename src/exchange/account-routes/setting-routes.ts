import { z } from 'zod';
import { RequestError } from '../../base/request-error.js';
import {
  type AccountOptionValue,
  knownOption,
  OPTION_NAME,
  OPTION_NAME_2,
  optionSpec,
  PEOPLE_SETTINGS,
} from '../../protocol/account/account-options.js';
import { MAX_FLAG, PEOPLE_SETTING } from '../account/user-account.js';
import { type AccountRoute, type Asked, type Given, route } from './account-route.js';

const int32 = z.string().regex(/^-?\d{1,10}$/, { error: 'must be a whole number' });

const optionAnswer = z.object({
  optionInt: z.number().nullable(),
  optionName: z.string(),
  optionBin: z.string().nullable().describe('Base64.'),
  optionStr: z.string().nullable(),
});

/** Routes for flags, options of both generations, and account-wide settings. */
export const SETTING_ROUTES: readonly AccountRoute[] = [
  route({
    service: 'flags',
    method: 'GET',
    path: '',
    does: 'All flags that are set.',
    gives: z.array(z.number()),
    answer: ({ user }) => ({ json: user.account.flags }),
  }),
  route({
    service: 'flags',
    method: 'PUT',
    path: '/{flag}',
    does: 'Sets a flag.',
    answer: (asked) => setFlag(asked, true),
  }),
  route({
    service: 'flags',
    method: 'DELETE',
    path: '/{flag}',
    does: 'Clears a flag.',
    answer: (asked) => setFlag(asked, false),
  }),
  route({
    service: 'api',
    method: 'GET',
    path: '/users/{id}/options/{option}',
    does: 'The value of an option; 0 when it is not set.',
    gives: optionAnswer,
    answer: ({ user, parameters }) => {
      const option = optionName(parameters, OPTION_NAME);
      return { json: shownOption(option, user.account.optionValue(option)) };
    },
  }),
  route({
    service: 'api',
    method: 'POST',
    path: '/users/{id}/options/{option}',
    does: 'Sets an option with one of the three fields.',
    form: 'form',
    body: z
      .object({
        integerValue: int32.optional(),
        stringValue: z.string().max(4096).optional(),
        binaryValue: z.base64().max(5464).optional().describe('Base64.'),
      })
      .refine(
        (fields) => Object.values(fields).filter((value) => value !== undefined).length === 1,
        'must have one of integerValue, stringValue, binaryValue',
      ),
    gives: optionAnswer,
    answer: ({ services, user, parameters, body }) => {
      const { integerValue, stringValue, binaryValue } = body;
      const value =
        stringValue ??
        (integerValue === undefined ? Buffer.from(binaryValue ?? '', 'base64') : Number(integerValue));
      const option = optionName(parameters, OPTION_NAME);
      user.account.setOption(option, value);
      services.saveUser(user);
      return { json: shownOption(option, value) };
    },
  }),
  route({
    service: 'options',
    method: 'GET',
    path: '/users/{id}/options/{option}',
    does: 'The value of an option; null when it is not set.',
    gives: z.object({ value: z.union([z.string(), z.number(), z.null()]) }),
    answer: ({ user, parameters }) => {
      const name = optionName(parameters, OPTION_NAME_2);
      const known = knownOption(name);
      if (!known) return { json: { value: shownValue(user.account.optionValue(name)) } };
      const value = user.account.option(known) ?? 0;
      return { json: { value: choicesOf(known).find((choice) => choice.value === value)?.word } };
    },
  }),
  route({
    service: 'options',
    method: 'PUT',
    path: '/users/{id}/options/{option}',
    does: 'Sets an option.',
    body: z.object({ value: z.union([z.string().max(4096), z.int32()]) }),
    gives: z.object({ value: z.union([z.string(), z.number()]) }),
    answer: ({ services, user, parameters, body: { value } }) => {
      const name = optionName(parameters, OPTION_NAME_2);
      const known = knownOption(name);
      user.account.setOption(known ?? name, known ? numberOf(known, value) : value);
      services.saveUser(user);
      return { json: { value } };
    },
  }),
  route({
    service: 'people',
    method: 'GET',
    path: '/settings',
    does: 'Settings of the whole account, each as a string.',
    gives: z.object({ Settings: z.array(z.object({ Name: z.string(), Value: z.string() })) }),
    answer: ({ user }) => ({ json: { Settings: shownSettings(user.account.settings) } }),
  }),
  route({
    service: 'people',
    method: 'POST',
    path: '/settings',
    does: 'Sets settings of the whole account, each with a boolean.',
    body: z.object({
      Settings: z
        .array(z.object({ Name: z.string().regex(PEOPLE_SETTING), Value: z.boolean() }))
        .min(1)
        .max(100),
    }),
    gives: z.object({ Settings: z.array(z.object({ Name: z.string(), Value: z.string() })) }),
    answer: ({ services, user, body }) => {
      user.account.setSettings(Object.fromEntries(body.Settings.map(({ Name, Value }) => [Name, Value])));
      services.saveUser(user);
      return { json: { Settings: shownSettings(user.account.settings) } };
    },
  }),
];

function setFlag({ services, user, parameters: { flag = '' } }: Asked, on: boolean): Given {
  if (!/^\d{1,4}$/.test(flag)) {
    throw new RequestError('ERR_INVALID_ARG', 'The flag is not valid.', `a flag from 0 to ${MAX_FLAG}`);
  }
  user.account.setFlag(Number(flag), on);
  services.saveUser(user);
  return {};
}

function optionName({ option = '' }: Readonly<Record<string, string>>, form: RegExp): string {
  if (form.test(option)) return option;
  throw new RequestError(
    'ERR_INVALID_ARG',
    'The name of the option is not valid.',
    `a name of the form ${form.source}`,
  );
}

function shownOption(optionName: string, value: AccountOptionValue = 0): z.output<typeof optionAnswer> {
  return {
    optionInt: typeof value === 'number' ? value : null,
    optionName,
    optionBin: value instanceof Uint8Array ? Buffer.from(value).toString('base64') : null,
    optionStr: typeof value === 'string' ? value : null,
  };
}

function shownValue(value: AccountOptionValue | undefined): string | number | null {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : (value ?? null);
}

function choicesOf(option: string) {
  return optionSpec(option)?.choices ?? [];
}

/** Gives the number of an option's word in the first generation. @throws Refusal for an unknown word. */
function numberOf(option: string, value: string | number): number {
  const choices = choicesOf(option);
  const found = choices.find((choice) => choice.word === value);
  if (found) return found.value;
  const expected = `value: one of ${choices.map(({ word }) => word).join(', ')}`;
  throw new RequestError('ERR_INVALID_ARG', 'The option does not take this value.', expected);
}

/** Formats settings for an answer. Some settings are included only when they are true. */
function shownSettings(settings: ReadonlyMap<string, boolean>): { Name: string; Value: string }[] {
  return [...settings]
    .filter(([name, on]) => on || !Object.hasOwn(PEOPLE_SETTINGS, name))
    .map(([Name, on]) => ({ Name, Value: String(on) }));
}
