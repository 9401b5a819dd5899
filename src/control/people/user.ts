import { checkArgument, line } from '../../base/check.js';
import { checkObjectId } from '../../protocol/commands.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import { RemoteObject } from '../state/remote-object.js';

const TEXT = line(0, 10_000);

/** A USER object: a contact, or anyone that was heard of. Made by {@link Client.user} and `client.contacts`. */
export class User extends RemoteObject<'USER'> {
  /** @internal */
  constructor(handle: string, sender: CommandSender) {
    super('USER', checkObjectId('USER', handle, 'handle'), sender);
  }

  /** Presence as it was last told, such as `ONLINE`; undefined while nothing was. */
  get presence(): string | undefined {
    return this.heard('ONLINESTATUS');
  }

  /**
   * Makes the user a contact, and asks to be authorised. BUDDYSTATUS is 2 until the user agrees, then 3.
   *
   * @param text what the user reads.
   * @throws ERR_API 518, 519
   */
  async add(text = '', options?: CommandOptions): Promise<void> {
    checkArgument('text', text, TEXT);
    await this.setText('BUDDYSTATUS', text === '' ? '2' : `2 ${text}`, options);
  }

  /** Removes the user from the contacts. @throws ERR_API 519 */
  async remove(options?: CommandOptions): Promise<void> {
    await this.setText('BUDDYSTATUS', '1', options);
  }

  /** Lets the user see the current user's status, and answers a request for that. @throws ERR_API 517 */
  async authorise(options?: CommandOptions): Promise<void> {
    await this.set('ISAUTHORIZED', true, options);
  }

  /** Turns a request down, or takes back what {@link authorise} gave. @throws ERR_API 517 */
  async dismiss(options?: CommandOptions): Promise<void> {
    await this.set('ISAUTHORIZED', false, options);
  }

  /** Takes no more calls and messages of the user. @throws ERR_API 517 */
  async block(options?: CommandOptions): Promise<void> {
    await this.set('ISBLOCKED', true, options);
  }

  /** Takes back what {@link block} did. @throws ERR_API 517 */
  async unblock(options?: CommandOptions): Promise<void> {
    await this.set('ISBLOCKED', false, options);
  }

  /** Shows the user under another name; the empty one: under FULLNAME again. @throws ERR_API */
  async rename(displayName: string, options?: CommandOptions): Promise<void> {
    checkArgument('displayName', displayName, TEXT);
    await this.set('DISPLAYNAME', displayName, options);
  }

  /** Gives the user a speed-dial code of one or two digits; the empty one: none. @throws ERR_API 515 */
  async setSpeedDial(code: string, options?: CommandOptions): Promise<void> {
    checkArgument('code', code, TEXT);
    await this.set('SPEEDDIAL', code, options);
  }
}
