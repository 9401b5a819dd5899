// Records a call in real time until it is killed: what it says is a ramp that tells each sample's place. Every 20
// ms it prints how many samples it has said, when, and whether that is being recorded. With a recipient it
// encrypts. Run by recording-kill.test.ts, on the built package.
import { attach, Exchange, MemoryTransport, PcmServer, recordCall } from '../../dist/index.js';

const [file, readClass, recipient] = process.argv.slice(2);
let said = 0;
let recording;
const soundCard = {
  capture(frame) {
    for (let i = 0; i < frame.length; i++) frame[i] = ((said + i) % 30_000) + 1;
    said += frame.length;
    process.stdout.write(`${said} ${performance.now()} ${recording ? 1 : 0}\n`);
  },
  play: () => undefined,
};
const exchange = await Exchange.start({ users: [{ handle: 'jack', soundCard }] });
const client = await attach(new MemoryTransport(exchange.endpoint()));
const call = await client.call('echo123');
recording = await recordCall(call, new PcmServer(), {
  file,
  input: false,
  readClass,
  ...(recipient && { encryptTo: [recipient] }),
  ...(!recipient && { outputs: ['flac'] }),
});
await recording.finished;
