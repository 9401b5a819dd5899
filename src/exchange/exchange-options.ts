import { stat } from 'node:fs/promises';
import {
  callback,
  checkOptions,
  either,
  flag,
  having,
  listOf,
  nested,
  object,
  oneOf,
  path,
  type Rules,
  whole,
  within,
} from '../base/check.js';
import { invalidArgument, JackfieldError } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { CLOCK, type Clock, systemClock } from '../base/time/clock.js';
import type { Destination, LineInterface } from '../switch/attempt.js';
import type { AttachPolicy } from './api/authorization.js';
import { ClientFiles, type OverwritePolicy } from './client-files.js';
import { type ExchangeLimits, LIMIT_RULES, resolveLimits } from './limits.js';
import { SimulatedSms } from './sms/simulated-sms.js';
import { SMS_GATEWAY, type SmsGateway } from './sms/sms-gateway.js';
import type { UserOptions } from './user-options.js';
import type { FailureListener } from './voice/file-stream.js';
import { type StreamOpener, streamOpener } from './voice/voice-router.js';

/** Options of {@link Exchange.start}. */
export interface ExchangeOptions {
  /** Drives the life of every call. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Default: one user, `jack`. */
  readonly users?: readonly UserOptions[];
  /** Scripted destinations of calls, besides `echo123`. Default: none. */
  readonly robots?: readonly Destination[];
  /** Line to phones. Default: none, and calls to phones fail with reason 4. */
  readonly gateway?: LineInterface;
  /** Gateway for short messages to phones. Default: a {@link SimulatedSms}, which delivers every text. */
  readonly smsGateway?: SmsGateway;
  /**
   * Time, in real milliseconds, that a call waits for a late redirected port before it uses silence instead. Ticks that
   * fall due during the wait are made up afterwards. Other calls go on. 0 (default): it never waits.
   *
   * The wait stops the time of a {@link VirtualClock}, so that a call can run much faster than real time without losing
   * a sample.
   */
  readonly patienceMs?: number;
  /** Length of the pieces written to a redirected port, in milliseconds: 10 as Skype did, or 20 (default). */
  readonly pieceMs?: 10 | 20;
  /** Folders in which `FILE="..."` may read and write. Default: none. */
  readonly fileRoots?: readonly string[];
  /**
   * Existing files that may be replaced in `fileRoots`: files `written` by this exchange since it started, files
   * `owned` by the account that it runs under, or `any`. Others are refused. Default `owned`.
   */
  readonly overwriteFiles?: OverwritePolicy;
  /**
   * Wraps the opener of redirected streams. Gets the standard one, which opens ports of this machine and files in
   * `fileRoots`. Default: the standard opener.
   */
  readonly opener?: (standard: StreamOpener) => StreamOpener;
  /**
   * Folder for history, voicemails, profiles and contacts; created if missing. Default: none of them outlive the
   * exchange.
   */
  readonly stateFolder?: string;
  /** Decides which clients may attach. Default `allow`. */
  readonly attach?: AttachPolicy;
  /** Most calls in each user's history, 1 to 100000. The oldest are removed first. Default 1000. */
  readonly historyLimit?: number;
  /** Most calls that one host can join into a conference: 2 to 100. Default 4, the reference's limit. */
  readonly conferenceLimit?: number;
  /** Speed of a file transfer between two users, in bytes a second: 1 to 1,000,000,000. Default 1,000,000. */
  readonly transferBytesPerSecond?: number;
  /** Extra bytes that SENDING reports for each text that an application writes: 2 as in Skype 1.4, or 0. Default 0. */
  readonly sendingExtraBytes?: 0 | 2;
  /**
   * True when each SEARCH forgets the profiles of strangers that an earlier SEARCH USERS found. Their properties are
   * then empty until they are found again. Default false.
   */
  readonly searchForgets?: boolean;
  /** Limits on the resources that clients use. Default: those of `LIMITS`. */
  readonly limits?: Partial<ExchangeLimits>;
}

/** The rules of {@link ExchangeOptions}. */
export const EXCHANGE_RULES: Rules<ExchangeOptions> = {
  clock: CLOCK,
  users: listOf(object, 1),
  robots: listOf(object),
  gateway: having('lineTo'),
  smsGateway: SMS_GATEWAY,
  patienceMs: within(0, 60_000, 'ms'),
  pieceMs: oneOf(10, 20),
  fileRoots: listOf(path),
  overwriteFiles: oneOf('written', 'owned', 'any'),
  opener: callback,
  stateFolder: path,
  attach: either(oneOf('allow', 'deny'), callback),
  historyLimit: whole(1, 100_000, 'calls'),
  conferenceLimit: whole(2, 100, 'calls'),
  transferBytesPerSecond: whole(1, 1_000_000_000, 'bytes per second'),
  sendingExtraBytes: oneOf(0, 2),
  searchForgets: flag,
  limits: nested(LIMIT_RULES),
};

export type ResolvedOptions = Readonly<
  Required<
    Omit<
      ExchangeOptions,
      | 'stateFolder'
      | 'gateway'
      | 'patienceMs'
      | 'pieceMs'
      | 'fileRoots'
      | 'overwriteFiles'
      | 'opener'
      | 'limits'
    >
  >
> &
  Pick<ExchangeOptions, 'stateFolder' | 'gateway'> & {
    readonly files: ClientFiles;
    readonly limits: ExchangeLimits;
    /** Makes the opener. `failed` is called when a file fails during a call. */
    readonly opener: (failed: FailureListener) => StreamOpener;
  };

/** Checks the options and fills in the defaults. @throws ERR_INVALID_ARG, naming the option. */
export function resolveOptions(options: ExchangeOptions): ResolvedOptions {
  checkOptions(options, EXCHANGE_RULES);
  const { patienceMs = 0, pieceMs = 20, fileRoots = [], historyLimit = 1000, conferenceLimit = 4 } = options;
  const users = options.users ?? [{ handle: 'jack' }];
  const handles = new Set(users.map(({ handle }) => handle.toLowerCase()));
  if (handles.size < users.length) {
    throw invalidArgument(
      'users',
      'at least one user, each with a unique handle',
      users.map(({ handle }) => handle).join(', '),
    );
  }
  const { overwriteFiles: overwrite = 'owned' } = options;
  const files = new ClientFiles({ roots: fileRoots, overwrite });
  const { clock = systemClock } = options;
  const opener = (failed: FailureListener) => {
    const standard = streamOpener(clock, { patienceMs, pieceMs }, files, failed);
    return options.opener?.(standard) ?? standard;
  };
  const resolved: ResolvedOptions = {
    clock,
    users: [...users],
    robots: [...(options.robots ?? [])],
    files,
    opener,
    attach: options.attach ?? 'allow',
    historyLimit,
    conferenceLimit,
    searchForgets: options.searchForgets ?? false,
    smsGateway: options.smsGateway ?? new SimulatedSms(clock),
    transferBytesPerSecond: options.transferBytesPerSecond ?? 1_000_000,
    sendingExtraBytes: options.sendingExtraBytes ?? 0,
    limits: resolveLimits(options.limits),
    ...(options.gateway && { gateway: options.gateway }),
    ...(options.stateFolder !== undefined && { stateFolder: options.stateFolder }),
  };
  return Object.freeze(resolved);
}

/** Checks that a folder exists. @throws ERR_FILE when it does not. */
export async function checkFileRoot(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory())
    throw new JackfieldError('ERR_FILE', `fileRoots: there is no folder ${printable(path)}.`);
}
