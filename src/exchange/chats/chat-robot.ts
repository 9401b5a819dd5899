import type { Participant } from './chat.js';
import type { LeaveReason } from './chat-message.js';

/** A message that a robot receives. */
export interface HeardMessage {
  /** Name of the chat. */
  readonly chat: string;
  readonly from: string;
  readonly body: string;
}

/** Actions of a robot in a chat. */
export interface RobotChat {
  readonly name: string;
  /** Handles of its members. */
  readonly members: readonly string[];
  /** Writes a message into the chat. Does nothing if the robot may not write. */
  say(body: string): void;
  /** Adds members. */
  add(...handles: string[]): void;
  /** Removes members. */
  kick(...handles: string[]): void;
  setTopic(topic: string): void;
  leave(): void;
}

/** A chat member without an endpoint, run by a program. */
export interface ChatRobot {
  /** False while it is away. It receives the messages of that time later. Default true. */
  readonly online?: boolean;
  /** Reason for refusing chats and messages. Default: none are refused. */
  readonly refuses?: LeaveReason | undefined;
  /** Receives a message of another member. Default: ignored. */
  hear?(message: HeardMessage, chat: RobotChat): void;
}

/** The part of the exchange's chats that robots use. */
interface RobotHands {
  readonly settings: { setTopic(by: Participant, topic: string): boolean };
  sayAs(handle: string, name: string, body: string): boolean;
  add(by: Participant, handles: readonly string[]): boolean;
  kick(by: Participant, handles: readonly string[]): boolean;
  leave(by: Participant): boolean;
}

/** Makes the actions of a robot in a chat. */
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
