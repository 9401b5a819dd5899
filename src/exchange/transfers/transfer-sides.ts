import { printable } from '../../base/printable.js';
import { IncomingFile } from './incoming-file.js';
import { OutgoingFile } from './outgoing-file.js';
import type { RunSides, TransferRun } from './transfer-run.js';
import type { TransferView } from './transfer-view.js';

/** The open files, and how much of the file has arrived before; or the side on which one cannot be opened. */
export type Opened =
  | { readonly isWhole: true }
  | { readonly sides: RunSides; readonly received: number }
  | { readonly failed: 'read' | 'write'; readonly error: unknown };

/** Opens the files of both sides, the one to be received at the place that it has come to. */
export async function openSides(sender: TransferView, receiver: TransferView): Promise<Opened> {
  let source: OutgoingFile;
  try {
    source = await OutgoingFile.open(sender.owner.settings.transferFolder ?? '', sender.path);
  } catch (error) {
    return { failed: 'read', error };
  }
  try {
    if (await IncomingFile.isWhole(receiver.path, sender.size)) {
      await source.close();
      return { isWhole: true };
    }
    const received = Math.min(await IncomingFile.received(receiver.path), sender.size);
    const target = await IncomingFile.resume(receiver.path, received);
    if (source.size === sender.size) return { sides: { sender, receiver, source, target }, received };
    await Promise.all([source.close(), target.close()]);
    return {
      failed: 'read',
      error: new Error(`${printable(source.path)} has another size than when it was offered`),
    };
  } catch (error) {
    await source.close();
    return { failed: 'write', error };
  }
}

/** Stops a run and closes its files. @param discards True to remove what has arrived. */
export async function letGo(run: TransferRun, discards: boolean): Promise<void> {
  const { source, target } = run.sides;
  await run.stop();
  await Promise.all([source.close(), discards ? target.discard() : target.close()]);
}

/** Removes what has arrived of a file that does not move. */
export async function removeHalf(path: string): Promise<void> {
  await IncomingFile.resume(path, 0).then(
    (file) => file.discard(),
    () => undefined,
  );
}
