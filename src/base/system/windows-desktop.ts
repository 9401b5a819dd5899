/** A message that a window was sent. */
export interface WindowMessage {
  readonly message: number;
  readonly wParam: number;
  readonly lParam: number;
  /** The payload of WM_COPYDATA. */
  readonly data?: Uint8Array;
}

/** A window of this program's, never shown. */
export interface HiddenWindow {
  readonly handle: number;
  /** Sends a message to every top-level window, and waits for none of them. @param lParam Default 0. */
  broadcast(message: number, wParam: number, lParam?: number): void;
  /** Sends WM_COPYDATA. Returns whether it was taken. */
  sendData(to: number, data: Uint8Array): boolean;
  close(): void;
}

/** The calls of Windows that the transport is made of. */
export interface WindowsDesktop {
  /** The number of a message that is known by name, the same for every program. */
  registerMessage(name: string): number;
  /** @param take gets each message; returns its result, or `undefined` for one that is not for it. */
  openWindow(take: (message: WindowMessage) => number | undefined): HiddenWindow;
  isWindow(handle: number): boolean;
}

/** A window that serves other programs: it waits for none of them while it does. */
export interface ServingWindow extends HiddenWindow {
  /** Sends a message to one window, and does not wait. */
  post(to: number, message: number, wParam: number, lParam: number): void;
  /**
   * Sends WM_COPYDATA, and resolves to true when it was taken: answered in time, with a result that is not 0. Other
   * messages are dealt with meanwhile.
   */
  deliver(to: number, data: Uint8Array, timeoutMs: number): Promise<boolean>;
}

/** The calls of Windows that an endpoint is served with. */
export interface ServingDesktop extends WindowsDesktop {
  openWindow(take: (message: WindowMessage) => number | undefined): ServingWindow;
  /** File name of the program that a window belongs to; empty where Windows does not tell. */
  programOf(handle: number): string;
  /** A number of the user's part of the registry; nothing where it is not there. */
  registryNumber(key: string, name: string): number | undefined;
}

export const WM_COPYDATA = 0x4a;
