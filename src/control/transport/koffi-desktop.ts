import { createRequire } from 'node:module';
import {
  type HiddenWindow,
  type WindowMessage,
  type WindowsDesktop,
  WM_COPYDATA,
} from './windows-desktop.js';

/** A function of a DLL, or what was made of a callback. */
type Native = (...args: unknown[]) => unknown;

/** The parts that are used of the package `koffi`, an optional peer of this one. */
interface Koffi {
  load(library: string): { func(declaration: string): Native };
  struct(name: string, fields: Readonly<Record<string, string>>): unknown;
  proto(declaration: string): unknown;
  pointer(type: unknown): unknown;
  register(callback: Native, type: unknown): unknown;
  unregister(callback: unknown): void;
  decode(address: unknown, type: unknown, length?: number): unknown;
  sizeof(type: unknown): number;
}

interface CopyData {
  readonly cbData: number;
  readonly lpData: unknown;
}

/** Every top-level window. */
const BROADCAST = 0xffff;
const PM_REMOVE = 1;
/** Gives up on a program that does not answer. */
const SMTO_ABORTIFHUNG = 2;
const SEND_TIMEOUT_MS = 10_000;
/** Time between two fetches of messages: an endpoint waits a second at most. */
const PUMP_MS = 5;

/** The calls of user32.dll. @throws when the package koffi is missing, or this is not Windows. */
export function koffiDesktop(): WindowsDesktop {
  const koffi = createRequire(import.meta.url)('koffi') as Koffi;
  const calls = declare(koffi);
  const registered = calls.registerMessage;
  return {
    registerMessage: (name) => Number(registered(name)),
    openWindow: (take) => new NativeWindow(koffi, calls, take),
    isWindow: (handle) => Boolean(calls.isWindow(handle)),
  };
}

type Calls = ReturnType<typeof declare>;

function declare(koffi: Koffi) {
  const user32 = koffi.load('user32.dll');
  const copyData = koffi.struct('COPYDATASTRUCT', {
    dwData: 'uintptr_t',
    cbData: 'uint32_t',
    lpData: 'void *',
  });
  const procedure = koffi.proto(
    'intptr_t __stdcall WNDPROC(intptr_t window, uint32_t message, uintptr_t wParam, intptr_t lParam)',
  );
  const windowClass = koffi.struct('WNDCLASSEXW', {
    cbSize: 'uint32_t',
    style: 'uint32_t',
    lpfnWndProc: 'void *',
    cbClsExtra: 'int',
    cbWndExtra: 'int',
    hInstance: 'intptr_t',
    hIcon: 'intptr_t',
    hCursor: 'intptr_t',
    hbrBackground: 'intptr_t',
    lpszMenuName: 'str16',
    lpszClassName: 'str16',
    hIconSm: 'intptr_t',
  });
  koffi.struct('MSG', {
    hwnd: 'intptr_t',
    message: 'uint32_t',
    wParam: 'uintptr_t',
    lParam: 'intptr_t',
    time: 'uint32_t',
    x: 'int32_t',
    y: 'int32_t',
    private: 'uint32_t',
  });
  return {
    copyData,
    procedure,
    windowClassBytes: koffi.sizeof(windowClass),
    registerMessage: user32.func('uint32_t __stdcall RegisterWindowMessageW(str16 name)'),
    registerClass: user32.func('uint16_t __stdcall RegisterClassExW(WNDCLASSEXW *windowClass)'),
    unregisterClass: user32.func('int __stdcall UnregisterClassW(str16 name, intptr_t instance)'),
    createWindow: user32.func(
      'intptr_t __stdcall CreateWindowExW(uint32_t exStyle, str16 windowClass, str16 title, uint32_t style, int x, int y, int width, int height, intptr_t parent, intptr_t menu, intptr_t instance, void *parameter)',
    ),
    destroyWindow: user32.func('int __stdcall DestroyWindow(intptr_t window)'),
    isWindow: user32.func('int __stdcall IsWindow(intptr_t window)'),
    defaultProcedure: user32.func(
      'intptr_t __stdcall DefWindowProcW(intptr_t window, uint32_t message, uintptr_t wParam, intptr_t lParam)',
    ),
    peekMessage: user32.func(
      'int __stdcall PeekMessageW(_Out_ MSG *message, intptr_t window, uint32_t first, uint32_t last, uint32_t remove)',
    ),
    dispatchMessage: user32.func('intptr_t __stdcall DispatchMessageW(MSG *message)'),
    postMessage: user32.func(
      'int __stdcall PostMessageW(intptr_t window, uint32_t message, uintptr_t wParam, intptr_t lParam)',
    ),
    sendData: user32.func(
      'intptr_t __stdcall SendMessageTimeoutW(intptr_t window, uint32_t message, uintptr_t wParam, COPYDATASTRUCT *data, uint32_t flags, uint32_t timeoutMs, _Out_ uintptr_t *result)',
    ),
  };
}

