// Publishes what lies in a recorder's folder, on the built package, and is killed at a step. Run by
// publication-kill.proof.test.ts.
import '../kill-steps.mjs';

const [folder, , optionsJson] = process.argv.slice(2);
const { attach, MemoryTransport } = await import('../../../dist/control.js');
const { Exchange } = await import('../../../dist/exchange.js');
const { PcmServer } = await import('../../../dist/pcm.js');
const { Recorder } = await import('../../../dist/recording.js');
const exchange = await Exchange.start();
const client = await attach(new MemoryTransport(exchange.endpoint()));
const recorder = await Recorder.start(client, new PcmServer(), { folder, ...JSON.parse(optionsJson) });
await recorder.close();
process.exit();
