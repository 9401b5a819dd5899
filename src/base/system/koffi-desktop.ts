import { createRequire } from 'node:module';
import { win32 } from 'node:path';
import {
  type ServingDesktop,
  type ServingWindow,
  type WindowMessage,
  WM_COPYDATA,
} from './windows-desktop.js';

/** A callback. */
type Callback = (...args: unknown[]) => unknown;

/** A function of a DLL. */
interface Native extends Callback {
  /** Runs it on another thread. Its last argument is called with an error, or with the result. */
  async(...args: unknown[]): void;
}

/** The used parts of the package `koffi`, an optional peer dependency. */
interface Koffi {
  load(library: string): { func(declaration: string): Native };
  struct(name: string, fields: Readonly<Record<string, string>>): unknown;
  proto(declaration: string): unknown;
  pointer(type: unknown): unknown;
  register(callback: Callback, type: unknown): unknown;
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
/** HKEY_CURRENT_USER: 0x80000001, with its sign. */
const CURRENT_USER = -0x7fffffff;
/** Accepts only a 32-bit number from the registry. */
const RRF_RT_REG_DWORD = 0x10;
const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
const MAX_PATH_CHARACTERS = 32_768;

/** The calls of user32.dll and its like. @throws when the package koffi is missing, or this is not Windows. */
export function koffiDesktop(): ServingDesktop {
  const koffi = createRequire(import.meta.url)('koffi') as Koffi;
  const calls = declare(koffi);
  const registered = calls.registerMessage;
  return {
    registerMessage: (name) => Number(registered(name)),
    openWindow: (take) => new NativeWindow(koffi, calls, take),
    isWindow: (handle) => Boolean(calls.isWindow(handle)),
    programOf: (handle) => programOf(calls, handle),
    registryNumber(key, name) {
      const value = [0];
      const failed = calls.registryValue(CURRENT_USER, key, name, RRF_RT_REG_DWORD, null, value, [4]);
      return Number(failed) === 0 ? Number(value[0]) : undefined;
    },
  };
}

function programOf(calls: Calls, window: number): string {
  const id = [0];
  calls.processOfWindow(window, id);
  const program = calls.openProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, id[0]);
  if (Number(program) === 0) return '';
  try {
    const path = Buffer.alloc(MAX_PATH_CHARACTERS * 2);
    const length = [MAX_PATH_CHARACTERS];
    if (Number(calls.imageName(program, 0, path, length)) === 0) return '';
    return win32.basename(path.toString('utf16le', 0, Number(length[0]) * 2));
  } finally {
    calls.closeHandle(program);
  }
}

type Calls = ReturnType<typeof declare>;

function declare(koffi: Koffi) {
  // The declarations of functions name the types.
  const types = declareTypes(koffi);
  return { ...types, ...windowCalls(koffi), ...systemCalls(koffi) };
}

function declareTypes(koffi: Koffi) {
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
  return { copyData, procedure, windowClassBytes: koffi.sizeof(windowClass) };
}

function windowCalls(koffi: Koffi) {
  const user32 = koffi.load('user32.dll');
  return {
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
    processOfWindow: user32.func(
      'uint32_t __stdcall GetWindowThreadProcessId(intptr_t window, _Out_ uint32_t *id)',
    ),
  };
}

function systemCalls(koffi: Koffi) {
  const kernel32 = koffi.load('kernel32.dll');
  const advapi32 = koffi.load('advapi32.dll');
  return {
    openProcess: kernel32.func('intptr_t __stdcall OpenProcess(uint32_t access, int inherit, uint32_t id)'),
    imageName: kernel32.func(
      'int __stdcall QueryFullProcessImageNameW(intptr_t program, uint32_t flags, void *path, _Inout_ uint32_t *length)',
    ),
    closeHandle: kernel32.func('int __stdcall CloseHandle(intptr_t handle)'),
    registryValue: advapi32.func(
      'int32_t __stdcall RegGetValueW(intptr_t root, str16 key, str16 name, uint32_t flags, void *type, _Out_ uint32_t *value, _Inout_ uint32_t *size)',
    ),
  };
}

let windowsMade = 0;

class NativeWindow implements ServingWindow {
  readonly handle: number;
  readonly #koffi: Koffi;
  readonly #calls: Calls;
  readonly #className: string;
  readonly #procedure: unknown;
  readonly #pump: NodeJS.Timeout;
  #isMade = false;

  constructor(koffi: Koffi, calls: Calls, take: (message: WindowMessage) => number | undefined) {
    this.#koffi = koffi;
    this.#calls = calls;
    this.#className = `jackfield-${process.pid}-${++windowsMade}`;
    this.#procedure = koffi.register(
      (window: unknown, message: unknown, wParam: unknown, lParam: unknown) =>
        // A window already gets messages while it is made, before it has a handle.
        (this.#isMade ? take(this.#read(Number(message), Number(wParam), lParam)) : undefined) ??
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
    if (this.handle === 0) throw new Error('Windows could not create a window');
    this.#isMade = true;
    this.#pump = setInterval(() => this.#fetch(), PUMP_MS);
  }

  broadcast(message: number, wParam: number, lParam = 0): void {
    this.post(BROADCAST, message, wParam, lParam);
  }

  post(to: number, message: number, wParam: number, lParam: number): void {
    this.#calls.postMessage(to, message, wParam, lParam);
  }

  sendData(to: number, data: Uint8Array): boolean {
    return Number(this.#calls.sendData(...this.#packet(to, data, SEND_TIMEOUT_MS), [0])) !== 0;
  }

  deliver(to: number, data: Uint8Array, timeoutMs: number): Promise<boolean> {
    const result = [0];
    return new Promise((resolve, reject) => {
      this.#calls.sendData.async(
        ...this.#packet(to, data, timeoutMs),
        result,
        (error: unknown, sent: unknown) => {
          if (error) reject(error);
          else resolve(Number(sent) !== 0 && Number(result[0]) !== 0);
        },
      );
    });
  }

  close(): void {
    if (!this.#calls.isWindow(this.handle)) return;
    clearInterval(this.#pump);
    this.#calls.destroyWindow(this.handle);
    this.#calls.unregisterClass(this.#className, 0);
    this.#koffi.unregister(this.#procedure);
  }

  /** Arguments of SendMessageTimeout, without the last one, which is its result. */
  #packet(to: number, data: Uint8Array, timeoutMs: number): unknown[] {
    const packet = { dwData: 0, cbData: data.length, lpData: data };
    return [to, WM_COPYDATA, this.handle, packet, SMTO_ABORTIFHUNG, timeoutMs];
  }

  #fetch(): void {
    const message = {};
    while (this.#calls.peekMessage(message, this.handle, 0, 0, PM_REMOVE))
      this.#calls.dispatchMessage(message);
  }

  #read(message: number, wParam: number, lParam: unknown): WindowMessage {
    if (message !== WM_COPYDATA) return { message, wParam, lParam: Number(lParam) };
    const { cbData, lpData } = this.#koffi.decode(BigInt(Number(lParam)), this.#calls.copyData) as CopyData;
    // Both values come from another program: with a length of 0, the pointer must not be read.
    const bytes = cbData === 0 || !lpData ? [] : this.#koffi.decode(lpData, 'uint8_t', cbData);
    return { message, wParam, lParam: 0, data: Uint8Array.from(bytes as Iterable<number>) };
  }
}
