import { checkArgument, checkOptions, having, type Rules, signal } from '../../base/check.js';

/** Callbacks of the client that opened a transport. */
export interface TransportHandlers {
  /** Takes one complete message of the endpoint, without its terminator. */
  line(line: string): void;
  /** Called when the endpoint asks its user for permission to attach. {@link Transport.open} keeps waiting. */
  pending?(): void;
  /**
   * Called when the link is gone for good. `error` is set unless the client closed it. Called exactly once for each
   * open link, and never when {@link Transport.open} rejects.
   */
  closed(error?: Error): void;
}

/** An open link to an endpoint. */
export interface Link {
  /** True when a message may contain line breaks; false when a line break ends it. */
  readonly multiline: boolean;
  /**
   * Sends one message. Resolves when there is room for the next one. A transport that answers each call synchronously
   * (D-Bus, AppleScript) resolves to that answer, which may be empty.
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
 * A way to reach an endpoint of the API. A transport carries messages and does not interpret them. The same compliance
 * suite runs over every implementation.
 */
export interface Transport {
  /** Its kind and address, for messages: `tcp 127.0.0.1:4100`. */
  readonly name: string;
  /**
   * Opens a link.
   *
   * @throws ERR_ATTACH_UNAVAILABLE when nothing answers there; ERR_ATTACH_REFUSED when the endpoint refuses;
   * ERR_ABORTED when `signal` fires first.
   */
  open(handlers: TransportHandlers, options?: TransportWait): Promise<Link>;
}

const HANDLERS = having('line', 'closed');
const WAIT_RULES: Rules<TransportWait> = { signal };

/** Checks the arguments of {@link Transport.open}. @throws ERR_INVALID_ARG. */
export function checkOpening(handlers: TransportHandlers, options: TransportWait): void {
  checkArgument('handlers', handlers, HANDLERS);
  checkOptions(options, WAIT_RULES);
}

/** Rule of a transport. */
export const TRANSPORT = having('open');
