/** Gives the account services as an OpenAPI 3.1 document. Loads the code of the services. */
export async function accountOpenApi(): Promise<Readonly<Record<string, unknown>>> {
  const { makeAccountOpenApi } = await import('./account-openapi.js');
  return makeAccountOpenApi();
}

/** A request that the account services answer. */
export interface AccountRequestSpec {
  readonly service: string;
  /** Method, and path at the bare root of the server. */
  readonly request: string;
  readonly does: string;
}

/** Lists the requests that the account services answer. */
export async function accountRequests(): Promise<AccountRequestSpec[]> {
  const { listAccountRequests } = await import('./account-openapi.js');
  return listAccountRequests();
}
