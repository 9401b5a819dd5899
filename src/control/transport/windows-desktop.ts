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
  /** Sends a message to every top-level window, and waits for none of them. */
  broadcast(message: number, wParam: number): void;
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

export const WM_COPYDATA = 0x4a;
