// Masks the recordings of a folder, on the built package, and is killed at a step. Run by masking-kill.proof.test.ts.
import '../kill-steps.mjs';

const [folder] = process.argv.slice(2);
const { Catalogue, maskRecordings } = await import('../../../dist/recording.js');
const catalogue = Catalogue.open(folder);
const failed = [];
await maskRecordings(catalogue, { onRecording: (_, __, error) => error && failed.push(error) });
catalogue.close();
if (failed.length > 0) throw failed[0];
process.exit();
