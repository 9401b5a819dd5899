/** A message to a window. */
export interface WindowMessage {
  readonly message: number;
  readonly wParam: number;
  readonly lParam: number;
  /** The payload of WM_COPYDATA. */
  readonly data?: Uint8Array;
}

/** A window of this program that is never shown. */
export interface HiddenWindow {
  readonly handle: number;
  /** Sends a message to every top-level window, without waiting for any of them. @param lParam Default 0. */
  broadcast(message: number, wParam: number, lParam?: number): void;
  /** Sends WM_COPYDATA. Returns true when it was accepted. */
  sendData(to: number, data: Uint8Array): boolean;
  close(): void;
}

/** The Windows calls that the transport uses. */
export interface WindowsDesktop {
  /** Number of the message with this name. It is the same for every program. */
  registerMessage(name: string): number;
  /** @param take gets each message; returns its result, or `undefined` for one that is not for it. */
  openWindow(take: (message: WindowMessage) => number | undefined): HiddenWindow;
  isWindow(handle: number): boolean;
}

/** A window that serves other programs without waiting for any of them. */
export interface ServingWindow extends HiddenWindow {
  /** Sends a message to one window without waiting. */
  post(to: number, message: number, wParam: number, lParam: number): void;
  /**
   * Sends WM_COPYDATA. Resolves to true when it was answered in time with a result other than 0. Other messages are
   * handled meanwhile.
   */
  deliver(to: number, data: Uint8Array, timeoutMs: number): Promise<boolean>;
}

/** The Windows calls that serving an endpoint uses. */
export interface ServingDesktop extends WindowsDesktop {
  openWindow(take: (message: WindowMessage) => number | undefined): ServingWindow;
  /** File name of the program that a window belongs to; empty where Windows does not tell. */
  programOf(handle: number): string;
  /** A number from the user's part of the registry; undefined when it is missing. */
  registryNumber(key: string, name: string): number | undefined;
}

export const WM_COPYDATA = 0x4a;
