// Parses and serialises every transcript line of the reference, side by side with JSON.parse and JSON.stringify of
// the same messages, in one process: pairs of short rounds, medians of their ratios.
//
//   npm run bench:protocol
import { readFileSync } from 'node:fs';
import { parseCommand, parseReply, serialize } from '../dist/protocol.js';

const ROUNDS = 60;
const ROUND_MS = 25;

const fixture = new URL('../test/protocol/fixtures/transcripts.json', import.meta.url);
const { lines } = JSON.parse(readFileSync(fixture, 'utf8'));
const commands = lines.filter(({ from }) => from === 'client').map(({ line }) => line);
const replies = lines.filter(({ from }) => from === 'endpoint').map(({ line }) => line);
const messages = [...commands.map(parseCommand), ...replies.map(parseReply)];
const texts = messages.map((message) => JSON.stringify(message));

let sink = 0;
const parse = measured(() => {
  for (const line of commands) sink += parseCommand(line).kind.length;
  for (const line of replies) sink += parseReply(line).kind.length;
});
const jsonParse = measured(() => {
  for (const text of texts) sink += JSON.parse(text).kind.length;
});
const write = measured(() => {
  for (const message of messages) sink += serialize(message).length;
});
const jsonStringify = measured(() => {
  for (const message of messages) sink += JSON.stringify(message).length;
});

compare('parse', parse, 'JSON.parse', jsonParse);
compare('serialize', write, 'JSON.stringify', jsonStringify);
if (sink === 0) throw new Error('Nothing was measured.');

/** A function that runs `pass` for about `ROUND_MS` and returns messages per second. */
function measured(pass) {
  return () => {
    const start = performance.now();
    let passes = 0;
    let elapsed = 0;
    do {
      pass();
      passes++;
      elapsed = performance.now() - start;
    } while (elapsed < ROUND_MS);
    return (passes * messages.length * 1000) / elapsed;
  };
}

function compare(name, ours, otherName, other) {
  for (let i = 0; i < 10; i++) ours() && other();
  const rounds = Array.from({ length: ROUNDS }, (_, i) => {
    // Which one goes first changes, so that neither always finds a warm cache.
    const first = i % 2 === 0 ? ours() : other();
    const second = i % 2 === 0 ? other() : ours();
    return i % 2 === 0 ? { ours: first, other: second } : { ours: second, other: first };
  });
  const ratio = median(rounds.map((round) => round.ours / round.other));
  const million = (rate) => (rate / 1e6).toFixed(2).padStart(6);
  process.stdout.write(
    `${name.padEnd(10)} ${million(median(rounds.map((round) => round.ours)))} M messages/s   ` +
      `${otherName.padEnd(15)} ${million(median(rounds.map((round) => round.other)))} M messages/s   ` +
      `ratio ${ratio.toFixed(2)}\n`,
  );
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
