import type { z as Zod } from 'zod';
import { messageOf } from '../../base/errors.js';
import { CALL_FAILURE_REASONS, type CallFailureReason } from '../../protocol/status/failure-reasons.js';
import { VOICEMAIL_FAILURE_REASONS } from '../../protocol/status/voicemail-status.js';
import { PLATFORMS } from '../api/release.js';
import { VOICEMAIL_STEPS } from '../mailbox/voicemail-failure.js';
import { SMS_OUTCOMES } from '../sms/simulated-sms.js';
import { SMS_REFUSALS } from '../sms/sms-gateway.js';
import { checkProfile, MAX_NAME_LENGTH } from '../wire-value.js';
import { chatActSchema, chatShape } from './chat-acts.js';
import { DESK_ACTS } from './desk-acts.js';
import { mannerShape, peopleActSchema } from './people-acts.js';

type Z = typeof Zod;

const FAILURE_REASONS = Object.keys(CALL_FAILURE_REASONS).map(Number) as CallFailureReason[];

/** Makes the schema of a scenario file. The package `zod` is loaded on request. */
export async function scenarioSchema() {
  const { z } = await import('zod');
  return z.strictObject({
    $schema: z.string().optional(),
    users: z
      .array(userSchema(z))
      .min(1)
      .default([{ handle: 'jack' }]),
    /** Robots, which can be called and can call. */
    robots: z.array(robotSchema(z)).default([]),
    /** Phone numbers that the gateway knows. */
    numbers: z.array(phoneSchema(z)).default([]),
    /** Voicemails that are in the mailboxes from the start. */
    voicemails: z
      .array(
        z.strictObject({
          to: handle(z),
          from: handle(z),
          fullName: name(z).optional(),
          file: file(z),
          fault: faultSchema(z).optional(),
        }),
      )
      .default([]),
    /** Facts about web pages, by address. The URL info of the account services returns them. */
    urlInfo: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
    /** Calls that robots and numbers make. Times are from the start. */
    calls: z
      .array(z.strictObject({ from: z.union([handle(z), number(z)]), to: handle(z), afterMs: ms(z) }))
      .default([]),
    /** Acts of robots towards users other than calls, each `afterMs` the start. */
    people: z.array(peopleActSchema(z, handle(z), oneLine(z))).default([]),
    /** Acts of robots in chats, each `afterMs` the start. */
    chats: z.array(chatActSchema(z, handle(z), oneLine(z))).default([]),
    /** Delivery of short messages to phones. Every text arrives, unless `numbers` says otherwise. */
    sms: z
      .strictObject({
        price: z.number().int().min(0).max(1_000_000).optional(),
        numbers: z
          .array(
            z.strictObject({ number: z.string().regex(/^\+\d*(\d|\*)$/), outcome: z.enum(SMS_OUTCOMES) }),
          )
          .optional(),
        refusal: z.enum(SMS_REFUSALS).optional(),
      })
      .default({}),
    /** Texts sent from phones, each `afterMs` the start. */
    texts: z
      .array(z.strictObject({ from: number(z), to: handle(z), body: oneLine(z).min(1), afterMs: ms(z) }))
      .default([]),
    /** Acts at the users' desks, each `afterMs` the start. */
    desk: z.array(deskSchema(z)).default([]),
  });
}

/** A scenario as written in its file, with defaults filled in. */
export type ScenarioFile = Zod.output<Awaited<ReturnType<typeof scenarioSchema>>>;

/** The schema as JSON Schema, for editors. */
export async function scenarioJsonSchema(): Promise<object> {
  const { z } = await import('zod');
  return z.toJSONSchema(await scenarioSchema(), { io: 'input' });
}

function userSchema(z: Z) {
  return z.strictObject({
    handle: handle(z),
    fullName: name(z).optional(),
    profile: profile(z).optional(),
    contacts: z.array(handle(z)).optional(),
    email: oneLine(z).optional(),
    aliases: z.array(name(z)).optional(),
    voicemail: z.boolean().optional(),
    voicemailSeconds: z.number().int().min(1).max(600).optional(),
    greeting: file(z).optional(),
    transferFolder: file(z).optional(),
    voicemailFaults: z.array(faultSchema(z)).optional(),
    chatsFrom: z.enum(['anyone', 'contacts', 'authorized', 'nobody']).optional(),
    multichats: z.boolean().optional(),
    callsFrom: z.enum(['anyone', 'contacts', 'authorized']).optional(),
    callWaiting: z.boolean().optional(),
    video: z.boolean().optional(),
    platform: z.enum(PLATFORMS).optional(),
    version: z
      .string()
      .regex(/^\d{1,5}(\.\d{1,5}){1,3}$/)
      .optional(),
    devices: z.union([z.literal('machine'), deviceLists(z)]).optional(),
    dialerCountry: z
      .string()
      .regex(/^[a-z]{2}$/i)
      .optional(),
    awayMinutes: z.number().int().min(1).max(1440).optional(),
    skypeOut: z.boolean().optional(),
    skypeIn: number(z).optional(),
    account: accountSchema(z).optional(),
  });
}

