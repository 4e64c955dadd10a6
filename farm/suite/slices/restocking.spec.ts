import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Product } from "../api.ts";
import { addProduct, expect, getProduct, many, unique } from "../api.ts";

const restock = (sku: string, quantity: unknown, status = 200) =>
  expect<Product>(status, `/products/${sku}/restock`, { method: "POST", body: { quantity } });

describe("restocking", () => {
  it("adds to what is there", async () => {
    const { sku } = await addProduct({ stock: 3 });
    assert.equal((await restock(sku, 4)).stock, 7);
    assert.equal((await getProduct(sku)).stock, 7);
  });

  it("loses nothing when many restock at once", async () => {
    const { sku } = await addProduct({ stock: 0 });
    await many(250, 10, () => restock(sku, 2));
    assert.equal((await getProduct(sku)).stock, 500);
  });

  it("refuses a quantity that is none", async () => {
    const { sku } = await addProduct({ stock: 5 });
    for (const quantity of [0, -1, 1.5, "2", null]) await restock(sku, quantity, 400);
    assert.equal((await getProduct(sku)).stock, 5);
  });

  it("does not know a product that nobody added", async () => {
    await restock(unique("nothing"), 1, 404);
  });
});
