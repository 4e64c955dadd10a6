import { createHash } from "node:crypto";
import type { PoolClient } from "pg";
import { ApiError } from "./api-error.ts";
import type { Database } from "./database.ts";
import type { NewOrder, Order } from "./order-schema.ts";
import { readOrder } from "./orders.ts";

export interface Placed {
  readonly order: Order;
  /** False when the idempotency key had been used for the same order before. */
  readonly created: boolean;
}

/**
 * Takes the items from stock and records the order, all or nothing. Throws a 404 for an unknown product, a 409 for too
 * little stock or for an idempotency key that was used for something else.
 */
export async function placeOrder(
  database: Database,
  order: NewOrder,
  key: string | undefined,
): Promise<Placed> {
  const fingerprint = createHash("sha256").update(JSON.stringify(order)).digest("hex");
  return database.transaction(async (client) => {
    const id = await insertOrder(client, { order, key, fingerprint });
    if (id === undefined) {
      return { order: await earlierOrder(client, key, fingerprint), created: false };
    }
    const totalCents = await takeItems(client, id, order.items);
    await client.query("update orders set total_cents = $2 where id = $1", [id, totalCents]);
    return { order: await readOrder(client, id), created: true };
  });
}

interface Insert {
  readonly order: NewOrder;
  readonly key: string | undefined;
  readonly fingerprint: string;
}

/** A second insert with the same key waits here for the first to commit, then gives undefined. */
async function insertOrder(
  client: PoolClient,
  { order, key, fingerprint }: Insert,
): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>(
    `insert into orders (customer, idempotency_key, fingerprint) values ($1, $2, $3)
     on conflict (idempotency_key) do nothing returning id`,
    [order.customer, key ?? null, fingerprint],
  );
  return rows[0]?.id;
}

async function earlierOrder(
  client: PoolClient,
  key: string | undefined,
  fingerprint: string,
): Promise<Order> {
  const { rows } = await client.query<{ id: string; fingerprint: string }>(
    "select id, fingerprint from orders where idempotency_key = $1",
    [key],
  );
  const earlier = rows[0];
  if (earlier === undefined || earlier.fingerprint !== fingerprint) {
    throw new ApiError(409, "the idempotency key was used for another order");
  }
  return readOrder(client, earlier.id);
}

async function takeItems(client: PoolClient, id: string, items: NewOrder["items"]): Promise<number> {
  let totalCents = 0;
  // One order for everybody's locks, so that two orders over the same products cannot block each other for good.
  for (const { sku, quantity } of items.toSorted((a, b) => (a.sku < b.sku ? -1 : 1))) {
    const { rows } = await client.query<{ price: number }>(
      "update products set stock = stock - $2 where sku = $1 and stock >= $2 returning price_cents as price",
      [sku, quantity],
    );
    if (rows[0] === undefined) throw await whyNotTaken(client, sku, quantity);
    await client.query(
      "insert into order_items (order_id, sku, quantity, price_cents) values ($1, $2, $3, $4)",
      [id, sku, quantity, rows[0].price],
    );
    totalCents += rows[0].price * quantity;
  }
  return totalCents;
}

async function whyNotTaken(client: PoolClient, sku: string, wanted: number): Promise<ApiError> {
  const { rows } = await client.query<{ stock: number }>("select stock from products where sku = $1", [sku]);
  return rows[0] === undefined
    ? new ApiError(404, "no such product", { sku })
    : new ApiError(409, "not enough in stock", { sku, wanted, stock: rows[0].stock });
}