let windowsMade = 0;

class NativeWindow implements HiddenWindow {
  readonly handle: number;
  readonly #koffi: Koffi;
  readonly #calls: Calls;
  readonly #className: string;
  readonly #procedure: unknown;
  readonly #pump: NodeJS.Timeout;

  constructor(koffi: Koffi, calls: Calls, take: (message: WindowMessage) => number | undefined) {
    this.#koffi = koffi;
    this.#calls = calls;
    this.#className = `jackfield-${process.pid}-${++windowsMade}`;
    this.#procedure = koffi.register(
      (window: unknown, message: unknown, wParam: unknown, lParam: unknown) =>
        take(this.#read(Number(message), Number(wParam), lParam)) ??
        calls.defaultProcedure(window, message, wParam, lParam),
      koffi.pointer(calls.procedure),
    );
    calls.registerClass({
      cbSize: calls.windowClassBytes,
      style: 0,
      lpfnWndProc: this.#procedure,
      cbClsExtra: 0,
      cbWndExtra: 0,
      hInstance: 0,
      hIcon: 0,
      hCursor: 0,
      hbrBackground: 0,
      lpszMenuName: null,
      lpszClassName: this.#className,
      hIconSm: 0,
    });
    // A message-only window would not get broadcasts.
    this.handle = Number(calls.createWindow(0, this.#className, 'jackfield', 0, 0, 0, 0, 0, 0, 0, 0, null));
    if (this.handle === 0) throw new Error('Windows could not make a window');
    this.#pump = setInterval(() => this.#fetch(), PUMP_MS);
  }

  broadcast(message: number, wParam: number): void {
    this.#calls.postMessage(BROADCAST, message, wParam, 0);
  }

  sendData(to: number, data: Uint8Array): boolean {
    const packet = { dwData: 0, cbData: data.length, lpData: data };
    const result = [0];
    const sent = this.#calls.sendData(
      to,
      WM_COPYDATA,
      this.handle,
      packet,
      SMTO_ABORTIFHUNG,
      SEND_TIMEOUT_MS,
      result,
    );
    return Number(sent) !== 0;
  }

  close(): void {
    if (!this.#calls.isWindow(this.handle)) return;
    clearInterval(this.#pump);
    this.#calls.destroyWindow(this.handle);
    this.#calls.unregisterClass(this.#className, 0);
    this.#koffi.unregister(this.#procedure);
  }

  #fetch(): void {
    const message = {};
    while (this.#calls.peekMessage(message, this.handle, 0, 0, PM_REMOVE))
      this.#calls.dispatchMessage(message);
  }

  #read(message: number, wParam: number, lParam: unknown): WindowMessage {
    if (message !== WM_COPYDATA) return { message, wParam, lParam: Number(lParam) };
    const { cbData, lpData } = this.#koffi.decode(BigInt(Number(lParam)), this.#calls.copyData) as CopyData;
    const data = Uint8Array.from(this.#koffi.decode(lpData, 'uint8_t', cbData) as Iterable<number>);
    return { message, wParam, lParam: 0, data };
  }
}
