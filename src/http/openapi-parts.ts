import { z } from 'zod';
import { ERROR_STATUSES } from './http-refusal.js';

/** A part of an OpenAPI document. */
export type Json = Readonly<Record<string, unknown>>;

/** An error as it appears in the body of an error response. */
export const errorSchema = z.strictObject({
  code: z.string().describe('Error code of the documentation, such as ERR_INVALID_ARG.'),
  message: z.string().describe('What was received, or what went wrong.'),
  expected: z.string().describe('What was expected.'),
});

/** A response with a JSON body. */
export function jsonAnswer(description: string, schema: Json): Json {
  return { description, content: { 'application/json': { schema } } };
}

/** Responses to refused requests. Their schema is {@link refusalSchemas}. */
export const REFUSALS: Json = Object.fromEntries(
  ERROR_STATUSES.map((status) => [status, jsonAnswer('Refused.', { $ref: '#/components/schemas/Error' })]),
);

/** The component to which {@link REFUSALS} refer. */
export function refusalSchemas(): Json {
  return { Error: schemaOf(z.strictObject({ error: errorSchema })) };
}

/** A request body. */
export function bodyOf(schema: z.ZodType, type = 'application/json'): Json {
  const fields: readonly unknown[] = schema instanceof z.ZodObject ? Object.values(schema.shape) : [];
  const required = fields.some((field) => !(field as z.ZodType).isOptional());
  return { required, content: { [type]: { schema: schemaOf(schema) } } };
}

/** A path or query parameter, with its description next to its schema. */
export function described(schema: z.ZodType): Json {
  const { description, ...rest } = schemaOf(schema);
  return { description, schema: rest };
}

export function schemaOf(schema: z.ZodType): Json {
  return bare(z.toJSONSchema(schema, { io: 'input' }));
}

/** Removes the `$schema` line. The dialect of the document applies. */
export function bare({ $schema: _, ...schema }: Json): Json {
  return schema;
}
