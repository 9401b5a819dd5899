/** Addresses of endpoints of the exchange in this process: `exchange:HANDLE`. */
export const EMBEDDED = 'exchange:';
