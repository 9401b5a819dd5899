import { Command } from 'commander';
import type { FileTransfer } from '../../control.js';
import { onEndpoint, type PeopleOptions } from './people-options.js';
import { type Printing, printChanges, printFound } from './print-objects.js';

/** `jackfield files`: file transfers between people. */
export function filesCommand(): Command {
  const files = new Command('files');
  onEndpoint(files, 'list')
    .description('List transfers: id, direction, other party, status, bytes, name.')
    .option('--active', 'list only transfers in progress')
    .action(listFiles);
  onEndpoint(files, 'watch')
    .description(
      'Print the progress of transfers until stopped. People start and accept transfers in their windows.',
    )
    .action(watchFiles);
  return files;
}

const listFiles = (options: PeopleOptions & { readonly active?: boolean }): Promise<void> =>
  printFound(
    options,
    TRANSFERS,
    ({ transfers }) => transfers.search(options.active ? 'ACTIVEFILETRANSFERS' : 'FILETRANSFERS'),
    'No transfers found.',
  );

const watchFiles = (options: PeopleOptions): Promise<void> =>
  printChanges<FileTransfer, Facts>(
    options,
    TRANSFERS,
    ({ transfers }, changed) =>
      transfers.on('property', (transfer, name, value) => {
        if (name === 'STATUS')
          changed(transfer, { status: value, ...(value !== 'FAILED' && { reason: '' }) });
        if (name === 'BYTESTRANSFERRED') changed(transfer, { transferred: Number(value) });
      }),
    'Watching file transfers',
  );

/** Facts of a transfer for `--json`. */
async function factsOf(transfer: FileTransfer) {
  const [type, partner, status, name, path, size, transferred, bytesPerSecond] = await Promise.all([
    transfer.text('TYPE'),
    transfer.text('PARTNER_HANDLE'),
    transfer.text('STATUS'),
    transfer.text('FILENAME'),
    transfer.text('FILEPATH'),
    transfer.get('FILESIZE'),
    transfer.get('BYTESTRANSFERRED'),
    transfer.get('BYTESPERSECOND'),
  ]);
  const reason = status === 'FAILED' ? await transfer.text('FAILUREREASON') : '';
  return { id: transfer.id, type, partner, status, reason, name, path, size, transferred, bytesPerSecond };
}

type Facts = Awaited<ReturnType<typeof factsOf>>;

function lineOf(facts: Facts): string {
  const { id, type, partner, status, reason, name, size, transferred, bytesPerSecond } = facts;
  const way = type === 'INCOMING' ? `from ${partner}` : `to ${partner}`;
  const speed = bytesPerSecond > 0 ? `  ${bytesPerSecond} bytes/s` : '';
  return `${id}  ${way}  ${status}${reason && ` ${reason}`}  ${transferred} of ${size} bytes${speed}  ${name}`;
}

const TRANSFERS: Printing<FileTransfer, Facts> = { program: 'jackfield files', facts: factsOf, line: lineOf };
