import type { PoolClient } from "pg";
import { ApiError } from "./api-error.ts";
import type { Database } from "./database.ts";
import type { Order, OrderFilter, OrderStatus } from "./order-schema.ts";
import { transitions } from "./order-schema.ts";

const columns = `o.id, o.seq::int as seq, o.customer, o.status, o.total_cents as "totalCents", o.created_at as "createdAt",
  (select coalesce(json_agg(json_build_object('sku', i.sku, 'quantity', i.quantity, 'priceCents', i.price_cents)
     order by i.sku), '[]') from order_items i where i.order_id = o.id) as items`;

type OrderRow = Order & { readonly seq: number };

/** Throws a 404 when there is no such order. */
export async function readOrder(client: Pick<PoolClient, "query">, id: string): Promise<Order> {
  const { rows } = await client.query<OrderRow>(`select ${columns} from orders o where o.id = $1`, [id]);
  if (rows[0] === undefined) throw new ApiError(404, "no such order", { id });
  return withoutSeq(rows[0]);
}

export interface OrderPage {
  readonly orders: readonly Order[];
  /** What to send as `after` for the next page; null on the last one. */
  readonly next: number | null;
}

/** Orders in the sequence they were placed in, a page at a time. */
export async function listOrders(database: Database, filter: OrderFilter): Promise<OrderPage> {
  const rows = await database.query<OrderRow>(
    `select ${columns} from orders o
     where o.seq > $1 and ($2::text is null or o.status = $2) and ($3::text is null or o.customer = $3)
     order by o.seq limit $4`,
    [filter.after, filter.status ?? null, filter.customer ?? null, filter.limit + 1],
  );
  const page = rows.slice(0, filter.limit);
  return {
    orders: page.map(withoutSeq),
    next: rows.length > filter.limit ? (page.at(-1)?.seq ?? null) : null,
  };
}

/** Moves an order on; cancelling puts its items back. Throws a 404, or a 409 for a step that may not follow. */
export async function changeStatus(database: Database, id: string, status: OrderStatus): Promise<Order> {
  return database.transaction(async (client) => {
    const { rows } = await client.query<{ status: OrderStatus }>(
      "select status from orders where id = $1 for update",
      [id],
    );
    const current = rows[0]?.status;
    if (current === undefined) throw new ApiError(404, "no such order", { id });
    if (!transitions[current].includes(status)) {
      throw new ApiError(409, "the order cannot go there from where it is", { from: current, to: status });
    }
    await client.query("update orders set status = $2 where id = $1", [id, status]);
    if (status === "cancelled") {
      await client.query(
        `update products p set stock = p.stock + i.quantity from order_items i where i.order_id = $1 and i.sku = p.sku`,
        [id],
      );
    }
    return readOrder(client, id);
  });
}

export interface Stats {
  readonly orders: Readonly<Record<OrderStatus, number>>;
  /** Of paid and shipped orders. */
  readonly revenueCents: number;
}

/** Counts by status and revenue, of one customer or of all. */
export async function orderStats(database: Database, customer: string | undefined): Promise<Stats> {
  const rows = await database.query<{ status: OrderStatus; count: number; total: string }>(
    `select status, count(*)::int as count, coalesce(sum(total_cents), 0) as total from orders
     where $1::text is null or customer = $1 group by status`,
    [customer ?? null],
  );
  const orders = { placed: 0, paid: 0, shipped: 0, cancelled: 0 };
  let revenueCents = 0;
  for (const row of rows) {
    orders[row.status] = row.count;
    if (row.status === "paid" || row.status === "shipped") revenueCents += Number(row.total);
  }
  return { orders, revenueCents };
}

function withoutSeq({ id, customer, status, totalCents, createdAt, items }: OrderRow): Order {
  return { id, customer, status, totalCents, createdAt, items };
}
