import type { RtpAddress, RtpPorts } from '../rtp/rtp-transport.js';
import type { DatagramBatch } from './datagram-batch.js';

/**
 * Longest time for which a datagram waits for others, in ms. Packets of a socket are handled together, in half the time
 * that they take one by one.
 */
export const BATCH_MS = 100;

/** Setup of a socket thread. */
export interface SocketSetup {
  /** Clock of the thread that uses the datagrams, less the monotonic clock that all threads share, in ms. */
  readonly clockMs: number;
}

/** Pair of sockets in a socket thread. */
export interface OpenedPair {
  /** Number of the socket of RTP. That of RTCP has the next one. */
  readonly socket: number;
  readonly port: number;
  readonly rtcpPort: number;
}

/** Operations of a socket thread. */
export type SocketOperations = {
  open(params: { readonly address: string; readonly ports: RtpPorts | undefined }): OpenedPair;
  send(params: { readonly socket: number; readonly bytes: Uint8Array; readonly to: RtpAddress }): void;
  /** Says that batches of so many bytes were read. */
  read(params: { readonly bytes: number }): void;
  /** Has all that has arrived at a pair sent before the answer. */
  drain(params: { readonly socket: number }): void;
  close(params: { readonly socket: number }): void;
};

/** Operations of the thread that uses the datagrams. */
export type DatagramOperations = {
  arrived(params: DatagramBatch): void;
  /** Says that datagrams were dropped, because too many were waiting to be read. */
  dropped(params: { readonly datagrams: number }): void;
};
