import { checkArgument, checkOptions, having, type Rules, signal } from '../../base/check.js';

/** The client that opened a transport. */
export interface TransportHandlers {
  /** One complete message came from the endpoint, without its terminator. */
  line(line: string): void;
  /** The endpoint is asking its user whether this program may attach; {@link Transport.open} goes on waiting. */
  pending?(): void;
  /**
   * The link is gone and stays so; `error` is set when nobody asked for that. Called exactly once for each link that
   * was opened, and never when {@link Transport.open} rejects.
   */
  closed(error?: Error): void;
}

/** An open link to an endpoint. */
export interface Link {
  /** True when a message may hold line breaks; false where they end it. */
  readonly multiline: boolean;
  /**
   * Sends one message. Resolves when there is room for the next; where the transport answers each call
   * synchronously (D-Bus, AppleScript), resolves to that answer, which may be empty.
   *
   * @throws ERR_CLOSED when the link is gone.
   */
  send(line: string): Promise<string | undefined>;
  /** Closes gracefully; does nothing the second time. */
  close(): Promise<void>;
}

/** Limits on one wait of a transport. */
export interface TransportWait {
  readonly signal?: AbortSignal;
}

/**
 * A way to reach an endpoint of the API. A transport carries messages and knows nothing of what they say; the same
 * compliance suite runs over every implementation.
 */
export interface Transport {
  /** Its kind and address, for messages to people: `tcp 127.0.0.1:4100`. */
  readonly name: string;
  /**
   * Opens a link.
   *
   * @throws ERR_ATTACH_UNAVAILABLE when nothing answers there; ERR_ATTACH_REFUSED when the endpoint says no;
   * ERR_ABORTED when `signal` fires first.
   */
  open(handlers: TransportHandlers, options?: TransportWait): Promise<Link>;
}

const HANDLERS = having('line', 'closed');
const WAIT_RULES: Rules<TransportWait> = { signal };

/** Checks what {@link Transport.open} is given. @throws ERR_INVALID_ARG. */
export function checkOpening(handlers: TransportHandlers, options: TransportWait): void {
  checkArgument('handlers', handlers, HANDLERS);
  checkOptions(options, WAIT_RULES);
}

/** Anything that is a transport. */
export const TRANSPORT = having('open');
