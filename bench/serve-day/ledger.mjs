// What the feed of a service tells of its calls, and how it differs from what was done.
import { verifyRecording } from '../../dist/index.js';

/** A recording and its call may differ by this much, in ms: streams are connected at the ticks of the voice. */
const LENGTH_MS = 100;

/** Everything that the feed tells of each call. */
export class Ledger {
  recordings = [];
  messages = 0;
  #calls = new Map();
  #faults = [];

  /** Takes an event of the feed. */
  take(event) {
    if (event.type === 'dropped') this.#faults.push(`${event.events} events were dropped`);
    if (event.type === 'failure') this.#faults.push(`${event.where}: ${event.reason}`);
    if (event.type === 'message') this.messages++;
    const isPublished = event.type === 'recording' && event.what === 'published';
    if (isPublished) this.recordings.push(event);
    if (event.call === undefined) return;
    const key = `${event.account} ${event.call}`;
    const call = this.#calls.get(key) ?? { account: event.account, bots: [], published: [] };
    this.#calls.set(key, call);
    if (event.type === 'call') call.partner = event.partner;
    if (event.type === 'decision') call.decided = event.answer;
    if (event.type === 'bot' && event.what === 'talking') call.bots.push(event.bot);
    if (isPublished) call.published.push(event);
  }

  /**
   * Differences, in words, between what was told and the calls that were placed. Of one caller to one endpoint the calls are
   * told in the order in which they were placed.
   */
  faults(placed) {
    const heard = new Map();
    for (const call of this.#calls.values()) {
      const pair = `${call.partner} to ${call.account}`;
      heard.set(pair, [...(heard.get(pair) ?? []), call]);
    }
    const found = placed.flatMap((fact, index) => {
      const pair = `${fact.handle} to ${fact.endpoint}`;
      const call = heard.get(pair)?.shift();
      const faults = call ? differences(fact, call) : ['the service did not hear of it'];
      return faults.map((fault) => `call ${index + 1}, ${pair} (${fact.plan}): ${fault}`);
    });
    const more = [...heard].filter(([, rest]) => rest.length > 0);
    return [
      ...this.#faults,
      ...found,
      ...more.map(([pair, rest]) => `${pair}: ${rest.length} calls too many`),
    ];
  }

  /** Recordings that are not as their manifests say. */
  async unverified() {
    const faults = [];
    for (const { file } of this.recordings) {
      const { ok, findings } = await verifyRecording(file);
      if (!ok) faults.push(`${file}: ${findings.map(({ text }) => text)}`);
    }
    return faults;
  }
}

function differences({ answer, by, talkedMs }, { decided, bots, published }) {
  const talked = by === 'person' || by === undefined ? '' : by;
  const wanted = by === undefined ? 0 : 1;
  return [
    ...(decided === answer ? [] : [`${decided} was to answer, not ${answer}`]),
    ...(bots.join() === talked ? [] : [`${bots} talked, not ${talked}`]),
    ...(published.length === wanted ? [] : [`${published.length} recordings, not ${wanted}`]),
    ...published.flatMap(({ complete, durationMs }) => [
      ...(complete ? [] : ['the recording misses something']),
      ...(Math.abs(durationMs - talkedMs) < LENGTH_MS ? [] : [`${durationMs} ms of ${talkedMs} ms`]),
    ]),
  ];
}
