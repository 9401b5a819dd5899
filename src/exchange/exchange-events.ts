import type { UserCall } from './calls/user-call.js';
import type { ClosedStream } from './voice/voice-router.js';

/** Events of an {@link Exchange}. */
export interface ExchangeEvents {
  /**
   * Something has failed: a disk, a listener of this exchange, a hook, one client's command. The exchange goes on.
   * `where` names the source: `state`, `timer`, `client "x" of alice`, `listener of line`.
   */
  failure: [error: unknown, where: string];
  /** A redirected voice stream has been closed. Gives the samples moved, filled with silence and dropped. */
  'stream-closed': [closed: ClosedStream];
  /** A line has passed between a client and the endpoint of `handle`. `client` numbers the attachments. */
  line: [line: { handle: string; client: number; direction: 'in' | 'out'; text: string }];
}

/** The state of a call, as shown to observers of an exchange. */
export interface CallView {
  readonly id: number;
  readonly handle: string;
  readonly partner: string;
  readonly status: string;
  readonly seconds: number;
}

/** Gives the state of a call. */
export function callView({ id, user, partner, status, object }: UserCall): CallView {
  const seconds = Number(object.get('DURATION') ?? 0);
  return { id, handle: user.handle, partner: partner.handle, status, seconds };
}
