import { checkArgument, oneOf } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { CHAT_ROLES, type ChatRole } from '../../protocol/catalogue/chat.js';
import { commands } from '../../protocol/commands.js';
import type { OtherWord } from '../../protocol/message.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import { VersionedObject } from './versioned-object.js';

const ROLE = oneOf(...CHAT_ROLES);

/** A CHATMEMBER object: a user's place in a chat. Needs protocol 7. Made by `client.chats`. */
export class ChatMember extends VersionedObject<'CHATMEMBER'> {
  /** @internal */
  constructor(id: number, sender: CommandSender) {
    super('CHATMEMBER', id, sender);
  }

  /** Gets the member's handle. */
  async handle(options?: CommandOptions): Promise<string> {
    return await this.get('IDENTITY', options);
  }

  /** Gets the role, which decides the member's rights. */
  async role(options?: CommandOptions): Promise<ChatRole | OtherWord> {
    return await this.get('ROLE', options);
  }

  /** True when the current user may give the member this role. @throws ERR_UNSUPPORTED below protocol 7. */
  async canHaveRole(role: ChatRole, options?: CommandOptions): Promise<boolean> {
    checkArgument('role', role, ROLE);
    this.requires('CANSETROLETO');
    const asked = commands.alter('CHATMEMBER', this.id, 'CANSETROLETO', role);
    const reply = await this.sender.command(asked, options);
    if (reply.kind === 'altered') return reply.value.toUpperCase() === 'TRUE';
    throw new JackfieldError(
      'ERR_UNEXPECTED_REPLY',
      `ALTER CHATMEMBER CANSETROLETO was answered with a message of the kind "${reply.kind}".`,
    );
  }

  /**
   * Gives the member a role. An applicant who gets another role is accepted.
   *
   * @throws ERR_API 504 when the current user may not; ERR_UNSUPPORTED below protocol 7.
   */
  async setRole(role: ChatRole, options?: CommandOptions): Promise<void> {
    checkArgument('role', role, ROLE);
    await this.alter('SETROLETO', role, options);
  }
}
