/** Methods that an endpoint takes. */
export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY';
/** Extensions that it knows: RFC 3262, 4028, 3891, 4488. */
export const SUPPORTED = '100rel, timer, replaces, norefersub';
