import { basename } from 'node:path';
import { JackfieldError } from '../../base/errors.js';
import { TaskSet } from '../../base/task-set.js';
import type { Clock } from '../../base/time/clock.js';
import { safeName } from '../../files/safe-name.js';
import type { Identity } from '../../switch/identity.js';
import type { ExchangeUser } from '../exchange-user.js';
import { ApiObject, type ObjectRecord } from '../object/api-object.js';
import type { ObjectShelf } from '../object/object-shelf.js';
import { ObjectStore } from '../object/object-store.js';
import type { People } from '../people/people.js';
import { standStill } from '../stand-still.js';
import { agree, isPair } from './agree.js';
import { IncomingFile } from './incoming-file.js';
import { OutgoingFile } from './outgoing-file.js';
import { impossible, notContact, notNow, refusalOf, withoutFolder } from './transfer-refusal.js';
import { TransferRun } from './transfer-run.js';
import { closeSides, letGo, openSides, removeHalf } from './transfer-sides.js';
import { settledTransfer, type TransferReason, type TransferStatus, TransferView } from './transfer-view.js';

/** Most transfers of one user that are kept. Beyond that the oldest finished ones are dropped. */
const LIMIT = 1000;
/** Most active transfers of one user. */
const MOST_ACTIVE = 100;
/** Milliseconds after which a transfer no longer waits for an offline user (reference, REMOTE_OFFLINE_FOR_TOO_LONG). */
const OFFLINE_MS = 7 * 24 * 3_600_000;

/** The parts of the exchange that {@link Transfers} uses. */
export interface TransfersContext {
  readonly clock: Clock;
  readonly people: People;
  readonly shelf: ObjectShelf<'FILETRANSFER'>;
  /** True when transfers survive a restart. Received data then stays on disk. */
  readonly isKept: boolean;
  readonly bytesPerSecond: number;
  nextId(): number;
  userOf(handle: string): ExchangeUser | undefined;
  failed(error: unknown): void;
}

/** File transfers of all users. They are controlled at the desks; no command starts one (reference). */
export class Transfers {
  readonly objects: ObjectStore<'FILETRANSFER', TransferView>;
  readonly #context: TransfersContext;
  /** Runs of transfers in progress, by the sender's view. */
  readonly #runs = new Map<TransferView, TransferRun>();
  /** Views of senders whose files are being opened. */
  readonly #opening = new Set<TransferView>();
  readonly #tasks = new TaskSet((error) => this.#context.failed(error));
  #closed = false;

