import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Stats } from "../api.ts";
import { addProduct, expect, many, moveOrder, placeOrder, unique } from "../api.ts";

const statsOf = (customer: string) => expect<Stats>(200, `/stats?customer=${customer}`);

describe("statistics", () => {
  it("of a customer without orders are all nothing", async () => {
    assert.deepEqual(await statsOf(unique("c")), {
      orders: { placed: 0, paid: 0, shipped: 0, cancelled: 0 },
      revenueCents: 0,
    });
  });

  it("count by status, and as revenue what is paid or shipped", async () => {
    const { sku } = await addProduct({ priceCents: 100 });
    const customer = unique("c");
    const orders = await many(5, 1, (index) => placeOrder(customer, sku, index + 1));
    const ids = orders.map((order) => order.id);
    await moveOrder(ids[1] ?? "", "paid");
    await moveOrder(ids[2] ?? "", "cancelled");
    for (const step of ["paid", "shipped"] as const) await moveOrder(ids[3] ?? "", step);
    assert.deepEqual(await statsOf(customer), {
      orders: { placed: 2, paid: 1, shipped: 1, cancelled: 1 },
      revenueCents: 200 + 400,
    });
  });

  it("agree with the orders of twenty customers who are served at once", async () => {
    const { sku } = await addProduct({ priceCents: 7 });
    const customers = Array.from({ length: 20 }, () => unique("c"));
    await many(120, 10, async (index) => {
      const order = await placeOrder(customers[index % 20] ?? "", sku);
      await moveOrder(order.id, "paid");
    });
    const stats = await many(20, 5, (index) => statsOf(customers[index] ?? ""));
    for (const each of stats) assert.deepEqual([each.orders.paid, each.revenueCents], [6, 42]);
  });

  it("of everybody include a new order", async () => {
    const before = await expect<Stats>(200, "/stats");
    const { sku } = await addProduct();
    await placeOrder(unique("c"), sku);
    const after = await expect<Stats>(200, "/stats");
    assert.ok(sum(after) >= sum(before) + 1);
  });

  it("refuse a filter nobody knows", async () => {
    await expect(400, "/stats?year=2020");
  });
});

function sum({ orders }: Stats): number {
  return orders.placed + orders.paid + orders.shipped + orders.cancelled;
}
