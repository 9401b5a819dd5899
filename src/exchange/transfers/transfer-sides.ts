import { printable } from '../../base/printable.js';
import { IncomingFile } from './incoming-file.js';
import { OutgoingFile } from './outgoing-file.js';
import type { RunSides, TransferRun } from './transfer-run.js';
import type { TransferView } from './transfer-view.js';

/** The open files and the number of bytes that arrived before; or the side whose file cannot be opened. */
export type Opened =
  | { readonly isWhole: true }
  | { readonly sides: RunSides; readonly received: number }
  | { readonly failed: 'read' | 'write'; readonly error: unknown };

/** Opens the files of both sides. The received file is opened at its present end. */
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
      error: new Error(`${printable(source.path)} has changed its size since it was offered`),
    };
  } catch (error) {
    await source.close();
    return { failed: 'write', error };
  }
}

/** Stops a run and closes its files. @param discards true to remove the received data. */
export async function letGo(run: TransferRun, discards: boolean): Promise<void> {
  await run.stop();
  await closeSides(run.sides, discards);
}

/** Closes the files of both sides. @param discards true to remove the received data. */
export async function closeSides({ source, target }: RunSides, discards: boolean): Promise<void> {
  await Promise.all([source.close(), discards ? target.discard() : target.close()]);
}

/** Removes the received part of a file while nothing writes to it. */
export async function removeHalf(path: string): Promise<void> {
  await IncomingFile.resume(path, 0).then(
    (file) => file.discard(),
    () => undefined,
  );
}
