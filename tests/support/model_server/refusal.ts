/** What an API says when it does not accept a request. Thrown by the checks, worded by a protocol. */
export class Refusal extends Error {
  override name = "Refusal";
  /** HTTP status of the answer. */
  readonly status: number;
  /** The API's own class of error, such as `invalid_request_error` or `INVALID_ARGUMENT`. */
  readonly type: string;
  /** The request field to blame, where the API names one. */
  readonly param: string | null;
  /** Finer than the type, where the API gives one. */
  readonly code: string | null;

  constructor(
    status: number,
    type: string,
    message: string,
    detail: { param?: string; code?: string } = {},
  ) {
    super(message);
    this.status = status;
    this.type = type;
    this.param = detail.param ?? null;
    this.code = detail.code ?? null;
  }
}
