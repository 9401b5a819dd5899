import { UnavailableError } from '../../../src/control/transport/link-errors.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { describeTransport } from './compliance.js';
import { TestEndpoint } from './test-endpoint.js';

class MemoryTestEndpoint extends TestEndpoint {
  #client: { deliver(line: string): void; closed(): void } | undefined;
  readonly transport = new MemoryTransport({
    connect: (client) => {
      this.#client = client;
      return { receive: (line) => this.hear(line), disconnect: () => undefined };
    },
  });

  say(line: string): void {
    this.#client?.deliver(line);
  }

  async stop(): Promise<void> {
    this.#client?.closed();
  }
}

describeTransport('memory', {
  start: async () => new MemoryTestEndpoint(),
  absent: async () =>
    new MemoryTransport({
      connect: () => {
        throw new UnavailableError('memory', 'it is shut', 'open it');
      },
    }),
});
