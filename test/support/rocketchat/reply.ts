/** An answer of the double before it goes out. */
export interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> | string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function success(body: Readonly<Record<string, unknown>> = {}): Reply {
  return { status: 200, body: { ...body, success: true } };
}

/** A plain failure: `error` is the text, as for an `Error` that a route throws. */
export function failure(error?: string): Reply {
  return { status: 400, body: { success: false, ...(error === undefined ? {} : { error }) } };
}

/** A failure with a code, as for a `Meteor.Error`: the code is in the text as well. */
export function coded(code: string, reason: string): Reply {
  return { status: 400, body: { success: false, error: `${reason} [${code}]`, errorType: code } };
}

/** What the router answers to a body or query that its validator refuses. */
export function invalid(errorType: string, errors: readonly { readonly message?: string }[]): Reply {
  return {
    status: 400,
    body: { success: false, errorType, error: errors.map(({ message }) => message).join("\n ") },
  };
}

export const unauthorized: Reply = {
  status: 401,
  body: { success: false, error: "You must be logged in to do this." },
};
