// A part for the test of the torture driver: at its third step a file lies there that everybody may read.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modeFaults, treeOf } from '../../../scripts/torture/invariants.mjs';
import { openYard } from '../../../scripts/torture/lab.mjs';

export const part = {
  name: 'planted',
  open: async ({ count }) => ({
    close: async () => {},
    step: async (random, step) => {
      const yard = await openYard();
      count('files');
      await writeFile(join(yard.inside, `${random.between(0, 1e9)}.wav`), '', {
        mode: step === 3 ? 0o644 : 0o600,
      });
      const faults = modeFaults(await treeOf(yard.inside));
      await yard.remove();
      return faults;
    },
  }),
};
