import { entryOf } from '../../base/entry-of.js';
import { JackfieldError, messageOf } from '../../base/errors.js';

const UNTRUSTED =
  'Its certificate is not signed by a trusted authority: give the CA certificate as "ca" (--agent-ca or --fork-ca of a command, caFile of a configuration), or its file in NODE_EXTRA_CA_CERTS.';
const NO_TLS = 'The port does not use TLS: use another port, or an address without TLS where that is safe.';

/** Advice by the code of the error. */
const ADVICE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID: 'Use a host name that is in its certificate.',
  CERT_HAS_EXPIRED: 'Its certificate has expired, or the clock of this machine is wrong.',
  CERT_NOT_YET_VALID:
    'Its certificate is not valid yet: the clock of this machine, or of the machine that issued it, is wrong.',
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  EPROTO: NO_TLS,
  ECONNREFUSED: 'No program listens on this port.',
  ENOTFOUND: 'No machine has this name.',
};

/** Makes the error for a failed connection to `where`, with advice. */
export function notConnected(where: string, cause: Error): JackfieldError {
  const advice = 'code' in cause ? entryOf(ADVICE, String(cause.code)) : undefined;
  const why = messageOf(cause).replace(/\.$/, '');
  return new JackfieldError(
    'ERR_PEER',
    `Cannot connect to ${where}: ${why}${advice === undefined ? '' : `. ${advice}`}`,
    { cause },
  );
}

/** Returns the protocol and host of an address. The rest may hold secrets: tokens are in paths and queries. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? `${new URL(url).protocol}//${new URL(url).host}` : 'an address';
}
