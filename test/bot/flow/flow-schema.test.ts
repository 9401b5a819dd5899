import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { flowJsonSchema } from '../../../src/bot/flow/flow-schema.js';

it('has its schema beside the documentation, for editors', () => {
  const shipped = readFileSync(new URL('../../../docs/flow.schema.json', import.meta.url), 'utf8');
  expect(JSON.parse(shipped)).toEqual(JSON.parse(JSON.stringify(flowJsonSchema())));
});
