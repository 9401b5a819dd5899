import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { runTool } from '../../../src/voice/process/run-tool.js';
import { ToolProcess } from '../../../src/voice/process/tool-process.js';
import { until } from '../../turns.js';

/** Lets a program wait until it is told to go on: until the connection that it makes is ended. */
async function tellable() {
  const server = createServer().listen(0, '127.0.0.1');
  const connected = once(server, 'connection') as Promise<[Socket]>;
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    tell: async () => void (await connected)[0].end(),
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

const node = (script: string) => ({ tool: process.execPath, args: ['-e', script] });

describe('runTool', () => {
  it('returns the output of a program for its input and environment', async () => {
    const script = 'process.stdin.pipe(process.stdout); process.stdout.write(process.env.GREETING)';
    const output = await runTool({ ...node(script), input: ' world', env: { GREETING: 'hello' } });
    expect(output.toString()).toBe('hello world');
  });

  it('succeeds when the program does not read its input', async () => {
    const input = 'x'.repeat(1 << 20);
    expect((await runTool({ ...node('console.log(1); process.exit()'), input })).toString()).toBe('1\n');
  });

  it('reports failures in the words of the program', async () => {
    await expect(runTool(node('console.error("no luck"); process.exit(3)'))).rejects.toMatchObject({
      code: 'ERR_TOOL',
      message: `${process.execPath} failed (exit code 3): no luck`,
    });
    const missing = { tool: 'no-such-tool', args: [], install: 'Get one.' };
    await expect(runTool(missing)).rejects.toMatchObject({
      code: 'ERR_TOOL',
      message: 'Cannot run no-such-tool: It is not installed, or not on the PATH. Get one.',
    });
  });

  it('ends a program that writes too much or is cancelled', async () => {
    const endless = node('(function more() { process.stdout.write("x".repeat(1000), more); })()');
    await expect(runTool({ ...endless, maxBytes: 5000 })).rejects.toThrow('more than 5000 bytes');
    const abort = new AbortController();
    const running = runTool({ ...endless, signal: abort.signal });
    abort.abort();
    await expect(running).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });
});

describe('ToolProcess', () => {
  it('does not use the memory of a chunk after its write', async () => {
    // It reads only when it is told to, so that what it is given has to wait.
    await using told = await tellable();
    const script = `net.connect(${told.port}).once('end', () => process.stdin.pipe(process.stdout)).resume()`;
    const cat = await ToolProcess.start(process.execPath, ['-e', script], {});
    let written = 0;
    const chunk = new Uint8Array(10_000);
    const writing = (async () => {
      for (let i = 0; i < 200; i++) {
        written++;
        await cat.write(chunk.fill(i));
        chunk.fill(255);
      }
      cat.endInput();
    })();
    // More than the 64 KiB that a pipe holds.
    await until(() => written >= 7);
    await told.tell();
    let at = 0;
    for await (const bytes of cat.output()) {
      for (const byte of bytes) if (byte !== Math.floor(at++ / 10_000)) throw new Error(`Wrong at ${at}.`);
    }
    await writing;
    await cat.exit();
    expect(at).toBe(2_000_000);
  });

  it('kills a program that does not end when it is asked to', async () => {
    const script = 'process.on("SIGTERM", () => {}); net.createServer().listen(0); console.log("ready")';
    const stubborn = await ToolProcess.start(process.execPath, ['-e', script], {});
    for await (const _ of stubborn.output()) break;
    await stubborn.stop();
    await expect(stubborn.write(new Uint8Array(1))).rejects.toMatchObject({ code: 'ERR_TOOL' });
  });
});
