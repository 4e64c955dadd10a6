import { parse } from "@rocket.chat/message-parser";
import { attachmentProblem, isRecord } from "./attachments.ts";
import { coded, failure, invalid, type Reply, success, unauthorized } from "./reply.ts";
import type { Validator, Validators } from "./validators.ts";

export interface Room {
  readonly _id: string;
  readonly name: string;
  /** `c`: everybody may write; `p`: only its members. */
  readonly t: "c" | "p";
  readonly archived?: boolean;
  readonly ro?: boolean;
  /** User ids, for private groups. */
  readonly members?: readonly string[];
}

export interface Account {
  readonly userId: string;
  readonly token: string;
  readonly username: string;
  readonly roles: readonly string[];
}

export interface StoredMessage {
  readonly _id: string;
  readonly rid: string;
  readonly msg: string;
  readonly attachments: readonly Readonly<Record<string, unknown>>[];
  readonly ts: string;
  readonly u: { readonly _id: string; readonly username: string };
  /** Who would be called, by the server's own parser. */
  readonly mentions: readonly string[];
  /** True when it came through a webhook. */
  readonly webhook: boolean;
}

/**
 * What the server does with an `_id` that it has, all three without storing it again.
 * `undefined-error`: what the source, as read, comes to · `duplicate-key`: another instance was quicker ·
 * `without-message`: a success with nothing in it.
 */
export type RepeatAnswer = "undefined-error" | "duplicate-key" | "without-message";

export interface ChatServerOptions {
  readonly account: Account;
  readonly rooms: readonly Room[];
  readonly webhook: {
    readonly id: string;
    readonly token: string;
    readonly room: string;
    readonly overridable: boolean;
  };
  readonly repeats: RepeatAnswer;
  readonly maxMessageSize: number;
}

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

/** The part of Rocket.Chat that an escalation touches, in memory. Answers are worded as the server words them. */
export class ChatServer {
  readonly messages = new Map<string, StoredMessage>();
  readonly #options: ChatServerOptions;
  readonly #validators: Validators;

  constructor(options: ChatServerOptions, validators: Validators) {
    this.#options = options;
    this.#validators = validators;
  }

