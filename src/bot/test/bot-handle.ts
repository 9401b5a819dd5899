/** The bot's own handle in a test. */
export const BOT_HANDLE = 'the.bot';
