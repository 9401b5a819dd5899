import type { z as Zod } from 'zod';
import type { Clock } from '../../base/time/clock.js';
import { CHATMESSAGE } from '../../protocol/catalogue/message.js';
import type { Exchange } from '../exchange.js';

type Z = typeof Zod;

/** Fields of a scenario's robot that concern chats. */
export function chatShape(z: Z, text: Zod.ZodString) {
  const ms = z.number().int().min(0).max(86_400_000);
  const answer = z.strictObject({
    /** Part of a message to which this is an answer, in any case. Default: every message. */
    to: text.optional(),
    says: text,
  });
  return {
    /** Behaviour in chats. The first matching answer is given. Without answers the robot only listens. */
    chats: z
      .strictObject({
        answers: z.array(answer).default([]),
        /** Milliseconds until it answers. */
        afterMs: ms.default(0),
        /** Reason why it can neither be written to nor added to a chat. */
        refuses: z.enum(CHATMESSAGE.properties.LEAVEREASON.values).optional(),
      })
      .optional(),
  };
}

/** One act of a robot in chats. All acts except `writesTo` and `gathers` take place in its newest group chat. */
export function chatActSchema(z: Z, handle: Zod.ZodString, text: Zod.ZodString) {
  const when = { robot: handle, afterMs: z.number().int().min(0).max(86_400_000) };
  return z.union([
    /** Writes to a user. */
    z.strictObject({ ...when, writesTo: handle, text }),
    /** Makes a group chat with other users. */
    z.strictObject({ ...when, gathers: z.array(handle).min(1) }),
    z.strictObject({ ...when, says: text }),
    z.strictObject({ ...when, adds: handle }),
    z.strictObject({ ...when, kicks: handle }),
    z.strictObject({ ...when, leaves: z.literal(true) }),
  ]);
}

/** An act of a robot in chats, as written in a scenario. */
export type ChatAct = Zod.output<ReturnType<typeof chatActSchema>>;

/** The behaviour of a robot in chats, as written in a scenario. */
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

/** Sets up the behaviour of a robot in chats. */
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

/** Carries out an act of a robot in chats. */
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
