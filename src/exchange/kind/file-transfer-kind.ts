import { kindOf } from '../object/object-kind.js';
import type { TransferView } from '../transfers/transfer-view.js';

/**
 * The FILETRANSFER object (reference, "FILETRANSFER object"). Commands can only read it; transfers are controlled at
 * the desk.
 */
export const fileTransferKind = kindOf<'FILETRANSFER', TransferView>({
  object: 'FILETRANSFER',
  find: ({ services, user }, id) => services.transfers.objects.of(user, id),
  value: ({ object }, property) => object.get(property),
  defaults: { FAILUREREASON: '', FILEPATH: '', FINISHTIME: '0', BYTESPERSECOND: '0', BYTESTRANSFERRED: '0' },
  search: {
    FILETRANSFERS: ({ services, user }) => services.transfers.objects.listOf(user).map(({ id }) => id),
    ACTIVEFILETRANSFERS: ({ services, user }) =>
      services.transfers.objects.listOf(user).flatMap(({ id, isActive }) => (isActive ? [id] : [])),
  },
});
