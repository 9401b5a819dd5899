import { deferred } from '../base/deferred.js';
import { waitFor } from '../base/wait.js';
import type { Voicemail } from '../control/call/voicemail.js';
import type { Client } from '../control/client/client.js';

/**
 * Finds the OUTGOING voicemail of a voicemail call. The endpoint reports it only by notifications, before or after the
 * reply to the command, so the watch starts before the command is sent.
 */
export class MessageWatch implements Disposable {
  readonly #client: Client;
  readonly #partner: string;
  readonly #look: (voicemail: Voicemail) => void;
  readonly #found = deferred<Voicemail>();

  constructor(client: Client, partner: string) {
    this.#client = client;
    this.#partner = partner.toLowerCase();
    this.#look = (voicemail) => void this.#examine(voicemail);
    client.on('voicemail', this.#look);
  }

  /** @throws ERR_ABORTED */
  message({ signal }: { readonly signal: AbortSignal }): Promise<Voicemail> {
    return waitFor({
      what: `a voicemail for ${this.#partner}`,
      signal,
      begin: (resolve) => void this.#found.promise.then(resolve),
    });
  }

  [Symbol.dispose](): void {
    this.#client.off('voicemail', this.#look);
  }

  async #examine(voicemail: Voicemail): Promise<void> {
    try {
      const { TYPE, PARTNER_HANDLE } = await voicemail.fetch(['TYPE', 'PARTNER_HANDLE']);
      if (TYPE === 'OUTGOING' && PARTNER_HANDLE?.toLowerCase() === this.#partner)
        this.#found.resolve(voicemail);
    } catch {
      // The voicemail or the link is lost: the waiting command fails as well.
    }
  }
}
