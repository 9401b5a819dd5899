import { Command, Option } from 'commander';
import { between } from '../options.js';
import { withForce } from '../outputs.js';
import { CHAT_LISTS, followChats, listChats, readChat, writeToChat } from './chat-actions.js';
import { CHAT_FORMATS, exportChat } from './chat-export.js';
import { onEndpoint } from './people-options.js';

const CHAT = 'id of a chat, or the handle of a person';

/** `jackfield chat`: reads, writes, follows and exports chats. */
export function chatCommand(): Command {
  const chat = new Command('chat');
  onEndpoint(chat, 'list')
    .description('List chats: id, time of the last activity, members, name.')
    .addOption(new Option('--only <which>', 'which chats to list').choices(CHAT_LISTS).default('all'))
    .action(listChats);
  onEndpoint(chat, 'read')
    .description('Print the last messages of a chat, the newest at the end.')
    .argument('<chat>', CHAT)
    .option('--last <count>', 'messages to print, 1 to 1000000', between(1, 1_000_000), 20)
    .option('--seen', 'mark unread messages as read')
    .action(readChat);
  onEndpoint(chat, 'send')
    .description('Send a message and wait until it is sent. Give several lines on standard input.')
    .argument('<to>', CHAT)
    .argument('[words...]', 'the text; default: standard input')
    .option('--no-wait', 'do not wait: the endpoint sends the message once the recipient is online')
    .option('--timeout <seconds>', 'longest wait for the delivery, 1 to 86400', between(1, 86_400), 30)
    .action(writeToChat);
  onEndpoint(chat, 'follow')
    .description('Print every message as it arrives, until stopped.')
    .argument('[chat]', `${CHAT}; default: all chats`)
    .action(followChats);
  withForce(onEndpoint(chat, 'export'))
    .description('Write all messages of a chat to a file, the oldest first.')
    .argument('<chat>', CHAT)
    .argument('<file>', 'the file to write')
    .addOption(new Option('--format <format>', 'format of the file').choices(CHAT_FORMATS).default('json'))
    .action(exportChat);
  return chat;
}
