/** An operational failure (API server, chat, disk): what was attempted on what, and whether trying again can help. */
export class MedicError extends Error {
  override readonly name = "MedicError";
  readonly code: string;
  readonly retriable: boolean;

  constructor(code: string, message: string, options: { cause?: unknown; retriable?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retriable = options.retriable ?? true;
  }
}

/** The message of anything thrown, with the message of its cause when that says more. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error && error.cause.message !== "" ? `: ${error.cause.message}` : "";
  return `${error.message}${cause}`;
}
