/** Fields of an answer that should be an object. */
export type AnswerFields = Readonly<Record<string, unknown>>;

/** Gives the fields of `value`; none when it is not an object. */
export function fieldsOf(value: unknown): AnswerFields {
  return typeof value === 'object' && value !== null ? (value as AnswerFields) : {};
}

/** Gives the entries of `value`; none when it is not a list. */
export function entriesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
