/** Thrown by a command's handler to answer it with `ERROR <number> <text>`. Never leaves the exchange. */
export class Refusal extends Error {
  readonly number: number;

  constructor(number: number, text: string) {
    super(text);
    this.name = 'Refusal';
    this.number = number;
  }
}
