/** Prefix of addresses in the exchange of this process: `exchange:HANDLE`. */
export const EMBEDDED = 'exchange:';
