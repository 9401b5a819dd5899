// The code of bank.yaml: who has which PIN, and how much. A bank asks its own systems here.
const ACCOUNTS = new Map([['4711', { pin: '8642', balance: 1203.5 }]]);

export function checkPin({ variables }) {
  const account = ACCOUNTS.get(variables.get('account') ?? '');
  if (!account || account.pin !== variables.get('pin')) return undefined;
  variables.set('balance', String(account.balance));
  return 'right';
}
