import type { Participant } from './chat.js';
import type { LeaveReason } from './chat-message.js';

/** A message, as a robot hears it. */
export interface HeardMessage {
  /** Name of the chat. */
  readonly chat: string;
  readonly from: string;
  readonly body: string;
}

/** Means by which a robot takes part in a chat. */
export interface RobotChat {
  readonly name: string;
  /** Handles of its members. */
  readonly members: readonly string[];
  /** Writes a message into the chat. Does nothing where it may not. */
  say(body: string): void;
  /** Adds members. */
  add(...handles: string[]): void;
  /** Removes members. */
  kick(...handles: string[]): void;
  setTopic(topic: string): void;
  leave(): void;
}

/** A member of chats without an endpoint, run by a program. */
export interface ChatRobot {
  /** False while it is away: it hears what was written once it is asked again. Default true. */
  readonly online?: boolean;
  /** Reason why it cannot be added to a chat, or written to. Default: it can. */
  readonly refuses?: LeaveReason | undefined;
  /** Takes a message of another member. Default: ignored. */
  hear?(message: HeardMessage, chat: RobotChat): void;
}

/** The part of the chats of an exchange by which a robot acts. */
interface RobotHands {
  readonly settings: { setTopic(by: Participant, topic: string): boolean };
  sayAs(handle: string, name: string, body: string): boolean;
  add(by: Participant, handles: readonly string[]): boolean;
  kick(by: Participant, handles: readonly string[]): boolean;
  leave(by: Participant): boolean;
}

/** Gives a robot the means to take part in a chat. */
export function robotChat(chats: RobotHands, by: Participant): RobotChat {
  const { chat, handle } = by;
  return {
    name: chat.name,
    members: chat.face.members.map((member) => member.handle),
    say: (body) => void chats.sayAs(handle, chat.name, body),
    add: (...handles) => void chats.add(by, handles),
    kick: (...handles) => void chats.kick(by, handles),
    setTopic: (topic) => void chats.settings.setTopic(by, topic),
    leave: () => void chats.leave(by),
  };
}