function robotSchema(z: Z) {
  return z.strictObject({
    handle: handle(z),
    fullName: name(z).optional(),
    ...mannerShape(z),
    ...chatShape(z, oneLine(z)),
    ...behaviourShape(z),
    /** Price of a call to it, for a commercial contact. */
    tariff: tariffSchema(z).optional(),
  });
}

/** A phone that the gateway knows. */
function phoneSchema(z: Z) {
  return z.strictObject({
    number: number(z),
    fullName: name(z).optional(),
    ...behaviourShape(z),
    tariff: tariffSchema(z).optional(),
  });
}

/** Price per minute. */
function tariffSchema(z: Z) {
  return z.strictObject({
    rate: z.number().int().min(0),
    precision: z.number().int().min(0).max(6),
    currency: z.string().regex(/^[A-Z]{3}$/),
  });
}

/** One act at a desk. */
function deskSchema(z: Z) {
  const acts = Object.entries(DESK_ACTS).map(([name, { fields }]) =>
    z.strictObject({ user: handle(z), afterMs: ms(z), do: z.literal(name), ...fields(z) }),
  );
  type Act = (typeof acts)[number];
  return z.discriminatedUnion('do', acts as [Act, ...Act[]]);
}

/** Addresses and services of a user, as the account services return them. */
function accountSchema(z: Z) {
  const date = z.iso.datetime({ offset: true });
  const service = z.strictObject({
    service: z.enum(['pstn', 'voicemail', 'pstn_transfer', 'package']),
    start: date.optional(),
    end: date.optional(),
    package: z
      .string()
      .regex(/^[\w.-]{1,100}$/)
      .optional(),
    minutes: z.number().int().min(1).max(100_000).optional(),
    reset: date.optional(),
    title: name(z).min(1).optional(),
  });
  return z.strictObject({
    emails: z.array(oneLine(z)).max(20).optional(),
    services: z.array(service).max(20).optional(),
  });
}

/** Names of the devices of each kind. */
function deviceLists(z: Z) {
  const names = z.array(oneLine(z).min(1).max(300)).optional();
  return z.strictObject({ audioIn: names, audioOut: names, ringer: names, videoIn: names });
}

/** A simulated fault of a voicemail. It happens once. */
function faultSchema(z: Z) {
  return z.strictObject({ at: z.enum(VOICEMAIL_STEPS), reason: z.enum(VOICEMAIL_FAILURE_REASONS) });
}

/** The behaviour of a robot or a phone in a call. */
function behaviourShape(z: Z) {
  const failure = z.strictObject({ fail: z.literal(FAILURE_REASONS), text: oneLine(z).optional() });
  const line = z.strictObject({
    lossPercent: z.number().min(0).max(100).optional(),
    meanLossMs: z.number().min(20).max(60_000).optional(),
    halfDuplex: z.boolean().optional(),
    seed: z.number().int().min(1).max(2_147_483_646).optional(),
  });
  return {
    /** Milliseconds that it rings before its `outcome`. */
    rings: ms(z).default(1000),
    outcome: z.union([z.enum(['answer', 'busy', 'refuse', 'no-answer']), failure]).default('answer'),
    /** Sound file that the caller hears before the answer. */
    earlyMedia: file(z).optional(),
    /** Steps in the call, one after another. */
    does: z.array(stepSchema(z)).default([]),
    /** True when it does not hang up after the last step. */
    stays: z.boolean().default(false),
    /** Milliseconds from the answer until it drops the call. */
    drops: ms(z).optional(),
    /** Impairments of its line. */
    line: line.optional(),
  };
}

function stepSchema(z: Z) {
  return z.union([
    z.strictObject({ say: file(z) }),
    z.strictObject({ wait: ms(z) }),
    z.strictObject({ record: ms(z) }),
    z.strictObject({ digits: z.string().regex(/^[0-9#*]+$/) }),
    z.strictObject({ hold: ms(z) }),
    z.literal('play-back'),
  ]);
}

const ms = (z: Z) => z.number().int().min(0).max(86_400_000);
/** Text that can be sent on the wire. */
const oneLine = (z: Z) =>
  z
    .string()
    .max(1000)
    .regex(/^[^\r\n\0]*$/, { error: 'must be one line' });
const name = (z: Z) => oneLine(z).max(MAX_NAME_LENGTH);
/** Properties of PROFILE and USER, as on the wire. */
const profile = (z: Z) =>
  z.record(z.string(), z.string()).superRefine((properties, context) => {
    for (const [property, value] of Object.entries(properties)) {
      try {
        checkProfile(property, value);
      } catch (error) {
        context.addIssue({ code: 'custom', path: [property], message: messageOf(error) });
      }
    }
  });
const handle = (z: Z) => z.string().regex(/^[a-z][a-z0-9.,_:-]{1,31}$/i);
const number = (z: Z) => z.string().regex(/^\+\d{3,20}$/);
/** Path of a WAV file, relative to the scenario's folder. */
const file = (z: Z) => z.string().min(1);
