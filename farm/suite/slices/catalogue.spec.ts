import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ApiProblem, Product } from "../api.ts";
import { addProduct, call, expect, getProduct, many, unique } from "../api.ts";

describe("catalogue", () => {
  it("gives back a product as it was added", async () => {
    const product = await addProduct({ name: "Étagère 棚", priceCents: 12_999, stock: 7 });
    assert.deepEqual(await getProduct(product.sku), product);
    assert.equal(product.name, "Étagère 棚");
  });

  it("trims names", async () => {
    assert.equal((await addProduct({ name: "  lamp  " })).name, "lamp");
  });

  it("takes a product that is out of stock", async () => {
    assert.equal((await addProduct({ stock: 0 })).stock, 0);
  });

  it("refuses a SKU that is taken and keeps the first product", async () => {
    const first = await addProduct({ name: "first" });
    const problem = await expect<ApiProblem>(409, "/products", {
      method: "POST",
      body: { ...first, name: "second" },
    });
    assert.equal(problem["sku"], first.sku);
    assert.equal((await getProduct(first.sku)).name, "first");
  });

  it("lets exactly one of many win the same SKU", async () => {
    const sku = unique("race");
    const body = { sku, name: "race", priceCents: 1, stock: 1 };
    const answers = await many(20, 20, () => call("/products", { method: "POST", body }));
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    assert.deepEqual([count(201), count(409)], [1, 19]);
  });

  it("does not know a product that nobody added", async () => {
    await expect(404, `/products/${unique("nothing")}`);
  });

  it("keeps a catalogue of a hundred and fifty products apart", async () => {
    const added = await many(150, 8, (index) =>
      addProduct({ name: `product ${index}`, priceCents: index + 1 }),
    );
    const read = await many(150, 8, (index) => expect<Product>(200, `/products/${added[index]?.sku}`));
    assert.deepEqual(read, added);
  });
});
