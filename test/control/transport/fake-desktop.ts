import {
  type ServingDesktop,
  type ServingWindow,
  type WindowMessage,
  WM_COPYDATA,
} from '../../../src/base/system/windows-desktop.js';
import { turn } from '../../turns.js';

type Take = (message: WindowMessage) => number | undefined;

/** The part of Windows that passes messages between windows, as it is documented. */
export class FakeDesktop implements ServingDesktop {
  /** Numbers of the registry, by `key\name`. */
  readonly registry = new Map<string, number>();
  /** Program of each window that is opened from now on. */
  program = 'fake.exe';
  /** Windows that take messages and do not come back in time, and the time that they had. */
  readonly hung = new Map<number, number | undefined>();
  /** True while no delivery comes to its end. */
  holds = false;
  readonly #names: string[] = [];
  readonly #windows = new Map<number, { readonly take: Take; readonly program: string }>();
  #handles = 100;

  registerMessage(name: string): number {
    if (!this.#names.includes(name)) this.#names.push(name);
    return 0xc000 + this.#names.indexOf(name);
  }

  openWindow(take: Take): ServingWindow {
    const handle = ++this.#handles;
    this.#windows.set(handle, { take, program: this.program });
    const sendData = (to: number, data: Uint8Array) => this.#send(handle, to, data) !== 0;
    return {
      handle,
      broadcast: (message, wParam, lParam = 0) => {
        for (const window of this.#windows.keys()) this.post(window, { message, wParam, lParam });
      },
      post: (to, message, wParam, lParam) => this.post(to, { message, wParam, lParam }),
      sendData,
      deliver: async (to, data, timeoutMs) => {
        while (this.holds) await turn();
        if (this.hung.has(to)) this.hung.set(to, timeoutMs);
        return !this.hung.has(to) && sendData(to, data);
      },
      close: () => this.#windows.delete(handle),
    };
  }

  isWindow(handle: number): boolean {
    return this.#windows.has(handle);
  }

  programOf(handle: number): string {
    return this.#windows.get(handle)?.program ?? '';
  }

  registryNumber(key: string, name: string): number | undefined {
    return this.registry.get(`${key}\\${name}`);
  }

  post(window: number, message: WindowMessage): void {
    setImmediate(() => this.#windows.get(window)?.take(message));
  }

  #send(from: number, to: number, data: Uint8Array): number {
    const message = { message: WM_COPYDATA, wParam: from, lParam: 0, data: data.slice() };
    return this.#windows.get(to)?.take(message) ?? 0;
  }
}