  handle(request: Request): Reply {
    if (request.path.startsWith("/hooks/")) return this.#hook(request);
    const route = `${request.method} ${request.path.replace("/api/v1/", "")}`;
    switch (route) {
      case "GET /api/info":
        return success({ version: "8.8" });
      case "GET me":
        return this.#asUser(request, () =>
          success({ _id: this.#options.account.userId, username: this.#options.account.username }),
        );
      case "GET rooms.info":
        return this.#checked("error-invalid-params", this.#validators.roomsInfo, request.query, request, () =>
          this.#roomsInfo(request),
        );
      case "GET chat.getMessage":
        return this.#checked(
          "error-invalid-params",
          this.#validators.getMessage,
          request.query,
          request,
          () => this.#getMessage(request),
        );
      case "POST chat.sendMessage":
        return this.#checked("invalid-params", this.#validators.sendMessage, request.body, request, (data) =>
          this.#sendMessage(data),
        );
      case "POST chat.postMessage":
        return this.#checked("invalid-params", this.#validators.postMessage, request.body, request, (data) =>
          this.#postMessage(data),
        );
      default:
        return { status: 404, body: { success: false, error: "Resource not found" } };
    }
  }

  /** The router validates before the route asks who it is. */
  #checked(
    errorType: string,
    validator: Validator,
    data: unknown,
    request: Request,
    then: (data: Readonly<Record<string, unknown>>) => Reply,
  ): Reply {
    if (!validator(data)) return invalid(errorType, validator.errors ?? []);
    return this.#asUser(request, () => then(isRecord(data) ? data : {}));
  }

  #asUser({ headers }: Request, then: () => Reply): Reply {
    const { userId, token } = this.#options.account;
    return headers["x-user-id"] === userId && headers["x-auth-token"] === token ? then() : unauthorized;
  }

  #roomsInfo({ query }: Request): Reply {
    const room = this.#options.rooms.find(
      ({ _id, name }) => _id === query["roomId"] || name === query["roomName"],
    );
    if (room === undefined) {
      return coded(
        "error-room-not-found",
        'The required "roomId" or "roomName" param provided does not match any channel',
      );
    }
    if (room.archived === true) return coded("error-room-archived", `The channel, ${room.name}, is archived`);
    if (!this.#mayRead(room))
      return { status: 400, body: { success: false, error: "not-allowed", errorType: "Not Allowed" } };
    const { _id, name, t } = room;
    return success({ room: { _id, name, t, usersCount: 1, default: false } });
  }

  #getMessage({ query }: Request): Reply {
    const message = this.messages.get(query["msgId"] ?? "");
    const room = this.#options.rooms.find(({ _id }) => _id === message?.rid);
    if (message === undefined) return failure();
    if (room === undefined || !this.#mayRead(room)) return coded("error-not-allowed", "Not allowed");
    return success({ message });
  }

  #sendMessage(data: Readonly<Record<string, unknown>>): Reply {
    const message = isRecord(data["message"]) ? data["message"] : {};
    const rid = message["rid"];
    if (typeof rid !== "string" || rid === "")
      return failure("The 'rid' property on the message object is missing.");
    const text = textOf(message["msg"]);
    if (text.length > this.#options.maxMessageSize) {
      return coded("error-message-size-exceeded", "Message size exceeds Message_MaxAllowedSize");
    }
    const room = this.#options.rooms.find(({ _id }) => _id === rid);
    const problem = this.#writeProblem(room) ?? this.#messageProblem(message);
    if (problem !== undefined || room === undefined) return failure(problem);
    return this.#store(room, { ...message, msg: text }, false);
  }

  #postMessage(data: Readonly<Record<string, unknown>>): Reply {
    const target = data["roomId"] ?? data["channel"];
    const room = this.#options.rooms.find(
      ({ _id, name }) => target === _id || target === `#${name}` || target === name,
    );
    if (room === undefined || this.#writeProblem(room) !== undefined) {
      return {
        status: 400,
        body: { success: false, error: "[invalid-channel]", errorType: "invalid-channel" },
      };
    }
    const text = textOf(data["text"]);
    if (text.length > this.#options.maxMessageSize) return failure("error-message-size-exceeded");
    const problem = this.#messageProblem(data);
    if (problem !== undefined) return failure(problem);
    const reply = this.#store(room, { attachments: data["attachments"], msg: text }, false);
    return typeof reply.body === "string"
      ? reply
      : { ...reply, body: { ...reply.body, ts: Date.now(), channel: room.name } };
  }

  #hook({ method, path, body }: Request): Reply {
    const { webhook, rooms } = this.#options;
    const [, , id, ...rest] = path.split("/");
    if (id !== webhook.id || rest.at(-1) !== webhook.token)
      return failure("Invalid integration id or token provided.");
    if (method === "GET") return success();
    const data = isRecord(body) ? body : {};
    return Object.keys(data).length === 0 ? success() : this.#postFromHook(data, rooms);
  }

  #postFromHook(data: Readonly<Record<string, unknown>>, rooms: readonly Room[]): Reply {
    const { webhook } = this.#options;
    const target = data["channel"] ?? data["roomId"];
    if (target !== undefined && !webhook.overridable) {
      return failure("overriding destination channel is disabled for this integration");
    }
    const wanted = textOf(target ?? webhook.room);
    const room = rooms.find(({ _id, name }) => wanted === _id || wanted.replace(/^#/, "") === name);
    if (room === undefined) return failure("invalid-channel");
    const problem = this.#messageProblem(data);
    if (problem !== undefined) return failure(problem);
    this.#store(room, { attachments: data["attachments"], msg: textOf(data["text"] ?? data["msg"]) }, true);
    return success();
  }

  #store(room: Room, message: Readonly<Record<string, unknown>>, webhook: boolean): Reply {
    const _id =
      typeof message["_id"] === "string"
        ? message["_id"]
        : crypto.randomUUID().replaceAll("-", "").slice(0, 17);
    if (this.messages.has(_id)) return this.#repeat(_id);
    const { userId, username } = this.#options.account;
    const msg = textOf(message["msg"]);
    const stored: StoredMessage = {
      _id,
      rid: room._id,
      msg,
      attachments: (message["attachments"] ?? []) as StoredMessage["attachments"],
      ts: new Date().toISOString(),
      u: { _id: userId, username },
      mentions: mentionsIn(msg),
      webhook,
    };
    this.messages.set(_id, stored);
    return success({ message: stored });
  }

  #repeat(id: string): Reply {
    switch (this.#options.repeats) {
      case "undefined-error":
        return failure("Cannot read properties of undefined (reading 'starred')");
      case "duplicate-key":
        return failure(
          `E11000 duplicate key error collection: rocketchat.rocketchat_message index: _id_ dup key: { _id: "${id}" }`,
        );
      case "without-message":
        return success();
    }
  }

  #writeProblem(room: Room | undefined): string | undefined {
    if (room === undefined) return "error-invalid-room";
    if (!this.#mayRead(room)) return "error-not-allowed";
    return room.ro === true ? "You can't send messages because the room is readonly." : undefined;
  }

  #messageProblem(message: Readonly<Record<string, unknown>>): string | undefined {
    const impersonates = Boolean(message["alias"] ?? message["avatar"]);
    if (impersonates && !this.#options.account.roles.includes("bot")) return "Not enough permission";
    return attachmentProblem(Array.isArray(message["attachments"]) ? message["attachments"] : []);
  }

  #mayRead(room: Room): boolean {
    return room.t === "c" || room.members?.includes(this.#options.account.userId) === true;
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Every `@name` that the server's parser finds. */
function mentionsIn(text: string): string[] {
  const found: string[] = [];
  JSON.stringify(parse(text), (_key, value: unknown) => {
    if (isRecord(value) && value["type"] === "MENTION_USER" && isRecord(value["value"]))
      found.push(textOf(value["value"]["value"]));
    return value;
  });
  return found;
}
