/** Fields of an answer that is to be an object. */
export type AnswerFields = Readonly<Record<string, unknown>>;

/** The fields of `value`; none where it is no object. */
export function fieldsOf(value: unknown): AnswerFields {
  return typeof value === 'object' && value !== null ? (value as AnswerFields) : {};
}

/** The entries of `value`; none where it is no list. */
export function entriesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
