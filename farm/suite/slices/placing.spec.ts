import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ApiProblem, Order } from "../api.ts";
import { addProduct, expect, getProduct, listAll, many, placeOrder, unique } from "../api.ts";

describe("placing an order", () => {
  it("takes the items from stock and adds up the price", async () => {
    const [lamp, chair] = await Promise.all([
      addProduct({ priceCents: 1999, stock: 10 }),
      addProduct({ priceCents: 4950, stock: 4 }),
    ]);
    const items = [
      { sku: lamp.sku, quantity: 3 },
      { sku: chair.sku, quantity: 2 },
    ];
    const order = await expect<Order>(201, "/orders", {
      method: "POST",
      body: { customer: unique("c"), items },
    });
    assert.equal(order.totalCents, 3 * 1999 + 2 * 4950);
    assert.equal(order.status, "placed");
    assert.equal((await getProduct(lamp.sku)).stock, 7);
    assert.equal((await getProduct(chair.sku)).stock, 2);
  });

  it("can be read again by its id", async () => {
    const { sku } = await addProduct();
    const order = await placeOrder(unique("c"), sku, 2);
    assert.deepEqual(await expect<Order>(200, `/orders/${order.id}`), order);
  });

  it("takes the last piece, and then no more", async () => {
    const { sku } = await addProduct({ stock: 1 });
    await placeOrder(unique("c"), sku);
    const body = { customer: unique("c"), items: [{ sku, quantity: 1 }] };
    const problem = await expect<ApiProblem>(409, "/orders", { method: "POST", body });
    assert.deepEqual([problem["wanted"], problem["stock"]], [1, 0]);
  });

  it("is all or nothing: one item short leaves the others in stock", async () => {
    const [plenty, short] = await Promise.all([addProduct({ stock: 10 }), addProduct({ stock: 1 })]);
    const customer = unique("c");
    const items = [
      { sku: plenty.sku, quantity: 5 },
      { sku: short.sku, quantity: 2 },
    ];
    await expect(409, "/orders", { method: "POST", body: { customer, items } });
    assert.equal((await getProduct(plenty.sku)).stock, 10);
    assert.deepEqual(await listAll(`customer=${customer}`, 10), []);
  });

  it("keeps the price of the day it was placed", async () => {
    const { sku } = await addProduct({ priceCents: 777 });
    const order = await placeOrder(unique("c"), sku, 3);
    assert.deepEqual(order.items, [{ sku, quantity: 3, priceCents: 777 }]);
  });

  it("works for a hundred customers in a row", async () => {
    const { sku } = await addProduct({ stock: 100, priceCents: 5 });
    const orders = await many(100, 4, (index) => placeOrder(unique(`c${index}`), sku));
    assert.equal(new Set(orders.map((order) => order.id)).size, 100);
    assert.equal((await getProduct(sku)).stock, 0);
  });
});
