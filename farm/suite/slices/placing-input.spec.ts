import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ApiProblem } from "../api.ts";
import { addProduct, expect, getProduct, many, unique } from "../api.ts";

const order = (body: unknown, status = 400) =>
  expect<ApiProblem>(status, "/orders", { method: "POST", body });

describe("order input", () => {
  it("refuses an order without items", async () => {
    assert.equal((await order({ customer: "c", items: [] })).problems?.[0]?.path, "items");
  });

  it("refuses an order of nobody", async () => {
    const { sku } = await addProduct();
    assert.equal(
      (await order({ customer: " ", items: [{ sku, quantity: 1 }] })).problems?.[0]?.path,
      "customer",
    );
  });

  it("refuses a quantity that is none, and says which item", async () => {
    const { sku } = await addProduct();
    for (const quantity of [0, -3, 1.5, "1", 1001]) {
      assert.equal(
        (await order({ customer: "c", items: [{ sku, quantity }] })).problems?.[0]?.path,
        "items.0.quantity",
      );
    }
  });

  it("refuses the same product twice", async () => {
    const { sku } = await addProduct();
    const item = { sku, quantity: 1 };
    assert.match((await order({ customer: "c", items: [item, item] })).problems?.[0]?.message ?? "", /twice/);
  });

  it("does not know a product that nobody added, and takes nothing", async () => {
    const { sku } = await addProduct({ stock: 9 });
    const items = [
      { sku, quantity: 1 },
      { sku: unique("zz-nothing"), quantity: 1 },
    ];
    await order({ customer: unique("c"), items }, 404);
    assert.equal((await getProduct(sku)).stock, 9);
  });

  it("does not take SQL for a customer's name", async () => {
    const { sku } = await addProduct();
    const customer = `x'); drop table orders; -- ${unique("c")}`;
    const placed = await order({ customer, items: [{ sku, quantity: 1 }] }, 201);
    assert.equal(placed["customer"], customer);
  });

  it("answers three hundred bad orders without losing its temper or any stock", async () => {
    const { sku } = await addProduct({ stock: 50 });
    await many(300, 8, (index) => order({ customer: "c", items: [{ sku, quantity: -index }] }));
    assert.equal((await getProduct(sku)).stock, 50);
  });
});