  constructor(context: TransfersContext) {
    this.#context = context;
    this.objects = new ObjectStore({
      limit: LIMIT,
      mayGo: ({ isActive }) => !isActive,
      shelf: context.shelf,
      record: ({ object }) => ({ properties: object.record() }),
    });
    context.people.on('status', ({ user }) => this.#moved(user));
  }

  /**
   * Offers a file to a contact.
   *
   * @param path in the folder of the sender.
   * @throws ERR_INVALID_STATE without a folder, for a partner who is not a contact, and for too many transfers;
   * ERR_FILE.
   */
  async offer(user: ExchangeUser, partner: Identity, path: string): Promise<TransferView> {
    const { transferFolder } = user.settings;
    const { clock } = this.#context;
    if (transferFolder === undefined) throw withoutFolder(user);
    if (!user.lists(partner.handle)) throw notContact(user, partner);
    if (this.#activeOf(user).length >= MOST_ACTIVE) {
      throw impossible(
        `${user.handle} has ${MOST_ACTIVE} transfers, which is the limit: wait for one to end.`,
      );
    }
    const file = await standStill(clock, OutgoingFile.open(transferFolder, path));
    await standStill(clock, file.close());
    const sender = this.#make(user, 'OUTGOING', partner, {
      FILEPATH: file.path,
      FILENAME: basename(file.path),
      FILESIZE: String(file.size),
    });
    this.#await(sender);
    return sender;
  }

  /**
   * Accepts a file and begins to receive it.
   *
   * @param name name of the received file. Default: the sender's name for it.
   * @throws ERR_INVALID_STATE
   */
  async accept(receiver: TransferView, name = receiver.object.get('FILENAME') ?? ''): Promise<string> {
    const { transferFolder } = receiver.owner.settings;
    const sender = this.#other(receiver);
    if (!receiver.isIncoming || receiver.status !== 'NEW' || !sender || this.#opening.has(sender)) {
      throw impossible(`Transfer ${receiver.id} is not waiting to be accepted: it is ${receiver.status}.`);
    }
    this.#opening.add(sender);
    try {
      const made = IncomingFile.create(transferFolder ?? '', name);
      const target = await standStill(this.#context.clock, made);
      // The transfer may have been cancelled meanwhile.
      const isWanted = receiver.status === 'NEW';
      await standStill(this.#context.clock, isWanted ? target.close() : target.discard());
      if (!isWanted) throw impossible(`Transfer ${receiver.id} is ${receiver.status}.`);
      receiver.object.tell('FILEPATH', target.path);
      for (const view of [receiver, sender]) this.#become(view, 'CONNECTING');
      return target.path;
    } catch (error) {
      if (!(error instanceof JackfieldError && error.code === 'ERR_INVALID_STATE'))
        this.#fail(sender, 'write', error);
      throw error;
    } finally {
      this.#opening.delete(sender);
      this.#begin(sender);
    }
  }

  /** Cancels or refuses a transfer on one side. @throws ERR_INVALID_STATE when it is over. */
  cancel(view: TransferView): void {
    if (!view.isActive) throw impossible(`Transfer ${view.id} is over: it is ${view.status}.`);
    this.#end(view, 'CANCELLED', undefined, 'REMOTELY_CANCELLED');
  }

  /** Pauses an accepted transfer on one side. @throws ERR_INVALID_STATE */
  pause(view: TransferView): void {
    const other = this.#other(view);
    if (!other || !view.canPause) throw notNow(view, 'paused');
    this.#stop(view.isIncoming ? other : view);
    this.#become(view, 'PAUSED');
    if (other.status !== 'PAUSED') this.#become(other, 'REMOTELY_PAUSED');
  }

  /**
   * Resumes a transfer that was paused on this side. It continues once neither side is paused.
   *
   * @throws ERR_INVALID_STATE
   */
  resume(view: TransferView): void {
    const other = this.#other(view);
    if (!other || view.status !== 'PAUSED') throw notNow(view, 'resumed');
    if (other.status === 'PAUSED') {
      this.#become(view, 'REMOTELY_PAUSED');
      return;
    }
    for (const each of [view, other]) this.#become(each, 'CONNECTING');
    this.#begin(view.isIncoming ? other : view);
  }

  /** Restores the stored transfers after a restart. */
  restore(): void {
    const restored = this.objects.restore(this.#context.userOf, (id, owner, { properties }) => {
      return new TransferView(new ApiObject('FILETRANSFER', id, owner, settledTransfer(properties)), owner);
    });
    const { clock } = this.#context;
    for (const view of restored) {
      const other = this.#other(view);
      if (other && !view.isIncoming) {
        agree(view, other, this.#nowSec);
        this.objects.save(view, other);
        if (view.isActive) clock.timerAt(clock.now(), () => this.#begin(view));
        else this.#later(removeHalf(other.path));
      } else if (view.isActive && !other) {
        if (view.isIncoming || view.partnerId !== undefined) this.#refuse(view, 'REMOTELY_CANCELLED');
        else this.#await(view);
      }
    }
  }

  /** Stops all transfers. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const [sender, run] of [...this.#runs]) {
      this.#runs.delete(sender);
      this.#later(letGo(run, !this.#context.isKept));
    }
    await this.#tasks.settled();
    if (this.#context.isKept) return;
    const halves = this.objects.all().filter(({ isIncoming, isActive }) => isIncoming && isActive);
    await Promise.all(halves.map(({ path }) => removeHalf(path)));
  }

  /** Stops the clock until the disk operation is done. */
  #later(work: Promise<void>): void {
    this.#tasks.add(standStill(this.#context.clock, work));
  }

  get #nowSec(): number {
    return Math.floor(this.#context.clock.unixMs() / 1000);
  }

  #activeOf(user: ExchangeUser): TransferView[] {
    return this.objects.listOf(user).filter(({ isActive }) => isActive);
  }

  #make(
    user: ExchangeUser,
    type: 'INCOMING' | 'OUTGOING',
    partner: Identity,
    record: ObjectRecord,
    partnerId?: number,
  ): TransferView {
    const properties = {
      TYPE: type,
      PARTNER_HANDLE: partner.handle,
      PARTNER_DISPNAME: partner.fullName,
      ...record,
      STARTTIME: String(this.#nowSec),
      BYTESPERSECOND: '0',
    };
    const made = new TransferView(
      new ApiObject('FILETRANSFER', this.#context.nextId(), user, properties),
      user,
    );
    if (partnerId !== undefined) made.partnerId = partnerId;
    this.objects.add(made);
    made.introduce(made.size, this.#nowSec);
    this.objects.save(made);
    return made;
  }

  #other(view: TransferView): TransferView | undefined {
    const owner = this.#context.userOf(view.partner);
    const other = owner && view.partnerId !== undefined ? this.objects.of(owner, view.partnerId) : undefined;
    return other && isPair(view, other) ? other : undefined;
  }

  #become(view: TransferView, status: TransferStatus): void {
    if (view.status !== status) view.become(status);
    this.objects.save(view);
  }

  /** Announces a file to the other side, now or when that user comes online. */
  #propose(sender: TransferView): void {
    if (!this.#isAwaited(sender)) return;
    const receiver = this.#context.userOf(sender.partner);
    const refusal = refusalOf(receiver, sender.owner);
    if (!receiver || refusal) {
      this.#refuse(sender, refusal ?? 'REMOTE_DOES_NOT_SUPPORT_FT');
      return;
    }
    this.#become(sender, 'WAITING_FOR_ACCEPT');
    if (!receiver.online || this.#activeOf(receiver).length >= MOST_ACTIVE) return;
    const name = safeName(sender.object.get('FILENAME') ?? '');
    const record = { FILENAME: name, FILESIZE: String(sender.size) };
    sender.partnerId = this.#make(receiver, 'INCOMING', sender.owner, record, sender.id).id;
    this.objects.save(sender);
  }

  #refuse(view: TransferView, reason: TransferReason): void {
    view.end('FAILED', this.#nowSec, reason);
    this.objects.save(view);
  }

  /** Begins the wait for the other side, or continues it after a restart. The result is reported after the answer. */
  #await(sender: TransferView): void {
    const { clock } = this.#context;
    clock.timerAt(clock.now(), () => {
      this.#propose(sender);
      if (this.#isAwaited(sender)) this.#expire(sender);
    });
  }

  /** Ends the wait for a user who does not come online. */
  #expire(sender: TransferView): void {
    const { clock } = this.#context;
    const beganMs = Number(sender.object.get('STARTTIME') ?? 0) * 1000;
    clock.timerAt(clock.now() + Math.max(0, beganMs + OFFLINE_MS - clock.unixMs()), () => {
      if (this.#isAwaited(sender)) this.#refuse(sender, 'REMOTE_OFFLINE_FOR_TOO_LONG');
    });
  }

  /** True while the file has not been announced to the other side. */
  #isAwaited(sender: TransferView): boolean {
    return sender.isActive && sender.partnerId === undefined && !this.#closed;
  }

  /**
   * Handles a change of a user's presence. Transfers that waited for the user continue. Transfers of a user who has
   * gone offline wait.
   */
  #moved(user: ExchangeUser): void {
    for (const view of this.objects.all()) {
      const isParty = view.owner === user || view.partner.toLowerCase() === user.handle.toLowerCase();
      if (!isParty || !view.isActive || view.isIncoming) continue;
      if (!user.online) this.#disconnect(view);
      else if (view.partnerId === undefined) this.#propose(view);
      else this.#begin(view);
    }
  }

  /** Handles that one of the two users has gone offline: both must connect again. */
  #disconnect(sender: TransferView): void {
    const run = this.#stop(sender);
    if (run) for (const view of [run.sides.receiver, sender]) this.#become(view, 'CONNECTING');
  }

  /** Stops moving data. The received data stays. */
  #stop(sender: TransferView): TransferRun | undefined {
    const run = this.#runs.get(sender);
    if (!run) return undefined;
    this.#runs.delete(sender);
    this.#later(letGo(run, false).then(() => this.#begin(sender)));
    for (const { object } of [run.sides.receiver, sender]) {
      object.tell('BYTESPERSECOND', '0');
      object.tell('FINISHTIME', '0');
    }
    return run;
  }

  /** Begins or continues to send an accepted file when both users are online. */
  #begin(sender: TransferView): void {
    const receiver = this.#other(sender);
    if (!receiver || sender.status !== 'CONNECTING' || this.#closed) return;
    if (this.#runs.has(sender) || this.#opening.has(sender)) return;
    if (!sender.owner.online || !receiver.owner.online) return;
    this.#opening.add(sender);
    const { clock } = this.#context;
    clock.timerAt(clock.now(), () => {
      const opened = this.#open(sender, receiver);
      this.#tasks.add(opened);
      return opened;
    });
  }

  async #open(sender: TransferView, receiver: TransferView): Promise<void> {
    const { clock, bytesPerSecond } = this.#context;
    const opened = await openSides(sender, receiver);
    this.#opening.delete(sender);
    if ('isWhole' in opened) {
      // The process was killed after the file had been renamed.
      for (const view of [receiver, sender]) view.complete(this.#nowSec);
      this.objects.save(receiver, sender);
      return;
    }
    if ('failed' in opened) {
      this.#fail(sender, opened.failed, opened.error);
      return;
    }
    const { sides, received } = opened;
    // Meanwhile one of the users may have gone offline or have cancelled the transfer.
    if (sender.status !== 'CONNECTING' || !sender.owner.online || !receiver.owner.online || this.#closed) {
      await closeSides(sides, !sender.isActive);
      return;
    }
    const run = new TransferRun(sides, received, {
      clock,
      bytesPerSecond,
      completed: () => this.#completed(sender, receiver),
      failed: (side, error) => this.#fail(sender, side, error),
      moved: () => this.objects.save(sender, receiver),
    });
    this.#runs.set(sender, run);
  }

  #completed(sender: TransferView, receiver: TransferView): void {
    const run = this.#runs.get(sender);
    this.#runs.delete(sender);
    if (run) this.#later(run.sides.source.close());
    this.objects.save(sender, receiver);
  }

  #fail(sender: TransferView, side: 'read' | 'write', error: unknown): void {
    this.#context.failed(error);
    if (!sender.isActive) {
      // The transfer was cancelled while its files were being opened.
      this.#later(removeHalf(this.#other(sender)?.path ?? ''));
      return;
    }
    if (side === 'read') this.#end(sender, 'FAILED', 'FAILED_READ', 'FAILED_REMOTE_READ');
    else this.#end(sender, 'FAILED', 'FAILED_REMOTE_WRITE', 'FAILED_WRITE');
  }

  /** Ends a transfer on one side, and as failed on the other. */
  #end(
    view: TransferView,
    status: 'CANCELLED' | 'FAILED',
    reason: TransferReason | undefined,
    othersReason: TransferReason,
  ): void {
    const other = this.#other(view);
    const sender = view.isIncoming ? other : view;
    const receiver = view.isIncoming ? view : other;
    const run = sender && this.#runs.get(sender);
    if (sender) this.#runs.delete(sender);
    view.end(status, this.#nowSec, reason);
    if (other?.isActive) other.end('FAILED', this.#nowSec, othersReason);
    this.objects.save(view, ...(other ? [other] : []));
    if (run) this.#later(letGo(run, true));
    else if (receiver && receiver.path !== '' && !(sender && this.#opening.has(sender))) {
      this.#later(removeHalf(receiver.path));
    }
  }
}
