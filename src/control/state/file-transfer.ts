import { JackfieldError } from '../../base/errors.js';
import type { Clock } from '../../base/time/clock.js';
import { checkWait, type WaitOptions } from '../../base/wait.js';
import type { PropertyValue } from '../../protocol/values.js';
import type { CommandSender } from '../client/command-sender.js';
import { Condition } from './condition.js';
import { RemoteObject, type RemoteObjectEvents } from './remote-object.js';

/** STATUS of a file transfer. */
export type FileTransferStatus = PropertyValue<'FILETRANSFER', 'STATUS'>;

/** FAILUREREASON of a file transfer. */
export type FileTransferFailureReason = PropertyValue<'FILETRANSFER', 'FAILUREREASON'>;

/** Progress of a {@link FileTransfer}. */
export interface FileTransferProgress {
  /** Bytes that have arrived. */
  readonly transferred: number;
  /** In bytes; absent while it is not known. */
  readonly size: number | undefined;
  /** In bytes a second; 0 when nothing is being transferred. */
  readonly bytesPerSecond: number;
  /** Expected time of arrival, in seconds since the Unix epoch; absent while it is not known. */
  readonly finishTime: number | undefined;
}

/** Events of a {@link FileTransfer}. */
export interface FileTransferEvents extends RemoteObjectEvents {
  status: [status: FileTransferStatus];
  /** More bytes have arrived. */
  progress: [progress: FileTransferProgress];
}

/** A file did not arrive. */
export class FileTransferFailedError extends JackfieldError {
  readonly status: FileTransferStatus;
  /** Absent when the current user has cancelled it. */
  readonly failureReason: FileTransferFailureReason | undefined;

  /** @internal */
  constructor(id: number, status: FileTransferStatus, reason: string) {
    super('ERR_TRANSFER_FAILED', `File transfer ${id} is ${status}${reason && ` (${reason})`}.`);
    this.status = status;
    this.failureReason = reason || undefined;
  }
}

const OVER: ReadonlySet<string> = new Set(['COMPLETED', 'CANCELLED', 'FAILED']);

/** A FILETRANSFER object. It can only be watched: people send and accept files in their windows. */
export class FileTransfer extends RemoteObject<'FILETRANSFER', FileTransferEvents> {
  readonly #condition: Condition;
  #lost: Error | undefined;

  /** @internal */
  constructor(id: number, sender: CommandSender, clock: Clock) {
    super('FILETRANSFER', id, sender);
    this.#condition = new Condition(clock);
  }

  /** The newest status; undefined until the endpoint reports one. */
  get status(): FileTransferStatus | undefined {
    return this.heard('STATUS');
  }

  /** Progress, as last reported. */
  get progress(): FileTransferProgress {
    const count = (property: 'FILESIZE' | 'FINISHTIME' | 'BYTESPERSECOND' | 'BYTESTRANSFERRED') =>
      Number(this.heard(property) ?? 0);
    return {
      transferred: count('BYTESTRANSFERRED'),
      size: this.heard('FILESIZE') === undefined ? undefined : count('FILESIZE'),
      bytesPerSecond: count('BYTESPERSECOND'),
      finishTime: count('FINISHTIME') || undefined,
    };
  }

  override get over(): boolean {
    return this.#lost !== undefined || OVER.has(this.status ?? '');
  }

  override get idle(): boolean {
    return this.over && this.listenerCount('status') === 0;
  }

  /**
   * Resolves to the path of the local file when it has arrived.
   *
   * @throws ERR_TRANSFER_FAILED (a {@link FileTransferFailedError}); ERR_API, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED.
   */
  async completed(options: WaitOptions = {}): Promise<string> {
    checkWait(options);
    await this.text('STATUS');
    const isOver = () => {
      if (OVER.has(this.status ?? '')) return true;
      if (this.#lost) throw this.#lost;
      return false;
    };
    await this.#condition.until(`the end of file transfer ${this.id}`, isOver, options);
    const { status = 'FAILED' } = this;
    if (status === 'COMPLETED') return await this.text('FILEPATH');
    throw new FileTransferFailedError(
      this.id,
      status,
      status === 'FAILED' ? await this.text('FAILUREREASON') : '',
    );
  }

  /** @internal */
  override take(property: string, value: string, heardAt: number, sentAfter: number | undefined): boolean {
    const news = super.take(property, value, heardAt, sentAfter);
    this.#condition.changed();
    if (news && property === 'STATUS') this.emit('status', value);
    if (news && property === 'BYTESTRANSFERRED') this.emit('progress', this.progress);
    return news;
  }

  /** @internal */
  override lose(error: Error): void {
    this.#lost ??= error;
    this.#condition.changed();
  }
}
