/** Trace of what a bot does in its call, in words for transcripts. Secrets are masked in it. */
export class MaskedTrace {
  readonly #trace: (text: string) => void;
  readonly #secrets = new Set<string>();

  /** @param trace called with each action of the bot. */
  constructor(trace: (text: string) => void) {
    this.#trace = trace;
  }

  /** Masks a text from now on: each of its characters is shown as `*`. */
  keepSecret(text: string): void {
    if (text !== '') this.#secrets.add(text);
  }

  /** Tells an action of the bot. */
  tell(text: string): void {
    let masked = text;
    for (const secret of this.#secrets) masked = masked.replaceAll(secret, '*'.repeat(secret.length));
    this.#trace(masked);
  }
}
