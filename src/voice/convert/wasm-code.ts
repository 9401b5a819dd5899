/** The part of the global WebAssembly that is used here. Node's own types have it only together with the DOM's. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;

/** A WebAssembly module that is compiled once, on first use. */
export class WasmCode {
  readonly #base64: string;
  #module: object | undefined;

  constructor(base64: string) {
    this.#base64 = base64;
  }

  /** Gives the exports of a new instance. */
  instantiate(imports: Readonly<Record<string, object>> = {}): unknown {
    this.#module ??= new Module(Buffer.from(this.#base64, 'base64'));
    return new Instance(this.#module, imports).exports;
  }
}
