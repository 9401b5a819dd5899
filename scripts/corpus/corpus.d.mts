/** Stretch of a leg, in samples. */
export interface TrueSpan {
  readonly from: number;
  readonly to: number;
}

/** What is so in a call that was made. */
export interface Truth {
  readonly speech: readonly (readonly TrueSpan[])[];
  readonly events: readonly { readonly kind: string; readonly leg: 0 | 1; readonly at: number }[];
  readonly said: readonly (TrueSpan & { readonly leg: 0 | 1; readonly text: string })[];
  readonly tones: readonly (TrueSpan & { readonly leg: 0 | 1; readonly kind: string })[];
  readonly keys: readonly (TrueSpan & { readonly leg: 0 | 1; readonly digit: string })[];
  readonly music: readonly (TrueSpan & { readonly leg: 0 | 1 })[];
  readonly lost: readonly (readonly TrueSpan[])[];
  readonly noiseDbfs: number;
}

export interface CallPlan {
  readonly name: string;
  readonly seed: number;
  readonly seconds: number;
  readonly noise: string;
  readonly snrDb: number;
  readonly lossPart: number;
  readonly ringBack: boolean;
  readonly music: boolean;
  readonly keys: boolean;
  readonly beep: boolean;
  readonly fax: boolean;
  readonly echo: boolean;
  readonly law: 'mulaw' | undefined;
}

export interface MadeCall extends CallPlan {
  readonly sampleRate: number;
  readonly legs: readonly [Int16Array, Int16Array];
  readonly truth: Truth;
}

export const RATE: number;
export const LEVELS: readonly number[];
export function plan(
  seed: number,
  options?: { readonly calls?: number; readonly seconds?: number },
): readonly CallPlan[];
export function makeCall(
  options: CallPlan,
  load?: { readonly voices?: number; readonly sentences?: number },
): Promise<MadeCall>;
