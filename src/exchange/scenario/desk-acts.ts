import type { z as Zod } from 'zod';
import { entryOf } from '../../base/entry-of.js';
import type { ClickOptions } from '../desk/click.js';
import type { Desk } from '../desk/desk.js';

type Z = typeof Zod;

/** One kind of act that a scenario can carry out at a desk. */
export interface DeskAct {
  /** Its fields, besides `user`, `afterMs` and `do`. */
  fields(z: Z): Zod.ZodRawShape;
  act(desk: Desk, given: unknown): unknown;
}

/** An act, as written in a scenario. */
export interface GivenAct {
  readonly do: string;
}

/** All kinds of acts, by the word in `do`. */
export const DESK_ACTS: Readonly<Record<string, DeskAct>> = {
  call: deskAct(
    (z) => ({ to: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]) }),
    (desk, { to }) => desk.call(...(typeof to === 'string' ? [to] : to)),
  ),
  answer: plainAct((desk) => desk.answer()),
  refuse: plainAct((desk) => desk.refuse()),
  'hang-up': plainAct((desk) => desk.hangUp()),
  hold: plainAct((desk) => desk.hold()),
  resume: plainAct((desk) => desk.resume()),
  'to-voicemail': plainAct((desk) => desk.toVoicemail()),
  press: deskAct(
    (z) => ({ keys: z.string().min(1).max(100) }),
    (desk, { keys }) => desk.press(keys),
  ),
  mute: deskAct(
    (z) => ({ on: z.boolean().default(true) }),
    (desk, { on }) => desk.mute(on),
  ),
  click: deskAct(
    (z) => ({
      item: z.string().min(1),
      program: z.string().optional(),
      contact: z.string().optional(),
      call: z.number().int().min(1).optional(),
      chat: z.string().optional(),
    }),
    (desk, { item, program, contact, call, chat }) =>
      desk.click(item, { program, contact, call, chat } as ClickOptions),
  ),
  'click-alert': deskAct(
    (z) => ({ alert: z.string().min(1), program: z.string().optional() }),
    (desk, { alert, program }) => desk.clickAlert(alert, program),
  ),
  focus: deskAct(
    (z) => ({ contact: z.string().default('') }),
    (desk, { contact }) => desk.focus(contact),
  ),
  open: deskAct(
    (z) => ({ what: z.string().min(1), argument: z.string().default('') }),
    (desk, { what, argument }) => desk.open(what, argument),
  ),
  type: deskAct(
    (z) => ({ to: z.string().min(1), text: z.string().min(1) }),
    (desk, { to, text }) => desk.type(to, text),
  ),
  close: deskAct(
    (z) => ({ what: z.string().min(1), argument: z.string().optional() }),
    (desk, { what, argument }) => desk.close(what, argument),
  ),
  status: deskAct(
    (z) => ({ status: z.string() }),
    (desk, { status }) => desk.setStatus(status),
  ),
  window: deskAct(
    (z) => ({ state: z.string() }),
    (desk, { state }) => desk.setWindowState(state),
  ),
  language: deskAct(
    (z) => ({ language: z.string() }),
    (desk, { language }) => desk.setLanguage(language),
  ),
  wallpaper: deskAct(
    (z) => ({ path: z.string() }),
    (desk, { path }) => desk.setWallpaper(path),
  ),
  reply: deskAct(
    (z) => ({ yes: z.boolean() }),
    (desk, { yes }) => {
      for (const { id } of desk.state.questions) desk.reply(id, yes);
    },
  ),
  'send-file': deskAct(
    (z) => ({ to: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]), path: z.string().min(1) }),
    (desk, { to, path }) => desk.files.send(to, path),
  ),
  'accept-file': deskAct(
    (z) => ({ name: z.string().min(1).max(255).optional() }),
    (desk, { name }) => desk.files.accept(name === undefined ? {} : { name }),
  ),
  'cancel-file': plainAct((desk) => desk.files.cancel()),
  'pause-file': plainAct((desk) => desk.files.pause()),
  'resume-file': plainAct((desk) => desk.files.resume()),
  silent: deskAct(
    (z) => ({ on: z.boolean() }),
    (desk, { on }) => desk.setSilentMode(on),
  ),
};

/** Carries out an act. @throws the errors of the desk */
export async function doAtDesk(desk: Desk, given: GivenAct): Promise<void> {
  await entryOf(DESK_ACTS, given.do)?.act(desk, given);
}

function deskAct<S extends Zod.ZodRawShape>(
  fields: (z: Z) => S,
  act: (desk: Desk, given: Zod.output<Zod.ZodObject<S>>) => unknown,
): DeskAct {
  // The schema has already checked the input.
  return { fields, act: (desk, given) => act(desk, given as Zod.output<Zod.ZodObject<S>>) };
}

function plainAct(act: (desk: Desk) => void): DeskAct {
  return { fields: () => ({}), act };
}
