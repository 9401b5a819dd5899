// A program as somebody writes it with a library for the services: it logs in, looks round, writes and listens. The
// library is as it is, but for the page where one gives a password, which is another's. Each line of the output is JSON.

const [token] = process.argv.slice(2);
const tell = (what, value) => process.stdout.write(`${JSON.stringify({ what, value })}\n`);
// The library prints answers.
console.log = () => {};

require('skype-http/providers/microsoft-account').login = async () => ({
  value: token,
  expirationDate: new Date(Date.now() + 3_600_000),
});
const { connect } = require('skype-http');

async function main() {
  const api = await connect({ credentials: { username: 'jack', password: 'of no use' } });
  tell('username', api.context.username);
  tell(
    'contacts',
    (await api.getContacts()).map(({ mri, displayName, profile }) => [mri, displayName, profile]),
  );
  tell('contact', (await api.getContact('anna')).name);
  tell(
    'invites',
    (await api.getContactInvites()).map(({ mri, invites: [{ message }] }) => [mri, message]),
  );
  await api.acceptContactRequest('bob');
  await api.declineContactRequest('carol');
  tell('invites', await api.getContactInvites());
  await api.setStatus('Busy');
  const sent = await api.sendMessage({ textContent: 'tea & <b>cake</b>?' }, '8:anna');
  tell('sent', sent.MessageId);
  tell('conversation', (await api.getConversation('8:anna')).lastMessage.content);
  const heard = new Set();
  const over = new Promise((resolve) => {
    api.on('event', ({ resource: { type, content, from, event_type: state, participants } }) => {
      tell('event', { type, content, from: from.username, state, participants });
      if (from.username !== 'jack') heard.add(state ?? type);
      if (['RichText', 'Text', 'started', 'ended'].every((each) => heard.has(each))) resolve();
    });
  });
  api.on('error', (error) => tell('error', String(error.stack)));
  await api.listen();
  tell('listening');
  await over;
  await api.stopListening();
  const thread = await api.createConversation({ admins: ['8:jack'], users: ['8:anna'] });
  await api.setConversationTopic(thread, 'Lunch');
  // The library takes these two the other way round.
  await api.addMemberToConversation('8:bob', thread);
  const { threadProperties, members } = await api.getConversation(thread);
  tell('thread', [threadProperties.topic, members]);
  tell(
    'conversations',
    (await api.getConversations()).map(({ id }) => id.replace(/:[0-9a-f]+@/, ':x@')),
  );
}

main().then(
  () => process.exit(0),
  (error) => {
    tell('error', String(error.stack));
    process.exit(1);
  },
);
