// Publishes and masks what lies in a recorder's folder, on the built package, and is killed at a step. Run by
// after-calls-kill.proof.test.ts.
import '../kill-steps.mjs';

const [folder, , optionsJson] = process.argv.slice(2);
const { Recorder } = await import('../../../dist/recording.js');
const recorder = await Recorder.open({ folder, ...JSON.parse(optionsJson) });
const failed = [];
recorder.on('undone', (_file, error) => failed.push(error));
await recorder.close();
if (failed.length > 0) throw failed[0];
process.exit();
