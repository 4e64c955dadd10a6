import { registerHooks } from "node:module";

/** A validator that AJV compiled: true for valid data, else `errors` says why. It may coerce types in place. */
export interface Validator {
  (data: unknown): boolean;
  readonly errors?: readonly { readonly message?: string }[] | null;
}

/** The validators that Rocket.Chat's own server runs over requests and, in its tests, over its answers. */
export interface Validators {
  readonly sendMessage: Validator;
  readonly postMessage: Validator;
  readonly getMessage: Validator;
  readonly roomsInfo: Validator;
  readonly badRequest: Validator;
  readonly unauthorized: Validator;
}

type Module = Readonly<Record<string, unknown>>;

const PACKAGE = "@rocket.chat/rest-typings/dist/v1";

/** Loads the published validators. Rejects when the package's layout has changed. */
export async function loadValidators(): Promise<Validators> {
  // The package is written for a bundler: its modules name one another, and AJV's, without the ending.
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const inside = context.parentURL?.includes(`/node_modules/${PACKAGE}/`) === true;
      const bare = inside && /^(\.|ajv\/)/.test(specifier) && !specifier.endsWith(".js");
      return next(bare ? `${specifier}.js` : specifier, context);
    },
  });
  try {
    const chat: Module = await import("@rocket.chat/rest-typings/dist/v1/chat.js");
    const rooms: Module = await import("@rocket.chat/rest-typings/dist/v1/rooms.js");
    const ajv: Module = await import("@rocket.chat/rest-typings/dist/v1/Ajv.js");
    return {
      sendMessage: validator(chat, "isChatSendMessageProps"),
      postMessage: validator(chat, "isChatPostMessageProps"),
      getMessage: validator(chat, "isChatGetMessageProps"),
      roomsInfo: validator(rooms, "isRoomsInfoProps"),
      badRequest: validator(ajv, "validateBadRequestErrorResponse"),
      unauthorized: validator(ajv, "validateUnauthorizedErrorResponse"),
    };
  } finally {
    hooks.deregister();
  }
}

function validator(module: Module, name: string): Validator {
  const found = module[name];
  if (typeof found !== "function") throw new Error(`${PACKAGE} has no ${name} any more`);
  return found as Validator;
}
