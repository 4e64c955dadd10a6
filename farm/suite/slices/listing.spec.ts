import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { OrderPage } from "../api.ts";
import { addProduct, expect, listAll, many, moveOrder, placeOrder, unique } from "../api.ts";

describe("listing orders", () => {
  it("gives a customer's orders in the sequence they were placed in", async () => {
    const { sku } = await addProduct();
    const customer = unique("c");
    const placed: string[] = [];
    for (let i = 0; i < 10; i += 1) placed.push((await placeOrder(customer, sku)).id);
    const listed = await listAll(`customer=${customer}`, 50);
    assert.deepEqual(
      listed.map((order) => order.id),
      placed,
    );
  });

  it("filters by status", async () => {
    const { sku } = await addProduct();
    const customer = unique("c");
    const [first, second] = await many(2, 1, () => placeOrder(customer, sku));
    assert.ok(first !== undefined && second !== undefined);
    await moveOrder(first.id, "paid");
    const paid = await listAll(`customer=${customer}&status=paid`, 10);
    const open = await listAll(`customer=${customer}&status=placed`, 10);
    assert.deepEqual([paid.map((o) => o.id), open.map((o) => o.id)], [[first.id], [second.id]]);
  });

  it("finds a new order among everybody's", async () => {
    const { sku } = await addProduct();
    const order = await placeOrder(unique("c"), sku);
    await moveOrder(order.id, "cancelled");
    const cancelled = await listAll("status=cancelled", 200);
    assert.ok(cancelled.some((each) => each.id === order.id));
  });

  it("is empty for a customer without orders", async () => {
    assert.deepEqual(await expect<OrderPage>(200, `/orders?customer=${unique("c")}`), {
      orders: [],
      next: null,
    });
  });

  it("pages through a hundred and fifty orders without a gap or a repeat, whatever the page's size", async () => {
    const { sku } = await addProduct({ stock: 150 });
    const customer = unique("c");
    const placed = await many(150, 6, () => placeOrder(customer, sku));
    const ids = placed.map((order) => order.id).toSorted();
    for (const limit of [1, 7, 100, 200]) {
      const listed = await listAll(`customer=${customer}`, limit);
      assert.deepEqual(listed.map((order) => order.id).toSorted(), ids, `pages of ${limit}`);
    }
  });

  it("refuses filters that make no sense", async () => {
    for (const query of ["status=lost", "limit=0", "limit=201", "limit=many", "after=-1", "colour=red"]) {
      await expect(400, `/orders?${query}`);
    }
  });
});
