import type { z as Zod } from 'zod';
import type { Exchange } from '../exchange.js';
import { SHOWN_STATUSES } from '../people/manner.js';

type Z = typeof Zod;

/** Fields of a scenario's robot that concern its contacts. */
export function mannerShape(z: Z) {
  return {
    /** Status that authorised users see. */
    status: z.enum(SHOWN_STATUSES).default('ONLINE'),
    /** True when it accepts requests to be a contact at once, false for never, or the delay in milliseconds. */
    authorises: z
      .union([z.boolean(), z.strictObject({ afterMs: z.number().int().min(0).max(86_400_000) })])
      .default(true),
  };
}

/** One act of a robot towards users. */
export function peopleActSchema(z: Z, handle: Zod.ZodString, text: Zod.ZodString) {
  const when = { robot: handle, afterMs: z.number().int().min(0).max(86_400_000) };
  return z.union([
    /** Asks a user for their authorisation. */
    z.strictObject({ ...when, asks: handle, text: text.optional() }),
    /** Changes its status. */
    z.strictObject({ ...when, status: z.enum(SHOWN_STATUSES) }),
  ]);
}

/** An act of a robot, as written in a scenario. */
export type PeopleAct = Zod.output<ReturnType<typeof peopleActSchema>>;

/** A robot and its behaviour as a contact, as written in a scenario. */
export interface MannerOf {
  readonly handle: string;
  readonly status: (typeof SHOWN_STATUSES)[number];
  readonly authorises: boolean | { readonly afterMs: number };
}

/** Sets up the behaviour of a robot as a contact. */
export function introduceRobot({ people }: Exchange, { handle, status, authorises }: MannerOf): void {
  const afterMs = typeof authorises === 'object' ? authorises.afterMs : 0;
  people.setManner(handle, { status, authorises: authorises !== false, afterMs });
}

/** Carries out an act of a robot towards users. @throws ERR_INVALID_ARG for an unknown user. */
export function actAsRobot({ people, chats }: Exchange, act: PeopleAct): void {
  if ('asks' in act) {
    people.askFrom(act.robot, act.asks, act.text);
    return;
  }
  people.setManner(act.robot, { status: act.status });
  if (act.status !== 'OFFLINE') chats.robotArrived(act.robot);
}
