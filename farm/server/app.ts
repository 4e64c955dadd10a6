import type { Context } from "hono";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { z } from "zod";
import { ApiError } from "./api-error.ts";
import { codeOf, DatabaseUnreachable, messageOf } from "./database-error.ts";
import type { Database } from "./database.ts";
import type { Log } from "./log.ts";
import { IdempotencyKey, NewOrder, OrderFilter, OrderId, StatsFilter, StatusChange } from "./order-schema.ts";
import { changeStatus, listOrders, orderStats, readOrder } from "./orders.ts";
import { placeOrder } from "./place-order.ts";
import { addProduct, getProduct, NewProduct, Restock, restock, Sku } from "./products.ts";
import type { Readiness } from "./readiness.ts";

export interface AppOptions {
  readonly database: Database;
  readonly readiness: () => Promise<Readiness>;
  readonly log: Log;
  readonly requestTimeoutMs: number;
}

/** The HTTP surface. */
export function createApp({ database, readiness, log, requestTimeoutMs }: AppOptions): Hono {
  const app = new Hono();
  app.use(
    bodyLimit({
      maxSize: 64 * 1024,
      onError: (c) => c.json({ error: "the body is larger than 64 KiB" }, 413),
    }),
  );

  app.get("/healthz", (c) => c.json({ ok: true }));
  app.get("/readyz", async (c) => {
    const result = await readiness();
    return c.json(result, result.ready ? 200 : 503);
  });

  app.post("/products", async (c) => c.json(await addProduct(database, await body(c, NewProduct)), 201));
  app.get("/products/:sku", async (c) => c.json(await getProduct(database, param(c, "sku", Sku))));
  app.post("/products/:sku/restock", async (c) => {
    const { quantity } = await body(c, Restock);
    return c.json(await restock(database, param(c, "sku", Sku), quantity));
  });

  app.post("/orders", async (c) => {
    const key = parse(IdempotencyKey, c.req.header("idempotency-key"), "header idempotency-key");
    const { order, created } = await placeOrder(database, await body(c, NewOrder), key);
    return c.json(order, created ? 201 : 200);
  });
  app.get("/orders", async (c) =>
    c.json(await listOrders(database, parse(OrderFilter, c.req.query(), "query"))),
  );
  app.get("/orders/:id", async (c) => {
    const id = param(c, "id", OrderId);
    return c.json(await database.run(requestTimeoutMs, (client) => readOrder(client, id)));
  });
  app.patch("/orders/:id", async (c) => {
    const { status } = await body(c, StatusChange);
    return c.json(await changeStatus(database, param(c, "id", OrderId), status));
  });
  app.get("/stats", async (c) => {
    const { customer } = parse(StatsFilter, c.req.query(), "query");
    return c.json(await orderStats(database, customer));
  });

  app.notFound((c) => c.json({ error: "no such path" }, 404));
  app.onError((error, c) => answerError(error, c, log));
  return app;
}

function answerError(error: Error, c: Context, log: Log) {
  if (error instanceof ApiError) return c.json({ error: error.message, ...error.details }, error.status);
  const request = { method: c.req.method, path: c.req.path };
  if (error instanceof DatabaseUnreachable) {
    log.error("request failed: database unreachable", { ...request, ...error.fault, error: error.message });
    return c.json({ error: "the database cannot be reached", ...error.fault }, 503);
  }
  log.error("request failed", {
    ...request,
    code: codeOf(error),
    error: messageOf(error),
    stack: error.stack,
  });
  return c.json({ error: "internal error" }, 500);
}

async function body<T extends z.ZodType>(c: Context, schema: T): Promise<z.infer<T>> {
  let value: unknown;
  try {
    value = await c.req.json();
  } catch (error) {
    throw new ApiError(400, "the body is no JSON", { problem: messageOf(error) });
  }
  return parse(schema, value, "body");
}

function param<T extends z.ZodType>(c: Context, name: string, schema: T): z.infer<T> {
  return parse(schema, c.req.param(name), `path :${name}`);
}

function parse<T extends z.ZodType>(schema: T, value: unknown, where: string): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => ({
    path: issue.path.join("."),
    message: issue.message,
  }));
  throw new ApiError(400, `the ${where} is not valid`, { problems });
}
