export type ApiStatus = 400 | 404 | 409;

/** An answer other than success that is the caller's doing. */
export class ApiError extends Error {
  readonly status: ApiStatus;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: ApiStatus, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.details = details;
  }
}
