// What the feed of a service tells of its calls, and how it differs from what was done.
import { verifyRecording } from '../../dist/index.js';

/** A recording and its call may differ by this much, in ms: streams are connected at the ticks of the voice. */
const LENGTH_MS = 100;

/** Everything that the feed tells of each call. */
export class Ledger {
  recordings = 0;
  messages = 0;
  #calls = new Map();
  #faults = [];

  /** Takes an event of the feed. */
  take(event) {
    if (event.type === 'dropped') this.#faults.push(`${event.events} events were dropped`);
    if (event.type === 'failure') this.#faults.push(`${event.where}: ${event.reason}`);
    if (event.type === 'message') this.messages++;
    const isPublished = event.type === 'recording' && event.what === 'published';
    if (isPublished) this.recordings++;
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
   * Forgets the calls until now. Resolves to the differences, in words, between what was told of them and the calls that were
   * placed, and to what is wrong with their recordings. Of one caller to one endpoint the calls are told in the order in which
   * they were placed.
   */
  async settle(placed) {
    const faults = this.#faults.splice(0);
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const [index, fact] of placed.entries()) {
      const at = calls.findIndex(
        ({ partner, account }) => partner === fact.handle && account === fact.endpoint,
      );
      const [call] = at < 0 ? [] : calls.splice(at, 1);
      const found = call
        ? [...differences(fact, call), ...(await unverified(call))]
        : ['the service did not hear of it'];
      faults.push(
        ...found.map(
          (fault) => `call ${index + 1}, ${fact.handle} to ${fact.endpoint} (${fact.plan}): ${fault}`,
        ),
      );
    }
    return [...faults, ...calls.map(({ partner, account }) => `a call of ${partner} to ${account} too many`)];
  }
}

/** Recordings of a call that are not as their manifests say. */
async function unverified({ published }) {
  const faults = [];
  for (const { file } of published) {
    const { ok, findings } = await verifyRecording(file);
    if (!ok) faults.push(`${file}: ${findings.map(({ text }) => text)}`);
  }
  return faults;
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
