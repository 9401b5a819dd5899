import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/index.js';
import { Catalogue } from '../../../src/recording.js';

import { folder, onRecorderStage, recordedCall, start } from '../recorder/recorder-stage.js';

onRecorderStage();

describe('Catalogue', () => {
  it('keeps recordings under legal hold, and purges the oldest others', async () => {
    const on = await start({ template: '{call}' });
    const files: string[] = [];
    for (let n = 0; n < 3; n++) files.push((await recordedCall(on)).file);
    using catalogue = Catalogue.open(folder);
    const [first, second, third] = catalogue.search();
    if (!first || !second || !third) throw new Error('three recordings were made');
    expect(await catalogue.hold(first.id, 'case 7')).toBe(1);
    const rules = { maxBytes: third.bytes + second.bytes };
    expect(catalogue.purgeable(rules).map(({ file }) => file)).toEqual([second.file]);
    expect(
      catalogue.purgeable({ maxAgeDays: 1 }, new VirtualClock(Date.now() + 3 * 86_400_000)),
    ).toHaveLength(2);
    await expect(catalogue.remove(first)).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    await catalogue.remove(second);
    expect(files.map((file) => existsSync(file))).toEqual([true, false, true]);
    expect(existsSync(files[1]?.replace(/wav$/, 'manifest.json') ?? '')).toBe(false);
    await catalogue.hold(first.id, undefined);
    await catalogue.remove(first);
    expect(catalogue.search().map(({ file }) => file)).toEqual([third.file]);
    expect(await catalogue.rebuild()).toEqual({ recordings: 1, failed: new Map() });
  });
});
