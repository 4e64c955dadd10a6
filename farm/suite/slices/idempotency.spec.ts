import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ApiProblem, Order } from "../api.ts";
import { addProduct, call, expect, getProduct, many, unique } from "../api.ts";

const place = (key: string, customer: string, sku: string) =>
  call("/orders", {
    method: "POST",
    body: { customer, items: [{ sku, quantity: 1 }] },
    headers: { "idempotency-key": key },
  });

describe("sending an order again with its key", () => {
  it("gives the first order back and takes nothing more", async () => {
    const { sku } = await addProduct({ stock: 5 });
    const [key, customer] = [unique("key"), unique("c")];
    const first = await place(key, customer, sku);
    const second = await place(key, customer, sku);
    assert.deepEqual([first.status, second.status], [201, 200]);
    assert.deepEqual(second.body, first.body);
    assert.equal((await getProduct(sku)).stock, 4);
  });

  it("makes one order of many requests at once", async () => {
    const { sku } = await addProduct({ stock: 50 });
    const [key, customer] = [unique("key"), unique("c")];
    const answers = await many(25, 25, () => place(key, customer, sku));
    const ids = answers.map((answer) => (answer.body as Order).id);
    assert.equal(new Set(ids).size, 1);
    assert.equal(answers.filter((answer) => answer.status === 201).length, 1);
    assert.equal((await getProduct(sku)).stock, 49);
  });

  it("is refused when it is another order", async () => {
    const { sku } = await addProduct();
    const key = unique("key");
    await place(key, unique("c"), sku);
    const other = await place(key, unique("c"), sku);
    assert.equal(other.status, 409);
    assert.match((other.body as ApiProblem).error, /another order/);
  });

  it("works after a first attempt that was refused", async () => {
    const { sku } = await addProduct({ stock: 0 });
    const [key, customer] = [unique("key"), unique("c")];
    assert.equal((await place(key, customer, sku)).status, 409);
    await expect(200, `/products/${sku}/restock`, { method: "POST", body: { quantity: 1 } });
    assert.equal((await place(key, customer, sku)).status, 201);
  });

  it("keeps a hundred keys apart, each sent twice", async () => {
    const { sku } = await addProduct({ stock: 100 });
    const keys = Array.from({ length: 100 }, () => [unique("key"), unique("c")] as const);
    const answers = await many(200, 8, (index) => {
      const [key, customer] = keys[index % 100] ?? ["", ""];
      return place(key, customer, sku);
    });
    assert.equal(new Set(answers.map((answer) => (answer.body as Order).id)).size, 100);
    assert.equal((await getProduct(sku)).stock, 0);
  });
});
