import type { z as Zod } from 'zod';
import type { Clock } from '../../base/time/clock.js';
import { CHATMESSAGE } from '../../protocol/catalogue/message.js';
import type { Exchange } from '../exchange.js';

type Z = typeof Zod;

/** Fields of a scenario's robot that concern chats. */
export function chatShape(z: Z, text: Zod.ZodString) {
  const ms = z.number().int().min(0).max(86_400_000);
  const answer = z.strictObject({
    /** Part of a message that this is the answer to, in any case. Default: every message. */
    to: text.optional(),
    says: text,
  });
  return {
    /** Its part in chats. The first of its answers that fits is given; without one it only listens. */
    chats: z
      .strictObject({
        answers: z.array(answer).default([]),
        /** Time that it takes for an answer, in milliseconds. */
        afterMs: ms.default(0),
        /** Reason for which it can neither be written to nor be added. */
        refuses: z.enum(CHATMESSAGE.properties.LEAVEREASON.values).optional(),
      })
      .optional(),
  };
}

/** One act of a robot in chats. All but `writesTo` and `gathers` are done in its newest chat of many. */
export function chatActSchema(z: Z, handle: Zod.ZodString, text: Zod.ZodString) {
  const when = { robot: handle, afterMs: z.number().int().min(0).max(86_400_000) };
  return z.union([
    /** Writes to a user. */
    z.strictObject({ ...when, writesTo: handle, text }),
    /** Makes a chat of many with others. */
    z.strictObject({ ...when, gathers: z.array(handle).min(1) }),
    z.strictObject({ ...when, says: text }),
    z.strictObject({ ...when, adds: handle }),
    z.strictObject({ ...when, kicks: handle }),
    z.strictObject({ ...when, leaves: z.literal(true) }),
  ]);
}

/** An act of a robot in chats, as a scenario has it. */
export type ChatAct = Zod.output<ReturnType<typeof chatActSchema>>;

/** A robot's part in chats, as a scenario has it. */
export interface ChatPart {
  readonly handle: string;
  readonly chats?:
    | {
        readonly answers: readonly { readonly to?: string | undefined; readonly says: string }[];
        readonly afterMs: number;
        readonly refuses?: (typeof CHATMESSAGE)['properties']['LEAVEREASON']['values'][number] | undefined;
      }
    | undefined;
}

/** Has a robot take its part in chats. */
export function seatInChats({ chats }: Exchange, { handle, chats: part }: ChatPart, clock: Clock): void {
  if (!part) return;
  const { answers, afterMs, refuses } = part;
  chats.setRobot(handle, {
    refuses,
    hear({ body }, chat) {
      const said = body.toLowerCase();
      const answer = answers.find(({ to = '' }) => said.includes(to.toLowerCase()));
      if (answer) clock.timerAt(clock.now() + afterMs, () => chat.say(answer.says));
    },
  });
}

/** Has a robot do something in chats. */
export function actInChats({ chats }: Exchange, act: ChatAct): void {
  if ('writesTo' in act) {
    chats.writeAs(act.robot, act.writesTo, act.text);
    return;
  }
  if ('gathers' in act) {
    chats.gatherAs(act.robot, act.gathers);
    return;
  }
  const chat = chats.newestOf(act.robot);
  if (!chat) return;
  const by = { chat, handle: act.robot };
  if ('says' in act) chats.sayAs(act.robot, chat.name, act.says);
  else if ('adds' in act) chats.add(by, [act.adds]);
  else if ('kicks' in act) chats.kick(by, [act.kicks]);
  else chats.leave(by);
}
