/** The package ships no types of its own. */
declare module '@echogarden/fvad-wasm' {
  export interface FvadModule {
    readonly HEAP16: Int16Array;
    _malloc(bytes: number): number;
    _free(address: number): void;
    /** A handle, 0 when there is no memory. */
    _fvad_new(): number;
    _fvad_free(handle: number): void;
    _fvad_set_sample_rate(handle: number, sampleRate: number): number;
    _fvad_set_mode(handle: number, mode: number): number;
    /** 1 for speech, 0 for none, -1 for a frame of the wrong length. */
    _fvad_process(handle: number, frame: number, length: number): number;
  }
  export default function fvad(): Promise<FvadModule>;
}
