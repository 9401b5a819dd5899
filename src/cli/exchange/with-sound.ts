import { deviceCard, type ExchangeOptions } from '../../exchange.js';

/** Gives a user of an exchange this machine's microphone and loudspeaker. @param handle Default: the first. */
export function withSound<T extends Pick<ExchangeOptions, 'users'>>(
  options: T,
  isWanted: boolean,
  handle?: string,
): T {
  if (!isWanted) return options;
  const [first] = options.users ?? [];
  const who = (handle ?? first?.handle ?? '').toLowerCase();
  const users = options.users?.map((user) =>
    user.handle.toLowerCase() === who ? { ...user, soundCard: deviceCard() } : user,
  );
  return { ...options, ...(users && { users }) };
}
