import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Order } from "../api.ts";
import { addProduct, call, expect, getProduct, many, moveOrder, placeOrder, unique } from "../api.ts";

describe("cancelling", () => {
  it("puts the items back", async () => {
    const { sku } = await addProduct({ stock: 5 });
    const order = await placeOrder(unique("c"), sku, 4);
    assert.equal((await getProduct(sku)).stock, 1);
    await moveOrder(order.id, "cancelled");
    assert.equal((await getProduct(sku)).stock, 5);
  });

  it("puts every item of the order back", async () => {
    const products = await many(5, 5, () => addProduct({ stock: 9 }));
    const items = products.map(({ sku }, index) => ({ sku, quantity: index + 1 }));
    const order = await expect<Order>(201, "/orders", {
      method: "POST",
      body: { customer: unique("c"), items },
    });
    await moveOrder(order.id, "cancelled");
    const after = await many(5, 5, (index) => getProduct(products[index]?.sku ?? ""));
    assert.deepEqual(
      after.map(({ stock }) => stock),
      [9, 9, 9, 9, 9],
    );
  });

  it("of a paid order puts the items back as well", async () => {
    const { sku } = await addProduct({ stock: 2 });
    const order = await placeOrder(unique("c"), sku, 2);
    await moveOrder(order.id, "paid");
    await moveOrder(order.id, "cancelled");
    assert.equal((await getProduct(sku)).stock, 2);
  });

  it("twice at once puts the items back once", async () => {
    const { sku } = await addProduct({ stock: 60 });
    const orders = await many(30, 6, () => placeOrder(unique("c"), sku, 2));
    assert.equal((await getProduct(sku)).stock, 0);
    const cancel = (id: string) => call(`/orders/${id}`, { method: "PATCH", body: { status: "cancelled" } });
    const answers = await many(60, 10, (index) => cancel(orders[index % 30]?.id ?? ""));
    assert.equal(answers.filter((answer) => answer.status === 200).length, 30);
    assert.equal((await getProduct(sku)).stock, 60);
  });

  it("makes room for the next customer", async () => {
    const { sku } = await addProduct({ stock: 1 });
    for (let round = 0; round < 40; round += 1) {
      const order = await placeOrder(unique("c"), sku);
      await moveOrder(order.id, "cancelled");
    }
    assert.equal((await getProduct(sku)).stock, 1);
  });

  it("keeps what the order said", async () => {
    const { sku } = await addProduct({ priceCents: 333 });
    const order = await placeOrder(unique("c"), sku, 3);
    assert.deepEqual(await moveOrder(order.id, "cancelled"), { ...order, status: "cancelled" });
    const again = await call(`/orders/${order.id}`, { method: "PATCH", body: { status: "cancelled" } });
    assert.equal(again.status, 409);
  });
});
