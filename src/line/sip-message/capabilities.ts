/** Methods that an endpoint accepts. */
export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY';
/** Extensions that it supports: RFC 3262, 4028, 3891, 4488. */
export const SUPPORTED = '100rel, timer, replaces, norefersub';
