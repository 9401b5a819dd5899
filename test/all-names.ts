/** Every public name of the package, of whichever entry point. */
export * from '../src/analysis.js';
export * from '../src/bot.js';
export * from '../src/control.js';
export * from '../src/exchange.js';
export * from '../src/feed.js';
export * from '../src/line.js';
export * from '../src/pcm.js';
export * from '../src/protocol.js';
export * from '../src/recording.js';
export * from '../src/service.js';
export * from '../src/voice.js';
export * from '../src/voicemail.js';
